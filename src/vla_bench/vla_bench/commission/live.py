"""Mistakes on the real graph: the simulator as the driver, further nodes as rivals, the probe."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from trajectory_msgs.msg import JointTrajectory

from vla_bench.commission.changes import of_arm, of_joint, unchanged
from vla_bench.commission.trial import bad
from vla_bringup.graph.client import GraphClient
from vla_bringup.graph.domain import choose_domain
from vla_commission.checks.catalogue import static_findings
from vla_commission.finding import Finding
from vla_commission.live.probe import observe
from vla_commission.live.processes import Processes
from vla_core.result import Figure
from vla_core.robot.config import RobotConfig, load_robot
from vla_core.robot.topic_names import resolved
from vla_interfaces.action import ExecuteTask

OBSERVED = 3.0  # s
BEST_EFFORT = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE)
Send = Callable[[], None]


def silent() -> None:
    """Sends nothing."""


@dataclass(frozen=True)
class LiveCase:
    """One mistake: a further node, or another robot file."""

    name: str
    check: str = ''  # of the finding that names it; '': clean
    word: str = ''  # that stands in it
    node: str = 'bystander'  # name of the further node
    add: Callable[[Any, RobotConfig], Send] = field(default=lambda node, robot: silent)
    declared: Callable[[RobotConfig], RobotConfig] = unchanged
    e_stop: str = 'none'


def _joint_states(node: Any, robot: RobotConfig) -> Send:
    publisher = node.create_publisher(JointState, robot.joint_states_topic, 10)

    def send() -> None:
        message = JointState(name=list(robot.joint_names), position=[0.0] * len(robot.joints))
        message.velocity = [0.0] * len(robot.joints)
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)

    return send


def _commands(node: Any, robot: RobotConfig) -> Send:
    node.create_publisher(JointTrajectory, robot.arm.command_topic, 10)
    return silent


def _action(node: Any, robot: RobotConfig) -> Send:
    controller = robot.arm.controller.node_of(robot.arm.command_topic)
    ActionClient(node, ExecuteTask, f'{controller}/follow_joint_trajectory')
    return silent


def _e_stop(qos: QoSProfile, is_pressed: bool) -> Callable[[Any, RobotConfig], Send]:
    def add(node: Any, robot: RobotConfig) -> Send:
        publisher = node.create_publisher(Bool, '/e_stop', qos)
        return lambda: publisher.publish(Bool(data=is_pressed))

    return add


CASES = (
    LiveCase('clean'),
    LiveCase('clean, emergency stop released', add=_e_stop(RELIABLE, False), e_stop='topic'),
    LiveCase('second joint states', 'rival.joints', '/fake_joints', 'fake_joints', _joint_states),
    LiveCase('rival publisher', 'rival.command', '/jog', 'jog', _commands),
    LiveCase('action client', 'rival.action', '/move_group', 'move_group', _action),
    LiveCase('emergency stop absent', 'e_stop.absent', '/e_stop', e_stop='topic'),
    LiveCase('emergency stop pressed', 'e_stop.pressed', 'pressed', 'bridge',
             _e_stop(RELIABLE, True), e_stop='topic'),
    LiveCase('emergency stop, best effort', 'topics.qos', '/bridge', 'bridge',
             _e_stop(BEST_EFFORT, False), e_stop='topic'),
    LiveCase('limits', 'limits.upper', 'upper',
             declared=of_joint(0, upper=lambda value: value + 0.5)),
    LiveCase('arm topic', 'topics.unheard', '/other/joint_trajectory',
             declared=of_arm(command_topic='/other/joint_trajectory')),
    LiveCase('joint states topic', 'topics.missing', '/other/joint_states',
             declared=lambda r: dataclasses.replace(r, joint_states_topic='/other/joint_states')),
)  # fmt: skip


@contextmanager
def further_node(case: LiveCase, robot: RobotConfig) -> Iterator[Send]:
    """The node of a case, in a participant of its own."""
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node(case.node, context=context)
    try:
        yield case.add(node, robot)
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


def live_findings(name: str, out: Path) -> dict[LiveCase, list[Finding]]:
    """Failed findings and warnings of each case on the running simulator."""
    choose_domain()
    robot, found, send = resolved(load_robot(name)), {}, [silent]
    processes = Processes(out / 'nodes.log')
    client = None
    try:
        processes.start('simulator', 'sim', {'robot': name})
        client = GraphClient(lambda: send[0](), 'commission', carries_images=True)
        processes.activate(client, 'sim')
        for case in CASES:
            declared = case.declared(robot)
            with further_node(case, robot) as send[0]:
                facts = observe(client, declared, OBSERVED, ())
                found[case] = bad(static_findings(facts, declared, case.e_stop))
            send[0] = silent
            client.wait(lambda: False, 1.0)  # the node leaves the graph
    finally:
        if client is not None:
            client.close()
        processes.stop()
    return found


def live_figures(name: str, out: Path) -> tuple[list[Figure], list[str]]:
    """Found and named, and findings of clean graphs; one line per miss."""
    found = live_findings(name, out)
    planted = {case: lines for case, lines in found.items() if case.check}
    named = {case: [f for f in lines if f.check == case.check and case.word in f'{f.text}']
             for case, lines in planted.items()}  # fmt: skip
    missed = [f'missed on the graph: {case.name}' for case, hits in named.items() if not hits]
    false = [
        f'false on the graph: {f.line}' for c, lines in found.items() if not c.check for f in lines
    ]
    hits = len(planted) - len(missed)
    figures = [
        Figure('real graph: mistakes found and named', hits, f'of {len(planted)}',
               f'>= {len(planted)}', len(planted)),
        Figure('real graph: findings on a clean graph', len(false), '', '== 0'),
    ]  # fmt: skip
    return figures, [*missed, *false]
