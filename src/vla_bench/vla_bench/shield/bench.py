"""`./vla bench shield`: wild targets through the shield into the physics; what touches?

Each rollout is ten seconds of simulated time by its own seed. Finished rollouts are kept in
rollouts.jsonl, so a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vla_bench.shield.trial import ShieldOutcome, ShieldRollout, play
from vla_core.errors import UserError
from vla_core.interval import wilson
from vla_core.locate import stack_root
from vla_core.result import Figure, Result

TREES = (
    'src/vla_bench/vla_bench/shield', 'src/vla_core', 'src/vla_shield', 'src/vla_sim',
    'config/robots', 'config/scenes', 'urdf',
)  # fmt: skip
SUFFIXES = ('.py', '.yaml', '.xacro')
TICK_BOUND = '<= 2'  # ms


@dataclass(frozen=True)
class RolloutTotals:
    """The rollouts of one way of driving."""

    outcomes: tuple[ShieldOutcome, ...]

    def count(self, field: str) -> int:
        """How many rollouts had at least one."""
        return sum(bool(getattr(outcome, field)) for outcome in self.outcomes)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--rollouts', type=int, default=2000, help='how many (default 2000)')
    parser.add_argument('--seconds', type=float, default=10.0, help='s simulated, of each')
    parser.add_argument('--seed', type=int, default=0, help='of the first (default 0)')
    parser.add_argument('--robot', default='ur5e', help='name in config/robots')
    parser.add_argument('--tcp-speed', type=float, default=0.25, help='m/s, cap of the shield')
    parser.add_argument('--workers', type=int, default=2, help='processes (default 2)')
    parser.add_argument(
        '--unshielded',
        type=int,
        default=200,
        help='how many of the same targets are driven without the shield too (default 200)',
    )
    parser.add_argument('--out', type=Path, default=Path('out/bench-shield'), help='folder')


def run(args: argparse.Namespace) -> int:
    if args.rollouts < 1 or args.workers < 1 or not 0.1 <= args.seconds <= 600.0:
        raise UserError('--rollouts and --workers must be at least 1, --seconds 0.1 to 600')
    counts = ((True, args.rollouts), (False, min(args.unshielded, args.rollouts)))
    plans = [
        ShieldRollout(args.robot, seed, is_shielded, args.seconds, args.tcp_speed)
        for is_shielded, count in counts
        for seed in range(args.seed, args.seed + count)
    ]
    outcomes = _play_all(plans, args.out / 'rollouts.jsonl', args.workers)
    shielded = RolloutTotals(tuple(outcomes[p] for p in plans if p.is_shielded))
    figures = _shielded_figures(shielded, args.tcp_speed)
    if args.unshielded > 0:
        figures += _bare_figures(
            RolloutTotals(tuple(outcomes[p] for p in plans if not p.is_shielded))
        )
    words = [f'--{w} {getattr(args, w):g}' for w in ('rollouts', 'unshielded', 'seconds')]
    words += [f'--robot {args.robot}', f'--tcp-speed {args.tcp_speed:g}']
    command = ' '.join(['./vla bench shield', *words])
    result = Result('bench-shield', command, tuple(figures))
    path = result.write(args.out)
    sys.stdout.write(_table(figures) + f'\n{path}\n')
    return 0 if result.ok else 1


def _play_all(
    plans: list[ShieldRollout], log: Path, workers: int
) -> dict[ShieldRollout, ShieldOutcome]:
    """Play what is not in the log yet; a log of other code counts for nothing."""
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
        print(f'{log}: {max(len(lines) - 1, 0)} rollouts of other code are left out and deleted')
        return {}
    entries = [json.loads(line) for line in lines[1:] if line.endswith('}')]
    return {ShieldRollout(**entry['plan']): ShieldOutcome(**entry['outcome']) for entry in entries}


def _code() -> str:
    """A hash of everything that a rollout depends on."""
    root, found = stack_root(), hashlib.sha256()
    trees = [path for tree in TREES for path in sorted((root / tree).rglob('*')) if path.is_file()]
    for path in (path for path in trees if path.suffix in SUFFIXES):
        found.update(path.read_bytes())
    return found.hexdigest()


def _rate(name: str, found: RolloutTotals, field: str, bound: str | None) -> Figure:
    k, n = found.count(field), len(found.outcomes)
    low, high = wilson(k, n)
    return Figure(name, k / n, 'of rollouts', bound, n, low, high)


def _shielded_figures(found: RolloutTotals, cap: float) -> list[Figure]:
    ticks = np.concatenate([outcome.tick_ms for outcome in found.outcomes])
    fastest = max(outcome.tip_speed for outcome in found.outcomes)
    moved = float(np.mean([outcome.travel for outcome in found.outcomes]))
    return [
        _rate('shielded: a joint limit crossed', found, 'limit_crossings', '== 0'),
        _rate('shielded: the arm touched itself', found, 'self_contacts', '== 0'),
        _rate('shielded: the arm touched the table', found, 'table_contacts', '== 0'),
        _rate('shielded: the arm touched an object', found, 'object_contacts', None),
        _rate('shielded: a cycle without a command', found, 'silent_cycles', '== 0'),
        Figure('shielded: fastest tip', fastest, 'm/s', f'<= {1.4 * cap:.3g}'),
        Figure('shielded: way of the tip', moved, 'm per rollout', '>= 0.2', len(found.outcomes)),
        Figure('shielded: cycle, mean', float(np.mean(ticks)), 'ms', None, len(ticks)),
        Figure(
            'shielded: cycle, p99', float(np.percentile(ticks, 99)), 'ms', TICK_BOUND, len(ticks)
        ),
    ]


def _bare_figures(found: RolloutTotals) -> list[Figure]:
    return [
        _rate('without: a joint limit crossed', found, 'limit_crossings', None),
        _rate('without: the arm touched itself', found, 'self_contacts', None),
        _rate('without: the arm touched the table', found, 'table_contacts', None),
        _rate('without: the arm touched an object', found, 'object_contacts', None),
        Figure('without: fastest tip', max(o.tip_speed for o in found.outcomes), 'm/s'),
    ]


def _table(figures: Iterable[Figure]) -> str:
    lines = [
        f'{f.name:40} {f.value:9.4f} {f.unit:14} {f.bound or "":7} {"" if f.ok else "FAILED"}'
        for f in figures
    ]
    return '\n'.join(lines)
