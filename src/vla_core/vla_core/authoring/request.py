"""The request for a robot file: arguments of `./vla robot new`, and the file that they make."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from vla_core.authoring.draft import RobotDraft, draft_robot
from vla_core.authoring.robot_file import text_of
from vla_core.errors import UserError
from vla_core.robot.description.urdf_config import AttachmentConfig, UrdfConfig
from vla_core.robot.gripper import COMMANDS

MADE_BY = '# Made by: '  # first line of a robot file that was made
COMMAND = './vla robot new '


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the description is, and how a gripper is on it."""
    add = parser.add_argument
    add('urdf', nargs='?', default='', help='URDF or xacro: a path or package://name/path')
    add('--name', default='', help='of the robot (default: that of the file)')
    add('--arg', action='append', default=[], metavar='NAME:=VALUE', help='xacro argument')
    add('--packages', action='append', default=[], metavar='FOLDER', help='that holds packages')
    add('--gripper', default='', metavar='URDF', help='gripper to attach')
    add('--flange', default='', metavar='LINK', help='link that carries the gripper')
    add('--prefix', default='', help='before the names of links and joints of the gripper')
    add('--joint', default='', help='that drives the gripper, when there are several')
    add('--command', default='', help=f'how the gripper is commanded: {", ".join(COMMANDS)}')
    add('--command-topic', default='', metavar='NAME', help='topic or action of these commands')


def drafted(args: argparse.Namespace, source: str = '') -> tuple[RobotDraft, str]:
    """The draft and the text of its file; `source` in the place of the argument `urdf`."""
    if bool(args.gripper) != bool(args.flange):
        raise UserError('--gripper and --flange belong together')
    source = source or args.urdf
    name = name_of(args, source)
    attach = (AttachmentConfig(args.gripper, args.flange, prefix=args.prefix),)
    urdf = UrdfConfig(
        source, _mappings(args.arg), tuple(args.packages), attach if args.gripper else ()
    )
    draft = draft_robot(name, urdf, args.joint, (args.command, args.command_topic))
    return draft, text_of(draft, COMMAND + _written(args, source))


def name_of(args: argparse.Namespace, source: str) -> str:
    """Name of the robot."""
    return args.name or Path(source).name.split('.')[0]


def remade(path: Path) -> str:
    """The text that the command in the first line of a robot file makes today."""
    first = path.read_text(encoding='utf-8').partition('\n')[0]
    command = first.removeprefix(MADE_BY)
    if command == first or not command.startswith(COMMAND):
        raise UserError(f'{path}: its first line does not say how it was made')
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_arguments(parser)
    return drafted(parser.parse_args(shlex.split(command.removeprefix(COMMAND))))[1]


def _written(args: argparse.Namespace, source: str) -> str:
    """The arguments as a person types them."""
    words = [source]
    for key in ('name', 'gripper', 'flange', 'prefix', 'joint', 'command', 'command-topic'):
        value = getattr(args, key.replace('-', '_'))
        words += [f'--{key}', value] if value else []
    for key in ('arg', 'packages'):
        words += [word for value in getattr(args, key) for word in (f'--{key}', value)]
    return shlex.join(words)


def _mappings(given: list[str]) -> dict[str, str]:
    pairs = [text.partition(':=') for text in given]
    wrong = [text for text, (_, sign, _) in zip(given, pairs, strict=True) if not sign]
    if wrong:
        raise UserError(f'--arg {wrong[0]!r}: expected NAME:=VALUE')
    return {name: value for name, _, value in pairs}
