"""The rollouts of a run: played in parallel, kept in a log, counted."""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vla_bench.shield.trial import ShieldOutcome, ShieldRollout, play
from vla_core.result import Figure, share, time_ratio
from vla_core.stack_root import stack_root

TREES = (
    'src/vla_bench/vla_bench/shield', 'src/vla_core', 'src/vla_shield', 'src/vla_sim',
    'config/robots', 'config/scenes', 'urdf',
)  # fmt: skip
SUFFIXES = ('.py', '.yaml', '.xacro')
CYCLE_BOUND = 0.6  # python_ms, per arm
RATE = 'of rollouts'


@dataclass(frozen=True)
class RolloutTotals:
    """The rollouts with the shield, or those without it."""

    outcomes: tuple[ShieldOutcome, ...]

    def count(self, field: str) -> int:
        """Number of rollouts with at least one."""
        return sum(bool(getattr(outcome, field)) for outcome in self.outcomes)


def rollouts(args: argparse.Namespace) -> list[ShieldRollout]:
    """The shielded rollouts, then the unshielded ones, which have the first of the same seeds."""
    counts = ((True, args.rollouts), (False, min(args.unshielded, args.rollouts)))
    return [
        ShieldRollout(args.robot, seed, is_shielded, args.seconds, args.tcp_speed)
        for is_shielded, count in counts
        for seed in range(args.seed, args.seed + count)
    ]


def play_all(
    plans: list[ShieldRollout], log: Path, workers: int
) -> dict[ShieldRollout, ShieldOutcome]:
    """Play the rollouts that are not in the log; a log of other code is deleted."""
    log.parent.mkdir(parents=True, exist_ok=True)
    done = _read(log)
    missing = [plan for plan in plans if plan not in done]
    is_new = not done
    with (
        log.open('w' if is_new else 'a') as file,
        multiprocessing.get_context('spawn').Pool(min(workers, max(len(missing), 1))) as pool,
    ):
        if is_new:
            file.write(json.dumps({'code': _code()}) + '\n')
        bar = tqdm(
            total=len(plans), initial=len(plans) - len(missing), desc='shield', unit='rollout'
        )
        for plan, outcome in pool.imap_unordered(_play, missing):
            done[plan] = outcome
            file.write(json.dumps({'plan': asdict(plan), 'outcome': asdict(outcome)}) + '\n')
            file.flush()
            bar.update()
        bar.close()
    return done


def _play(plan: ShieldRollout) -> tuple[ShieldRollout, ShieldOutcome]:
    return plan, play(plan)


def _read(log: Path) -> dict[ShieldRollout, ShieldOutcome]:
    if not log.exists():
        return {}
    lines = log.read_text().splitlines()
    if not lines or json.loads(lines[0]).get('code') != _code():
        print(f'{log}: {max(len(lines) - 1, 0)} rollouts of other code are deleted')
        return {}
    entries = [json.loads(line) for line in lines[1:] if line.endswith('}')]
    return {ShieldRollout(**entry['plan']): ShieldOutcome(**entry['outcome']) for entry in entries}


def _code() -> str:
    """A hash of the code and configuration that a rollout depends on."""
    root, found = stack_root(), hashlib.sha256()
    trees = [path for tree in TREES for path in sorted((root / tree).rglob('*')) if path.is_file()]
    for path in (path for path in trees if path.suffix in SUFFIXES):
        found.update(path.read_bytes())
    return found.hexdigest()


def rate(name: str, found: RolloutTotals, field: str, bound: str | None) -> Figure:
    return share(name, found.count(field), len(found.outcomes), bound, RATE)


def between_arms(name: str, found: RolloutTotals, arms: int, bound: str) -> list[Figure]:
    """Contacts of one arm with another, for a robot with several."""
    figure = rate(f'{name}: the arms touched each other', found, 'arm_contacts', bound)
    return [figure] if arms > 1 else []


def shielded_figures(found: RolloutTotals, limit: float, arms: int = 1) -> list[Figure]:
    python = float(np.median([outcome.python_ms for outcome in found.outcomes]))
    ticks = np.concatenate([outcome.tick_ms for outcome in found.outcomes])
    n = len(found.outcomes)
    fastest = max(outcome.tip_speed for outcome in found.outcomes)
    p99 = float(np.percentile(ticks, 99))
    cycle = f'<= {CYCLE_BOUND * arms:.3g}'
    moved = float(np.mean([outcome.travel for outcome in found.outcomes]))
    return [
        rate('shielded: a joint limit crossed', found, 'limit_crossings', '== 0'),
        rate('shielded: the arm touched itself', found, 'self_contacts', '== 0'),
        *between_arms('shielded', found, arms, '== 0'),
        rate('shielded: the arm touched the table', found, 'table_contacts', '== 0'),
        rate('shielded: the arm touched a static obstacle', found, 'obstacle_contacts', '== 0'),
        rate('shielded: the arm touched an object', found, 'object_contacts', None),
        rate('shielded: a cycle without a command', found, 'silent_cycles', '== 0'),
        Figure('shielded: fastest tip', fastest, 'm/s', f'<= {1.4 * limit:.3g}'),
        Figure('shielded: path length of the tip', moved, 'm per rollout', '>= 0.2', n),
        Figure('shielded: cycle, mean', float(np.mean(ticks)), 'ms', None, len(ticks)),
        *time_ratio('shielded: cycle, p99', p99, cycle, len(ticks), python),
    ]
