"""`./vla policy`: policies of others.

environment NAME  make the environment in which a policy runs that conflicts with the stack's own
inspect FOLDER    what a saved policy reads and gives; proposes a mapping file for LeRobot's
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from vla_bringup.checkout.environments import KNOWN, make_extra_environment
from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_policy.adapters.lerobot.proposal import description_of, propose
from vla_policy.adapters.lerobot.saved import is_lerobot, read_saved
from vla_policy.registry import find_checkpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest='what', required=True, metavar='WHAT')
    made = what.add_parser('environment', help="make the environment of somebody else's policies")
    made.add_argument('name', choices=KNOWN)
    made.set_defaults(do=environment)
    seen = what.add_parser('inspect', help='show what a saved policy reads and gives')
    seen.add_argument('folder', help='of a policy that LeRobot saved, or a checkpoint of ours')
    seen.add_argument('--robot', default='ur5e', help='of the mapping (default %(default)s)')
    seen.add_argument('--write', type=Path, metavar='FILE', help='write the proposed mapping')
    seen.set_defaults(do=inspect)


def run(args: argparse.Namespace) -> int:
    return int(args.do(args))


def environment(args: argparse.Namespace) -> int:
    print(make_extra_environment(args.name))
    return 0


def inspect(args: argparse.Namespace) -> int:
    folder = find_checkpoint(args.folder)
    if not is_lerobot(folder):
        return show_card(folder, args.write)
    saved, robot = read_saved(folder), load_robot(args.robot)
    text = propose(saved, robot)
    print('\n'.join(description_of(saved)))
    if args.write is None:
        print(f'\nA mapping for {robot.name}, written with --write FILE:\n\n{text}', end='')
        return 0
    if args.write.exists():
        raise UserError(f'{args.write} exists; remove it, or name another file')
    args.write.write_text(text, encoding='utf-8')
    print(f'{args.write}: a mapping for {robot.name}; decide each CHOOSE, then')
    print(f"  ./vla demo --robot {args.robot} --policy 'lerobot:{args.folder}#{args.write}'")
    return 0


def show_card(folder: Path, write: Path | None) -> int:
    """Print the card of a checkpoint of ours; it needs no mapping."""
    from vla_policy.checkpoint import read_card  # imports torch

    card = asdict(read_card(folder))
    if write is not None:
        raise UserError(f'{folder} is a checkpoint of ours, which needs no mapping')
    long = ('mean', 'spread')
    for key, value in card.items():
        shown = f'({len(value)}, {len(value[0])}) numbers' if key in long else json.dumps(value)
        print(f'{key:15} {shown}')
    return 0
