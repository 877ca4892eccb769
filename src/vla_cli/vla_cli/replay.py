"""Show the content of a recorded episode (--info), or replay it on the simulated robot.

A replay runs the full graph in the recorded scene, with a policy that outputs the recorded action
chunks. It writes out/replay/ like the demo.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from vla_cli import demo
from vla_core.arguments import ros_namespace
from vla_core.errors import UserError
from vla_core.language.instruction import parse
from vla_core.records.scene import Verb
from vla_teleop.recorder.episode_file import read_metadata, read_raw


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('file', type=Path, help='an episode, e.g. out/demo/episode.mcap')
    add('--info', action='store_true', help='only show its content')
    add('--task', default='', help='of its scene (default: the one of its instruction)')
    add('--seed', type=int, default=None, help='of its scene (default: the one recorded)')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--namespace', type=ros_namespace, default='', metavar='NAME', help='of the graph')
    add('--out', type=Path, default=Path('out/replay'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    facts = read_metadata(args.file)
    if args.info:
        return info(args.file, facts)
    args.task = args.task or facts.get('task') or task_of(facts['instruction'])
    args.seed = int(facts['seed']) if args.seed is None else args.seed
    args.policy, args.keep_images = f'replay:{args.file.resolve()}', False
    args.instruction = facts['instruction']
    return demo.run(args)


def info(path: Path, facts: dict[str, str]) -> int:
    """Print metadata, topics and counts."""
    counts: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    first, last = float('inf'), 0.0
    for message in read_raw(path):
        key = (message.topic, message.type_name)
        counts[key] += 1
        sizes[key] += len(message.data)
        first, last = min(first, message.stamp * 1e-9), max(last, message.stamp * 1e-9)
    length = max(last - first, 0.0)
    table = Table(box=None, pad_edge=False, header_style='dim')
    for title, side in (('topic', 'left'), ('type', 'left'), ('count', 'right')):
        table.add_column(title, justify=side)  # type: ignore[arg-type]
    table.add_column('Hz', justify='right')
    table.add_column('kB', justify='right')
    for (topic, kind), count in sorted(counts.items()):
        rate = f'{count / length:.1f}' if length > 0 else ''
        table.add_row(topic, kind, str(count), rate, f'{sizes[topic, kind] / 1e3:.0f}')
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    for name, value in facts.items():
        console.print(f'[dim]{name:12}[/] {value}', soft_wrap=True)
    console.print(f'[dim]{"duration":12}[/] {length:.1f} s\n')
    console.print(table)
    return 0


def task_of(instruction: str) -> str:
    """The simulator's task for an instruction."""
    verb = parse(instruction).task.verb
    if verb == Verb.UNKNOWN:
        raise UserError(f'“{instruction}” is not a task of the simulator: give --task and --seed')
    return str(verb.value)
