"""`./vla bench controllers`: what the emulated controller sends against what the shield certified.

Whole episodes in lockstep on the emulated joint_trajectory_controller (docs/controllers.md): both
restart rules, servo lag, speed slider, velocities reported or not. The command is recorded at
every update of the controller, 2 ms apart. Further episodes: commands that arrive late, a wrong
restart rule in the robot file, a payload, a slider below what the contract allows. The control
(`control.py`) sends commands as until 989e7c7.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from vla_bench.controllers.case import LAGS, SLIDERS, ControllerCase, grid
from vla_bench.controllers.trial import play
from vla_core.arguments import integer
from vla_core.result import Figure, Result, share
from vla_core.robot.controller import DESIRED, MEASURED, RESTARTS
from vla_lockstep.campaign import command_line, run_jobs
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_report import figure_table
from vla_sim.scenes.episode import TEST_SEEDS

NAME = 'bench-controllers'
FIRST_SEED = TEST_SEEDS - 70_000
LIMIT, PATH = '<= 1.1', '<= 1'  # of a limit; mrad
DELAY_MS = 3.0
PAYLOAD, SOFT = 4.0, 35.0  # kg; rad/s, bandwidth of servos that it bends by 1 cm
REFUSED = 'speed slider'  # in the text of a task that ends by the slider
TOLERANCES = (0.2, 0.02)  # rad: of a UR's configuration, and a tight one
LOW_SLIDER = 3  # percent, below the contract's least


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        '--episodes', type=integer(1, 1000), default=1, help='per controller (default %(default)s)'
    )
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    add('--out', type=Path, default=Path(f'out/{NAME}'), help='folder (default %(default)s)')
    add('--fresh', action='store_true', help='forget the episodes of an earlier run')


def run(args: argparse.Namespace) -> int:
    cases = [case for k in range(args.episodes) for case in all_cases(args.robot, FIRST_SEED + k)]
    rows = play_all(cases, args)
    result = Result(NAME, command_line(), tuple(figures(rows)))
    path = result.write(args.out)
    sys.stdout.write('\n'.join([*figure_table.lines(result.figures), f'{path}\n']))
    return 0 if result.ok else 1


def play_all(cases: Iterable[ControllerCase], args: argparse.Namespace) -> list[Row]:
    """The rows of the cases; finished ones are taken from the log."""
    log = RowLog(args.out / 'episodes.jsonl', made_by())
    if args.fresh:
        log.path.unlink(missing_ok=True)
    return run_jobs([(case.key, case) for case in cases], play, log, args.workers, NAME)


def all_cases(robot: str, seed: int) -> list[ControllerCase]:
    """The grid, then late commands, a wrong robot file, payloads and a slider that is too low."""
    usual = ControllerCase(MEASURED, robot=robot, seed=seed)
    return [
        *grid(robot=robot, seed=seed),
        *(replace(usual, restart=r, lag_ms=30, delay_ms=DELAY_MS) for r in RESTARTS),
        replace(usual, lag_ms=60, declared=DESIRED),
        *(
            replace(usual, lag_ms=lag, bandwidth=SOFT, payload=payload)
            for lag in LAGS
            for payload in (0.0, PAYLOAD)
        ),
        replace(usual, slider=LOW_SLIDER),
        *(
            replace(usual, lag_ms=lag, tolerance=tolerance)
            for tolerance in TOLERANCES
            for lag in LAGS[1:]
        ),
    ]


def figures(rows: Sequence[Row]) -> list[Figure]:
    """The grid as a whole and by its axes, then the further episodes."""
    plain = [row for row in rows if is_plain(row)]
    made = [*within('', plain), *ends('', plain), *diagnoses(plain)]
    for restart in RESTARTS:
        for lag in LAGS:
            for slider in SLIDERS:
                mine = [
                    row for row in plain
                    if (row['restart'], row['lag_ms'], row['slider']) == (restart, lag, slider)
                ]  # fmt: skip
                made += by_axes(f'{restart}, lag {lag} ms, slider {slider} %', mine)
    late = [row for row in rows if row['delay_ms'] > 0.0]
    made += [*within('commands up to 3 ms late: ', late), *ends('commands late: ', late)]
    wrong = [row for row in rows if row['declared']]
    made += [*within('wrong restart in the robot file: ', wrong)]
    for tolerance in TOLERANCES:
        mine = [row for row in rows if row['tolerance'] == tolerance]
        title = f'path tolerance {tolerance:g} rad: '
        made += [*within(title, mine), *ends(title, mine)]
    return [*made, *payloads(rows), *low_slider(rows)]


def is_plain(row: Row) -> bool:
    """True for an episode of the grid."""
    return (
        row['delay_ms'] == row['tolerance'] == 0.0
        and not row['declared']
        and row['bandwidth'] != SOFT
        and row['slider'] in SLIDERS
    )


def worst(rows: Sequence[Row], key: str) -> float:
    """The largest value; NaN without a row."""
    return max((float(row[key]) for row in rows), default=float('nan'))


def within(title: str, rows: Sequence[Row]) -> list[Figure]:
    """Command steps and accelerations against the limits, and against the certified path."""
    n = sum(int(row['commands']) for row in rows)
    return [
        Figure(
            f'{title}command step, of the velocity limit', worst(rows, 'velocity'), '', LIMIT, n
        ),
        Figure(f'{title}acceleration, of its limit', worst(rows, 'acceleration'), '', LIMIT, n),
        Figure(f'{title}off the certified path', worst(rows, 'deviation_mrad'), 'mrad', PATH, n),
        Figure(f'{title}largest command step', worst(rows, 'step_mrad'), 'mrad per 2 ms', None, n),
    ]


def ends(title: str, rows: Sequence[Row]) -> list[Figure]:
    """Tasks that end as they must: done, or refused with the reason."""
    good = [row for row in rows if row['success'] or REFUSED in row['text']]
    done = sum(bool(row['success']) for row in rows)
    silent = len(rows) - len(good)
    return [
        share(f'{title}done', done, len(rows)),
        Figure(f'{title}neither done nor refused with the reason', silent, '', '== 0', len(rows)),
    ]


def diagnoses(rows: Sequence[Row]) -> list[Figure]:
    """Cycles in which lag alone was taken for a fault."""
    return [
        Figure(f'lag taken for {name}', sum(int(row[key]) for row in rows), 'cycles', '== 0')
        for name, key in (
            ('a payload', 'load_cycles'),
            ('an obstacle', 'press_cycles'),
            ('a blocked arm', 'error_cycles'),
        )
    ]


def by_axes(title: str, rows: Sequence[Row]) -> list[Figure]:
    """Acceleration and outcome of one controller, with and without velocities."""
    return [
        Figure(f'{title}: acceleration, of its limit', worst(rows, 'acceleration'), '', LIMIT),
        share(f'{title}: done', sum(bool(row['success']) for row in rows), len(rows)),
    ]


def payloads(rows: Sequence[Row]) -> list[Figure]:
    """Whether a payload is found behind each lag."""
    soft = [row for row in rows if row['bandwidth'] == SOFT]
    made = []
    for lag in LAGS:
        mine = [row for row in soft if row['lag_ms'] == lag]
        loaded = [int(row['load_cycles']) for row in mine if row['payload'] > 0.0]
        free = [int(row['load_cycles']) for row in mine if row['payload'] == 0.0]
        title = f'{PAYLOAD:g} kg on soft servos, lag {lag} ms: HOLD'
        made += [
            Figure(title, min(loaded, default=0), 'cycles', '> 0', len(loaded)),
            Figure(f'{title}, without the payload', sum(free), 'cycles', '== 0', len(free)),
        ]
    return made


def low_slider(rows: Sequence[Row]) -> list[Figure]:
    """Below the contract's least speed nothing moves, and the task says why."""
    low = [row for row in rows if row['slider'] == LOW_SLIDER]
    named = sum(REFUSED in row['text'] and not row['success'] for row in low)
    return [
        Figure(f'slider at {LOW_SLIDER} %: refused, slider named', named, '', f'== {len(low)}'),
        Figure(f'slider at {LOW_SLIDER} %: motion', worst(low, 'travel'), 'rad', '<= 0.001'),
    ]
