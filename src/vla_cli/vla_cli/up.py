"""Start a launch file: up launch/sim.launch.yaml robot:=fr3 policy:=scripted

Uses `ros2 launch` where it is installed, else the runner of vla_bringup. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

from vla_bringup.graph.domain import check_namespace
from vla_bringup.graph.installed import find_share
from vla_bringup.graph.launch_file import (
    Argument,
    arguments_of,
    load_launch,
)
from vla_bringup.graph.launch_runner import (
    LaunchRunner,
    die_with_parent,
    run_until_stopped,
    stop_requests,
)
from vla_bringup.graph.session_end import end_of_session
from vla_bringup.graph.sessions import check_domain, registered
from vla_core.errors import UserError
from vla_core.robot.ros_names import absolute_name


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
    check_namespace(given.get('namespace', ''))
    if has_ros2_launch():
        namespace = given.get('namespace', '')
        check_domain({absolute_name('shield', namespace)})
        with registered(namespace):
            return ros2_launch(path, given)
    plan = load_launch(path, given)
    check_domain({node.full_name for node in plan.nodes})
    graphs = [node.namespace for node in plan.nodes if node.name == 'supervisor']
    with registered(*graphs) if graphs else nullcontext():
        code = run_until_stopped(LaunchRunner(plan.nodes))
    for line in end_of_session(node.name for node in plan.nodes):
        print(f'vla: {line}')
    return code


def ros2_launch(path: Path, given: Mapping[str, str], *flags: str) -> int:
    """Run `ros2 launch` to its end; a request to stop is passed on, and waited for."""
    arguments = [f'{name}:={value}' for name, value in given.items()]
    command = ['ros2', 'launch', *flags, str(path), *arguments]
    with stop_requests() as received:
        process = subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_parent)
        passed_on = 0
        while process.poll() is None:
            for _ in received[passed_on:]:
                process.send_signal(signal.SIGINT)  # a second one ends it faster
            passed_on = len(received)
            time.sleep(0.05)
    return 128 + received[0] if received else process.returncode


def find_launch(name: str) -> Path:
    """Return the launch file at a path, or the installed one of that name, from any folder."""
    share = find_share('vla_bringup')
    installed = share / 'launch'
    # as a path from here, as README names it, by its file, by its name
    for path in (Path(name), share / name, installed / name, installed / f'{name}.launch.yaml'):
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
