"""`./vla bench commission`: planted mistakes on simulated robots; how many does commissioning find
and name, and what does it say of a clean robot?

Each mistake is one run of `./vla commission` in one process and simulated time: drivers, shield,
and a person who answers from the truth. Finished runs are kept in trials.jsonl, so an interrupted
bench resumes. `--live` adds mistakes on the real graph. The control (`control.py`) is blind.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from vla_bench.commission.mistakes import CLEAN, mistakes
from vla_bench.commission.trial import CommissionOutcome, CommissionTrial, play
from vla_core.arguments import integer
from vla_core.result import Figure, Result, share
from vla_core.robot.config import known_robots, load_robot, public_robots
from vla_lockstep.campaign import command_line
from vla_lockstep.row_log import code
from vla_report import figure_table

NAME = 'bench-commission'
ROBOTS = ('ur5e', 'so101', 'fr3')  # those of them that have a robot file
CLEAN_RUNS = 10
SHARE = 24.0 / 25.0  # of the mistakes, to be found and named

Outcomes = dict[CommissionTrial, CommissionOutcome]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    there = [name for name in ROBOTS if name in (*known_robots(), *public_robots())][:2]
    add = parser.add_argument
    add('--robots', nargs='+', default=there, help='robots with one arm (default %(default)s)')
    add(
        '--clean',
        type=integer(0, 1000),
        default=CLEAN_RUNS,
        help='correct runs (default %(default)s)',
    )
    add('--live', action='store_true', help='mistakes on the real graph, too: 5 minutes')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    add('--out', type=Path, default=Path(f'out/{NAME}'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    outcomes = play_all(trials(args), args.out / 'trials.jsonl', args.workers)
    found = figures(outcomes, args.robots)
    notes = problems(outcomes)
    if args.live:
        from vla_bench.commission.live import live_figures

        more, lines = live_figures(args.robots[0], args.out)
        found, notes = [*found, *more], [*notes, *lines]
    result = Result(NAME, command_line(), tuple(found))
    path = result.write(args.out)
    sys.stdout.write('\n'.join([*figure_table.lines(found), *notes, f'{path}\n']))
    return 0 if result.ok else 1


def trials(args: argparse.Namespace) -> list[CommissionTrial]:
    """Every mistake of each robot once, and the clean runs, in turn on the robots."""
    planted = [
        CommissionTrial(name, m.name) for name in args.robots for m in mistakes(load_robot(name))
    ]
    clean = [
        CommissionTrial(args.robots[k % len(args.robots)], CLEAN.name, k + 1)
        for k in range(args.clean)
    ]
    return planted + clean


def play_all(plans: Sequence[CommissionTrial], log: Path, workers: int) -> Outcomes:
    """Play the trials that are not in the log; one of other code is begun again."""
    log.parent.mkdir(parents=True, exist_ok=True)
    origin, kept = code(), _read(log)
    done = {plan: kept[plan] for plan in plans if plan in kept}
    missing = [plan for plan in plans if plan not in done]
    with (
        log.open('a' if kept else 'w') as file,
        multiprocessing.get_context('spawn').Pool(max(1, min(workers, len(missing)))) as pool,
    ):
        if not kept:
            file.write(json.dumps({'code': origin}) + '\n')
        bar = tqdm(pool.imap_unordered(_play, missing), total=len(missing), desc='commission')
        for plan, outcome in bar:
            done[plan] = outcome
            file.write(json.dumps({'plan': asdict(plan), 'outcome': asdict(outcome)}) + '\n')
            file.flush()
    return done


def _play(plan: CommissionTrial) -> tuple[CommissionTrial, CommissionOutcome]:
    return plan, play(plan)


def _read(log: Path) -> Outcomes:
    """The finished trials of the present code."""
    lines = log.read_text().splitlines() if log.is_file() else []
    if not lines or json.loads(lines[0]).get('code') != code():
        return {}
    rows = [json.loads(line) for line in lines[1:] if line.endswith('}')]
    return {CommissionTrial(**row['plan']): _outcome(row['outcome']) for row in rows}


def _outcome(row: dict) -> CommissionOutcome:
    return CommissionOutcome(**{**row, 'others': tuple(row['others'])})


def figures(outcomes: Outcomes, robots: Sequence[str]) -> list[Figure]:
    """Found and named of each robot; false findings on clean runs."""
    found = []
    for robot in robots:
        planted = [o for p, o in outcomes.items() if p.robot == robot and p.mistake != CLEAN.name]
        named = sum(o.is_named for o in planted)
        rate = named / len(planted) if planted else float('nan')
        found.append(Figure(
            f'{robot}: mistakes found and named', rate, f'of {len(planted)}', f'>= {SHARE:g}',
            len(planted),
        ))  # fmt: skip
        found.append(Figure(f'{robot}: planted mistakes', len(planted), '', '>= 25'))
    clean = [o for p, o in outcomes.items() if p.mistake == CLEAN.name]
    wrong = sum(bool(o.others) for o in clean)
    return [*found, share('clean runs with a finding', wrong, len(clean), '== 0', 'of runs')]


def problems(outcomes: Outcomes) -> list[str]:
    """One line per missed mistake, and per finding on a clean run."""
    lines = []
    for plan, outcome in sorted(outcomes.items(), key=lambda pair: str(pair[0])):
        if plan.mistake == CLEAN.name:
            lines += [f'false: {plan.robot} {plan.seed}: {text}' for text in outcome.others]
        elif not outcome.is_named:
            instead = outcome.others[0] if outcome.others else 'nothing was found'
            lines.append(f'missed: {plan.robot}: {plan.mistake}; instead: {instead}')
    return lines
