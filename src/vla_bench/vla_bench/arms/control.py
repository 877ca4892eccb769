"""Controls of `./vla bench arms`: robot files with one planted mistake.

Each mistake must be refused by `./vla robot check`, with the key to change; and played in spite of
that, the tasks must fail: a wrong file that works would show that the check or the task is empty.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vla_bench.arms.trial import POLICY, ArmsJob, play
from vla_bench.controls import finish
from vla_bringup.checkout.extras import ARMS, install_extra
from vla_core.authoring.problems import find_problems
from vla_core.errors import UserError
from vla_core.result import Figure, share
from vla_core.robot.config import robot_file
from vla_lockstep.campaign import run_jobs
from vla_lockstep.row_log import Row, RowLog, made_by

DEFAULTS = {'episodes': 10}
ROBOT, TASKS = 'panda', ('put_in', 'stack')
FAILS = '<= 0.5'
# name: (line of the robot file, the line with a mistake, key that the check must name)
MISTAKES = {
    'tip frame at the wrist': (
        '  tip_frame: panda_hand_tcp', '  tip_frame: panda_hand', 'tip frame',
    ),
    'gripper map inverted': (
        '  opening_map: [[0.0, 0.0], [0.04, 0.08]]',
        '  opening_map: [[0.04, 0.0], [0.0, 0.08]]',
        'opening_map',
    ),
    'gripper map in half-widths': (
        '  opening_map: [[0.0, 0.0], [0.04, 0.08]]',
        '  opening_map: [[0.0, 0.0], [0.04, 0.04]]',
        'opening_map',
    ),
}  # fmt: skip


def run(args: argparse.Namespace) -> int:
    install_extra(ARMS)
    text = robot_file(ROBOT).read_text(encoding='utf-8')
    made: list[Figure] = []
    jobs: list[tuple[str, ArmsJob]] = []
    files: dict[str, str] = {}
    for name, (line, mistake, key) in MISTAKES.items():
        path = write_mistake(args.out, name, text, line, mistake)
        files[str(path)] = name
        found = find_problems(path)
        is_named = any(key in f'{p.text} {p.change}' for p in found)
        made.append(Figure(f'control, {name}: refused, and named', float(is_named), '', '== 1'))
        jobs += [
            (f'{name}/{task}/{seed}', ArmsJob(str(path), task, seed))
            for seed in range(args.seed, args.seed + args.episodes)
            for task in TASKS
        ]
    log = RowLog(args.out / 'episodes.jsonl', made_by(POLICY))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    rows = run_jobs(jobs, play, log, args.workers, 'bench-arms-controls')
    return finish('arms', args.out, [*made, *successes(files, rows)])


def write_mistake(out: Path, name: str, text: str, line: str, mistake: str) -> Path:
    """A robot file with one line replaced; UserError when it does not have that line."""
    if text.count(line) != 1:
        raise UserError(f'{ROBOT}: no line {line.strip()!r} to plant a mistake in')
    path = out / f'{name.replace(" ", "_")}.yaml'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(line, mistake), encoding='utf-8')
    return path


def successes(files: dict[str, str], rows: list[Row]) -> list[Figure]:
    made = []
    for path, name in files.items():
        mine = [row for row in rows if row['robot'] == path]
        done = sum(row['success'] for row in mine)
        made.append(share(f'control, {name}: success', done, len(mine), FAILS))
    return made
