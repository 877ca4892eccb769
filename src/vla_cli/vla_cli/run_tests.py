"""Run style checks, type checks and all tests that can run on this machine, tier by tier.

The last line counts passed, failed and skipped tests; the lines before it give the reasons.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from vla_bringup.checkout import elapsed_time
from vla_bringup.checkout.root import ROOT
from vla_bringup.graph.domain import free_domain
from vla_bringup.graph.launch_runner import die_with_parent
from vla_core.result import Figure, Result

TIERS = {
    'unit': ['tests/unit', 'tests/test_structure.py', 'tests/test_config.py'],
    'faults': ['tests/faults'],
    'graph': ['tests/graph'],
    'sim': ['tests/sim'],
}
ON_REQUEST = {'unguarded': ['tests/unguarded']}  # only when named
PARALLEL = ('unit', 'faults')  # the others use DDS or most of the CPU
CHECKS = {
    'ruff format': ['-m', 'ruff', 'format', '--check', '--output-format', 'concise', '.'],
    'ruff check': ['-m', 'ruff', 'check', '--output-format', 'concise', '.'],
    'mypy': ['-m', 'mypy', '--no-error-summary'],
    'docs': ['-m', 'vla_cli.cli', 'docs', '--check'],
}
NO_TESTS = 5  # pytest's exit code
MAX_DURATION = '<= 720'  # s, of everything on two cores


@dataclass
class TierOutcome:
    """Result of the tiers: counts by kind, and by reason to skip."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)  # checks and tiers that failed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('tier', nargs='?', choices=[*TIERS, *ON_REQUEST, 'all'], default='all')
    parser.add_argument('-k', metavar='EXPRESSION', help='only tests whose name matches')
    parser.add_argument('-x', action='store_true', help='stop a tier at its first failure')


def run(args: argparse.Namespace) -> int:
    outcome = TierOutcome()
    is_full_run = args.tier == 'all' and not args.k
    if is_full_run:
        for name, arguments in CHECKS.items():
            check(name, arguments, outcome)
    extra = (['-k', args.k] if args.k else []) + (['-x'] if args.x else [])
    for tier in TIERS if args.tier == 'all' else [args.tier]:
        run_tier(tier, extra, outcome)
    if is_full_run:
        keep(outcome)
    return close(outcome)


def keep(outcome: TierOutcome) -> None:
    """Write the counts and the time to out/test/result.json; the time does not fail a run."""
    counts = outcome.counts
    took = elapsed_time.figure()
    figures = (
        Figure('passed', counts['passed'], 'tests', '>= 1'),
        Figure('failed', counts['failed'], 'tests', '== 0'),
        Figure('checks and tiers that broke', len(outcome.broken), '', '== 0'),
        *(Figure(f'skipped: {why}', n, 'tests') for why, n in outcome.reasons.most_common()),
        replace(took, bound=MAX_DURATION),
    )
    Result('test', './vla test', figures).write(ROOT / 'out' / 'test')


def check(name: str, arguments: list[str], outcome: TierOutcome) -> None:
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    verdict = 'ok' if done.returncode == 0 else 'FAILED'
    print(f'{name:12} {verdict}  {time.monotonic() - start:.1f} s', flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
        outcome.broken.append(name)


def run_tier(tier: str, extra: list[str], outcome: TierOutcome) -> None:
    paths = (TIERS | ON_REQUEST)[tier]
    missing = [path for path in paths if not (ROOT / path).exists()]
    if missing:
        print(f'{tier:12} FAILED: {", ".join(missing)} does not exist', flush=True)
        outcome.broken.append(tier)
        return
    print(f'\n{tier}', flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / 'report.xml'
        workers = ['-n', str(min(4, os.cpu_count() or 1))] if tier in PARALLEL else []
        arguments = ['-m', 'pytest', '-q', '--durations=3', f'--junit-xml={report}', *workers]
        start = time.monotonic()
        code = subprocess.run(
            [sys.executable, *arguments, *extra, *paths], cwd=ROOT, env=environment(),
            preexec_fn=die_with_parent,
        ).returncode  # fmt: skip
        counts = read(report, outcome)
    if code not in (0, NO_TESTS):
        outcome.broken.append(tier)
    summary = ', '.join(f'{counts[kind]} {kind}' for kind in ('passed', 'failed', 'skipped'))
    print(f'{tier:12} {summary}  {time.monotonic() - start:.1f} s', flush=True)


def read(report: Path, outcome: TierOutcome) -> Counter[str]:
    """Count the cases of one pytest run, and the reasons of the skipped ones."""
    counts: Counter[str] = Counter()
    cases = ET.parse(report).iter('testcase') if report.exists() else ()
    for case in cases:
        skipped = case.find('skipped')
        if case.find('failure') is not None or case.find('error') is not None:
            counts['failed'] += 1
        elif skipped is not None:
            counts['skipped'] += 1
            outcome.reasons[skipped.get('message', 'no reason given')] += 1
        else:
            counts['passed'] += 1
    outcome.counts += counts
    return counts


def close(outcome: TierOutcome) -> int:
    """Print reasons of skipped tests, failures, and the counts; return the exit code."""
    counts = outcome.counts
    print()
    for reason, n in outcome.reasons.most_common():
        print(f'skipped {n}: {reason}')
    if outcome.broken:
        print(f'failed: {", ".join(outcome.broken)}')
    ran = counts['passed'] + counts['failed']
    if not ran:
        print('failed: no test ran')
    print(f'{counts["passed"]} passed, {counts["failed"]} failed, {counts["skipped"]} skipped')
    return 0 if ran and not outcome.broken and not counts['failed'] else 1


def environment() -> dict[str, str]:
    """Environment with a ROS domain of its own, on this machine only."""
    own = {'ROS_DOMAIN_ID': str(free_domain()), 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
    return {**os.environ, **own}
