"""F12, F24 to F26: graphs that must not start, and nodes that must not run beside the shield."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.rig import NAN, STOPPING, FaultRig
from vla_bringup.graph.installed import find_executable
from vla_bringup.graph.session import GraphSession, SessionPlan
from vla_core.errors import UserError
from vla_core.result import Figure
from vla_core.robot.config import load_robot
from vla_core.stack_root import stack_root
from vla_interfaces.srv import Arm
from vla_ros import topics
from vla_shield.node import DISCOVERY_TIME

SECOND = 'shield2'
INCOMPATIBLE = """
import signal, time
import rclpy
from vla_ros import qos, topics
rclpy.init()
node = rclpy.create_node('incompatible')
node.create_publisher(topics.CHUNK.type, topics.CHUNK.name, qos.SENSOR)
signal.signal(signal.SIGINT, signal.SIG_DFL)
print('ready', flush=True)
time.sleep(60.0)
"""  # a publisher whose QoS matches no reader of the topic table
NO_LIMIT = (0.0, -1.0, float('nan'), float('inf'))


def f12(args: argparse.Namespace) -> Iterator[Figure]:
    """A publisher with an incompatible QoS runs before the graph starts."""
    plan = plan_of(args, 'F12')
    with helper([sys.executable, '-c', INCOMPATIBLE]) as process:
        if process.stdout is not None:
            process.stdout.readline()
        why, seconds = startup_error(plan)
    name = 'F12 graph beside a publisher with another QoS starts'
    yield Figure(name, float('does not reach every peer' not in why), '', '== 0')
    yield Figure('F12 refused after', seconds, 's')


def f26(args: argparse.Namespace) -> Iterator[Figure]:
    """The limits of a joint are missing from the robot's file, or invalid."""
    document = yaml.safe_load((stack_root() / f'config/robots/{args.robot}.yaml').read_text())
    folder = args.out.resolve() / 'no-limits'
    folder.mkdir(parents=True, exist_ok=True)
    files = [changed(document, folder, value) for value in (*NO_LIMIT, None)]
    loaded = sum(is_loaded(file) for file in files)
    n = len(files)
    yield Figure('F26 robots without a velocity limit that load', float(loaded), '', '== 0', n=n)
    why, seconds = startup_error(plan_of(args, 'F26', str(files[0])))
    yield Figure(
        'F26 graph without limits starts: it is refused before its nodes',
        float('velocity' not in why),
        '',
        '== 0',
    )
    yield Figure('F26 refused after', seconds, 's')


def plan_of(args: argparse.Namespace, name: str, robot: str = '') -> SessionPlan:
    sim = {'robot': robot or args.robot, 'policy': args.policy}
    return SessionPlan((('sim', sim),), args.out.resolve() / f'graph-{name}.log')


def startup_error(plan: SessionPlan) -> tuple[str, float]:
    """Why the graph did not start, and after how many s; '' when it did."""
    began = time.monotonic()
    try:
        with GraphSession(plan, lambda _: None):
            return '', time.monotonic() - began
    except UserError as error:
        return str(error), time.monotonic() - began


def changed(document: dict[str, Any], folder: Path, value: float | None) -> Path:
    """A copy of the robot's file with another velocity limit of the first joint, or none."""
    copy = deepcopy(document)
    first = copy['arms'][0]['joints'][0]
    del first['velocity']
    first |= {} if value is None else {'velocity': value}
    path = folder / f'velocity-{value}.yaml'
    path.write_text(yaml.safe_dump(copy))
    return path


def is_loaded(path: Path) -> bool:
    try:
        load_robot(path)
    except UserError:
        return False
    return True


@contextmanager
def helper(command: list[str], log: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with the block; its output goes to `log` or to a pipe."""
    with ExitStack() as stack:
        output = subprocess.PIPE if log is None else stack.enter_context(log.open('w'))
        process = subprocess.Popen(command, stdout=output, stderr=output, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # after SIGKILL, DDS would list it for 20 s
        with suppress(subprocess.TimeoutExpired):
            process.wait(3.0)
        process.kill()
        process.wait()


def f24(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """A second publisher of arm commands; without SROS2 it cannot be prevented."""
    rig.await_moving()
    began = time.monotonic()
    other = rig.observer.add_publisher(topics.arm_command(rig.robot))
    seconds = rig.braked(began, 'vote:supervisor')
    rig.observer.remove_publisher(other)
    yield bounds.figure('F24 second publisher of commands: HOLD', seconds, 500.0)


def f25(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """A second shield is started beside the first; no reaction time is bounded."""
    names = ('shield/arm', 'shield/disarm', 'shield/reset', 'heartbeats')
    remaps = [f'-r {name}:={SECOND}/{name.removeprefix("shield/")}'.split() for name in names]
    command = [str(find_executable('vla_shield', 'node')), '--ros-args', '-r']
    command += [f'__node:={SECOND}', *(w for pair in remaps for w in pair)]
    command += ['-p', f'robot:={rig.robot.name}']
    rig.await_moving()
    client = rig.graph.client
    with helper(command, rig.graph.plan.log.with_suffix('.second')):
        for step in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            request = ChangeState.Request()
            request.transition.id = step
            client.call(ChangeState, f'{SECOND}/change_state', request, 30.0)
        early = client.call(Arm, f'{SECOND}/arm', Arm.Request(), 10.0)
        rig.pause(DISCOVERY_TIME + 0.5)
        response = client.call(Arm, f'{SECOND}/arm', Arm.Request(), 10.0)
        passing = rig.observer.since('report', time.monotonic() - 0.2)
        held = [h.record.decision in STOPPING for h in passing]
    yield Figure('F25 second shield arms at once', float(early.success), '', '== 0')
    yield Figure('F25 second shield arms', float(response.success), '', '== 0')
    is_named = 'other publisher' in response.message
    yield Figure('F25 second shield names the other publisher', float(is_named), '', '== 1')
    share = float(np.mean(held)) if held else NAN
    yield Figure('F25 first shield holds during that time', share, 'share of cycles', '== 1')
