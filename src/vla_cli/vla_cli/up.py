"""Start a launch file: up launch/sim.launch.yaml robot:=fr3 policy:=scripted

Uses `ros2 launch` where it is installed, else the runner of vla_bringup. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from vla_bringup.graph.domain import check_domain_number, full_name, is_free
from vla_bringup.graph.launch_file import (
    Argument,
    arguments_of,
    find_share,
    load_launch,
)
from vla_bringup.graph.launch_runner import LaunchRunner, run_until_stopped
from vla_core.errors import UserError
from vla_ros.transport import choose_transport

DISCOVERY = 1.0  # s, wait for the nodes that are already on the domain
BUSY_DISCOVERY = 6.0  # s, the same when the domain is in use: busy nodes answer late


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('file', help='launch file, e.g. launch/sim.launch.yaml')
    parser.add_argument('settings', nargs='*', metavar='name:=value', help='arguments of the file')
    parser.add_argument('-s', '--show-args', action='store_true', help='list them and exit')


def run(args: argparse.Namespace) -> int:
    path = find_launch(args.file)
    given = parse_settings(args.settings)
    if args.show_args and has_ros2_launch():
        return ros2_launch(path, given, '--show-args')
    if args.show_args:
        print('\n'.join(map(described, arguments_of(path))))
        return 0
    return launch(path, given)


def launch(path: Path, given: Mapping[str, str]) -> int:
    """Run a launch file until it ends, by `ros2 launch` where it exists, else by LaunchRunner."""
    if has_ros2_launch():
        check_domain({full_name(given.get('namespace', ''), 'shield')})
        return ros2_launch(path, given)
    plan = load_launch(path, given)
    check_domain({node.full_name for node in plan.nodes})
    return run_until_stopped(LaunchRunner(plan.nodes))


def ros2_launch(path: Path, given: Mapping[str, str], *flags: str) -> int:
    arguments = [f'{name}:={value}' for name, value in given.items()]
    return subprocess.run(
        ['ros2', 'launch', *flags, str(path), *arguments], check=False
    ).returncode


def find_launch(name: str) -> Path:
    """Return the launch file at a path, or the installed one of that name."""
    installed = find_share('vla_bringup') / 'launch'
    for path in (Path(name), installed / name, installed / f'{name}.launch.yaml'):
        if path.is_file():
            return path.resolve()
    known = ', '.join(sorted(f'launch/{p.name}' for p in installed.glob('*.launch.yaml')))
    raise UserError(f'no launch file {name!r}; known: {known}')


def parse_settings(arguments: list[str]) -> dict[str, str]:
    """Return {name: value} of arguments name:=value."""
    for word in arguments:
        if ':=' not in word:
            raise UserError(f'{word!r} is not name:=value')
    return dict(word.split(':=', 1) for word in arguments)


def described(argument: Argument) -> str:
    default = 'required' if argument.default is None else f'default: {argument.default!r}'
    return f'{argument.name:12} {argument.description} ({default})'


def has_ros2_launch() -> bool:
    """True when `ros2 launch` is available."""
    if not shutil.which('ros2'):
        return False
    arguments = ['ros2', 'launch', '--help']
    return subprocess.run(arguments, capture_output=True, check=False).returncode == 0


def nodes_on_domain() -> set[str]:
    """Return the full names, namespace included, of the nodes on this machine's ROS domain."""
    check_domain_number()
    import rclpy  # imported late: showing arguments needs no ROS
    from rclpy.signals import SignalHandlerOptions

    domain = int(os.environ.get('ROS_DOMAIN_ID', '0'))
    patience = DISCOVERY if is_free(domain) else BUSY_DISCOVERY
    context = rclpy.Context()
    choose_transport()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    probe = rclpy.create_node(f'vla_up_{os.getpid()}', context=context)
    began, there = time.monotonic(), set[str]()
    while time.monotonic() - began < (DISCOVERY if there else patience):
        time.sleep(0.1)
        found = probe.get_node_names_and_namespaces()
        there = {f'{namespace.rstrip("/")}/{name}' for name, namespace in found}
        there.discard(probe.get_fully_qualified_name())
    probe.destroy_node()
    rclpy.shutdown(context=context)
    return there


def check_domain(names: set[str]) -> None:
    """UserError when a node of these full names is already running: two shields would conflict.
    Nodes of the same name in another namespace are another robot's."""
    taken = sorted(nodes_on_domain() & names)
    if taken:
        domain = os.environ.get('ROS_DOMAIN_ID', '0')
        raise UserError(
            f'{", ".join(taken)} already running on ROS domain {domain}: stop them, '
            f'or use another domain: ROS_DOMAIN_ID={int(domain) + 1} ./vla up ...'
        )
