"""Control of `./vla bench controllers`: the commands and the lag rule until 989e7c7 must fail.

The robot file says nothing of restart, lag and scaling; the first point of a command is one period
ahead, so that the restart rule of the controller decides what it sends until then. And, with the
present rules, commands that arrive later than the contract's latency.
"""

from __future__ import annotations

import argparse

from vla_bench import controls
from vla_bench.controllers.bench import FIRST_SEED, REFUSED, play_all, worst
from vla_bench.controllers.case import FIRST_POINT_AHEAD, LAGS, SLIDERS, ControllerCase, grid
from vla_core.result import Figure, share
from vla_core.robot.controller import DESIRED, MEASURED, RESTARTS
from vla_lockstep.row_log import Row

LATE_MS = 20.0  # more than the contract's latency of 5


def run(args: argparse.Namespace) -> int:
    cases = [
        case
        for k in range(args.episodes)
        for case in grid(FIRST_POINT_AHEAD, robot=args.robot, seed=FIRST_SEED + k)
        if case.has_velocity  # without them the measured restart is worse still
    ]
    late = ControllerCase(MEASURED, lag_ms=30, delay_ms=LATE_MS, robot=args.robot, seed=FIRST_SEED)
    rows = play_all([*cases, late], args)
    old = [row for row in rows if row['delay_ms'] == 0.0]
    made = [*figures(old), *too_late([row for row in rows if row['delay_ms'] > 0.0])]
    return controls.finish('controllers', args.out, made)


def too_late(rows: list[Row]) -> list[Figure]:
    """Beyond the contract's latency the certified path is not what the controller plays."""
    title = f'present rules, commands up to {LATE_MS:g} ms late: acceleration'
    return [Figure(title, worst(rows, 'acceleration'), '', '>= 1.1')]


def figures(rows: list[Row]) -> list[Figure]:
    """What the old rules send, by restart rule, lag and slider."""
    made = []
    for restart in RESTARTS:
        for lag in LAGS:
            for slider in SLIDERS:
                mine = [
                    row for row in rows
                    if (row['restart'], row['lag_ms'], row['slider']) == (restart, lag, slider)
                ]  # fmt: skip
                made += [
                    _acceleration(f'{restart}, lag {lag} ms, slider {slider} %', mine),
                    share(
                        f'{restart}, lag {lag} ms, slider {slider} %: done',
                        sum(bool(row['success']) for row in mine),
                        len(mine),
                    ),
                ]
    lagging = [r for r in rows if r['restart'] == MEASURED and 30 <= r['lag_ms'] <= 60]
    exact = [r for r in rows if r['restart'] == DESIRED]
    slow = [r for r in rows if r['slider'] == 10]
    silent = sum(not r['success'] and REFUSED not in r['text'] for r in slow)
    held = sum(r['load_cycles'] + r['press_cycles'] + r['error_cycles'] for r in rows)
    return [
        *made,
        Figure('measured, 30 and 60 ms: step', worst(lagging, 'step_mrad'), 'mrad', '>= 3'),
        Figure(
            'measured, 30 and 60 ms: acceleration', worst(lagging, 'acceleration'), '', '>= 10'
        ),
        Figure('desired: acceleration', worst(exact, 'acceleration'), '', '>= 1.1'),
        Figure('slider 10 %: neither done nor refused with the reason', silent, '', '>= 1'),
        Figure('cycles in which lag is taken for a fault', held, 'cycles', '>= 1'),
    ]


def _acceleration(title: str, rows: list[Row]) -> Figure:
    return Figure(f'{title}: acceleration, of its limit', worst(rows, 'acceleration'), '')
