"""Correct the motion of a running task by a phrase: ./vla correct "move arm left" --ttl 2

Until its ttl ends, the correction replaces the language motion of the policy. The motion passes
through control and shield like any other and is recorded in the episode as a training pair.
Directions are those of base_link: forward is +x, left +y, up +z.
"""

from __future__ import annotations

import argparse
import getpass
import time

import rclpy
from rclpy.duration import Duration

from vla_bringup.graph.sessions import join_running_session
from vla_core.errors import UserError
from vla_core.language_motion import parse_motion, render
from vla_core.records.alignment import MAX_CORRECTION_TTL, Correction, Priority
from vla_ros import topics
from vla_ros.transport import choose_transport

SUBSCRIBER_TIMEOUT = 10.0  # s
ACK_TIMEOUT = 2.0  # s


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('motion', help="e.g. 'move arm left', 'move arm up and close gripper', 'stay'")
    add('--ttl', type=float, default=1.0, help='validity in s, at most 3 (default %(default)s)')
    add(
        '--hint', action='store_true', help='prefer matching candidates instead of overriding them'
    )
    add('--operator', default='', help='id of the operator (default: the name of the user)')
    add('--task', default='', help='id of the task to correct (default: the running one)')


def run(args: argparse.Namespace) -> int:
    correction = make(args, 0.0)
    join_running_session()
    choose_transport()
    rclpy.init()
    try:
        return send(correction)
    finally:
        rclpy.try_shutdown()


def make(args: argparse.Namespace, stamp: float) -> Correction:
    """Return the correction to send; UserError when the phrase cannot be parsed."""
    if not 0.0 < args.ttl <= MAX_CORRECTION_TTL:
        raise UserError(f'--ttl is {args.ttl}, must be above 0 and at most {MAX_CORRECTION_TTL:g}')
    try:
        motion = render(parse_motion(args.motion).signs)
    except ValueError as error:
        raise UserError(str(error)) from error
    priority = Priority.HINT if args.hint else Priority.OVERRIDE
    operator = args.operator or getpass.getuser()
    return Correction(stamp, operator, args.task, motion, args.ttl, priority)


def send(correction: Correction) -> int:
    """Publish it once, as soon as a verifier has subscribed."""
    topic = topics.CORRECTIONS
    assert topic.to_msg is not None
    node = rclpy.create_node('operator')
    publisher = node.create_publisher(topic.type, topic.name, topic.qos)
    end = time.monotonic() + SUBSCRIBER_TIMEOUT
    while publisher.get_subscription_count() == 0:
        if time.monotonic() >= end:
            raise UserError('no subscriber for corrections: is a graph running in this domain?')
        rclpy.spin_once(node, timeout_sec=0.05)
    message = topic.to_msg(correction)
    message.header.stamp = node.get_clock().now().to_msg()
    publisher.publish(message)
    publisher.wait_for_all_acked(Duration(seconds=ACK_TIMEOUT))
    print(f'sent: {correction.language_motion}, for {correction.ttl:g} s')
    node.destroy_node()
    return 0
