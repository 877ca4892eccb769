"""Robot files: make one from a URDF, list the known ones, check one, fit capsules to its meshes.

./vla robot new package://pkg/path.urdf --out my_robot.yaml   from a file, xacro too
./vla robot new --live --out my_robot.yaml                    from the robot_description of a graph
./vla robot new arm.urdf --gripper hand.urdf --flange tool0   an arm and a gripper on it
./vla robot check my_robot.yaml                               one line for each problem
./vla robot shapes my_robot.yaml                              capsules and disabled pairs
./vla robot list; ./vla robot install     the known ones; descriptions of the public ones
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vla_bringup.checkout.extras import ARMS, install_extra
from vla_core.arguments import ros_namespace
from vla_core.authoring import request
from vla_core.authoring.problems import find_problems
from vla_core.authoring.shapes import report_lines, shaped_text
from vla_core.errors import UserError
from vla_core.robot.config import known_robots, load_robot, public_robots, robot_file
from vla_core.robot.description.packages import PACKAGE, find_file
from vla_core.stack_root import stack_root

DESCRIPTION = 'robot_description.urdf'  # file beside the robot file, of a live graph


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    new = actions.add_parser('new', help='write a robot file from a URDF or a live graph')
    add = new.add_argument
    request.add_arguments(new)
    add('--live', action='store_true', help='take the robot_description of the running graph')
    add('--namespace', type=ros_namespace, metavar='NAME', help='with --live: its namespace')
    add('--out', type=Path, help='robot file to write (default: <name>.yaml)')
    add('--force', action='store_true', help='replace an existing file')
    for name, text in (
        ('check', 'what is wrong with a robot file, and what to change'),
        ('shapes', 'fit capsules to the meshes, find the pairs without check'),
    ):
        other = actions.add_parser(name, help=text)
        other.add_argument('robot', help='name in config/robots, or a robot file')
        if name == 'shapes':
            other.add_argument('--out', type=Path, help='write the robot file with them here')
    actions.add_parser('list', help='names in config/robots')
    actions.add_parser('install', help='the public descriptions of config/robots/public')


def output_folders(args: argparse.Namespace) -> list[Path]:
    """The folder of the robot file that is written."""
    out = getattr(args, 'out', None)
    return [out.resolve().parent] if out else []


def run(args: argparse.Namespace) -> int:
    actions = {
        'new': new_robot, 'check': check_robot, 'shapes': fit_shapes, 'list': list_robots,
        'install': install,
    }  # fmt: skip
    return actions[args.action](args)


def new_robot(args: argparse.Namespace) -> int:
    """Write a robot file."""
    if args.live == bool(args.urdf):
        raise UserError('name a URDF, or give --live')
    source = _live(args) if args.live else typed_file(args.urdf)
    args.gripper = args.gripper and typed_file(args.gripper)
    args.packages = [typed_file(folder) for folder in args.packages]
    name = request.name_of(args, source)
    out = args.out or Path(f'{name}.yaml')
    if out.exists() and not args.force:
        raise UserError(f'{out} exists; --force replaces it')
    print(f'{name}: measuring its gripper, reach and collisions: a minute or two')
    draft, text = request.drafted(args, source)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding='utf-8')
    print(f'wrote {out}')
    for key, note in draft.notes.items():
        print(f'  check {key}: {note}')
    print(f'next: ./vla robot check {out}')
    return 0


def typed_file(path: str) -> str:
    """What a person names by a path of the working directory, as a robot file names it: relative
    to the root of the stack, or in full. UserError when it is in neither."""
    if path.startswith(PACKAGE):
        return path
    found, root = find_file(path, Path.cwd()), stack_root()
    return str(found.relative_to(root) if found.is_relative_to(root) else found)


def _live(args: argparse.Namespace) -> str:
    """The description of the running graph, kept as a file beside the robot file."""
    from vla_bringup.graph.robot_description import robot_description  # needs ROS

    path = (args.out.parent if args.out else Path()) / DESCRIPTION
    if path.exists() and not args.force:
        raise UserError(f'{path} exists; --force replaces it')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(robot_description(namespace=args.namespace), encoding='utf-8')
    print(f'wrote {path}')
    return str(path.resolve())


def check_robot(args: argparse.Namespace) -> int:
    """Print one line for each problem of a robot file."""
    path = robot_file(args.robot)
    if not path.is_file():
        raise UserError(f'{path}: no such file')
    problems = find_problems(args.robot)
    for problem in problems:
        print(f'  {problem.text}; {problem.change}')
    print(f'{args.robot}: {len(problems) or "no"} problem{"" if len(problems) == 1 else "s"}')
    return 1 if problems else 0


def fit_shapes(args: argparse.Namespace) -> int:
    """Print the capsules and pairs of a robot; write a robot file with them."""
    robot = load_robot(args.robot)
    lines, fitted = report_lines(robot)
    print('\n'.join(lines))
    if args.out:
        args.out.write_text(shaped_text(args.robot, fitted), encoding='utf-8')
        print(f'wrote {args.out}')
    return 0


def list_robots(_: argparse.Namespace) -> int:
    """Print the known robots and their parts."""
    for name in (*known_robots(), *public_robots()):
        robot = load_robot(name)
        parts = [f'{len(arm.joints)} joints' for arm in robot.arms]
        grippers = [f'gripper {gripper.open_width * 100:.0f} cm' for gripper in robot.grippers]
        print(f'  {name:18} {", ".join([*parts, *grippers])}; {robot.urdf.file}')
    return 0


def install(_: argparse.Namespace) -> int:
    """Install the public descriptions."""
    print(f'in {install_extra(ARMS)}')
    return 0
