"""Correct the motion of a running task by a phrase: ./vla correct "move arm left" --ttl 2

Until its ttl ends, the correction replaces the language motion of the policy. The motion passes
through control and shield like any other and is recorded in the episode as a training pair.
Directions are those of the robot's base frame: forward is +x, left +y, up +z.
"""

from __future__ import annotations

import argparse
import getpass
import os
import time

import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vla_bringup.graph.domain import ros_errors
from vla_bringup.graph.sessions import join_running_session, no_graph
from vla_cli.running.graph import add_graph_options
from vla_core.arguments import number
from vla_core.errors import UserError
from vla_core.language_motion import parse_motion, render
from vla_core.records.alignment import MAX_CORRECTION_TTL, Correction, Priority
from vla_ros import topics
from vla_ros.transport import choose_transport

SUBSCRIBER_TIMEOUT = 10.0  # s
NO_REPORT = 'the shield publishes no report, which names the base frame: is it running?'
ACK_TIMEOUT = 2.0  # s


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('motion', help="e.g. 'move arm left', 'move arm up and close gripper', 'stay'")
    add(
        '--ttl',
        type=number(0.01, MAX_CORRECTION_TTL),
        default=1.0,
        help='validity in s, at most 3 (default %(default)s)',
    )
    add(
        '--hint', action='store_true', help='prefer matching candidates instead of overriding them'
    )
    add('--operator', default='', help='id of the operator (default: the name of the user)')
    add('--task', default='', help='id of the task to correct (default: the running one)')
    add_graph_options(parser)


def run(args: argparse.Namespace) -> int:
    correction = make(args, 0.0)
    namespace = join_running_session(args.domain, args.namespace)
    choose_transport()
    with ros_errors():
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        node = rclpy.create_node('operator', namespace=namespace)
    try:
        return send(node, correction)
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def make(args: argparse.Namespace, stamp: float) -> Correction:
    """Return the correction to send; UserError when the phrase cannot be parsed."""
    try:
        motion = render(parse_motion(args.motion).signs)
    except ValueError as error:
        raise UserError(str(error)) from error
    priority = Priority.HINT if args.hint else Priority.OVERRIDE
    operator = args.operator or user_name()
    return Correction(stamp, operator, args.task, motion, args.ttl, priority)


def user_name() -> str:
    """Return the name of the user, or its number in a container without one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f'uid {os.getuid()}'


def send(node: Node, correction: Correction) -> int:
    """Publish it once, in the base frame of the robot, as soon as a verifier has subscribed."""
    frames: list[str] = []
    report = topics.REPORT
    node.create_subscription(
        report.type,
        report.name,
        lambda message: frames.append(message.header.frame_id),
        report.qos,
    )
    topic = topics.CORRECTIONS
    publisher = node.create_publisher(topic.type, topic.name, topic.qos)
    end = time.monotonic() + SUBSCRIBER_TIMEOUT
    while not (frames and publisher.get_subscription_count()):
        if time.monotonic() >= end:
            raise UserError(NO_REPORT if publisher.get_subscription_count() else no_graph())
        rclpy.spin_once(node, timeout_sec=0.05)
    to_msg = topic.in_frame(frames[0]).to_msg
    assert to_msg is not None
    message = to_msg(correction)
    message.header.stamp = node.get_clock().now().to_msg()
    publisher.publish(message)
    publisher.wait_for_all_acked(Duration(seconds=ACK_TIMEOUT))
    print(f'sent: {correction.language_motion}, for {correction.ttl:g} s')
    return 0
