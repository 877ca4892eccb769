"""Say to a running task how the motion should be, as in: ./vla correct "move arm left" --ttl 2

For as long as it holds the phrase takes the place of the motion the policy had in mind; it goes
through control and shield as every motion does, and into the recorded episode as a pair to learn
from. Directions are those of the robot's base: forward is +x, left +y, up +z.
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

READERS = 10.0  # s, to wait for someone who hears it
HEARD = 2.0  # s, to wait until it has been heard


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('motion', help="e.g. 'move arm left', 'move arm up and close gripper', 'stay'")
    add('--ttl', type=float, default=1.0, help='s, at most 3 (default %(default)s)')
    add('--hint', action='store_true', help='weigh it among the candidates, do not override them')
    add('--operator', default='', help='who says it (default: the name of the user)')
    add('--task', default='', help='id of the task it is about (default: the one that runs)')


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
    """Return what is to be sent; UserError when it would not be understood."""
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
    """Publish it once, as soon as a verifier listens."""
    topic = topics.CORRECTIONS
    assert topic.to_msg is not None
    node = rclpy.create_node('operator')
    publisher = node.create_publisher(topic.type, topic.name, topic.qos)
    end = time.monotonic() + READERS
    while publisher.get_subscription_count() == 0:
        if time.monotonic() >= end:
            raise UserError('nobody listens to corrections: is a graph running in this domain?')
        rclpy.spin_once(node, timeout_sec=0.05)
    message = topic.to_msg(correction)
    message.header.stamp = node.get_clock().now().to_msg()
    publisher.publish(message)
    publisher.wait_for_all_acked(Duration(seconds=HEARD))
    print(f'said: {correction.language_motion}, for {correction.ttl:g} s')
    node.destroy_node()
    return 0
