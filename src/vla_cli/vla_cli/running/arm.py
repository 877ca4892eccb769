"""Arm the shield of the running graph, so that motion passes; or disarm it.

./vla arm             refused, with the reason, while an input is missing
./vla arm --disarm    the arm brakes and stands; nothing moves it until it is armed again
./vla arm --reset     clear a latched stop whose cause is gone, then arm
"""

from __future__ import annotations

import argparse
import sys

from vla_bringup.graph.client import GraphClient
from vla_cli.running.graph import add_graph_options, connected, robot_state
from vla_core.records.safety import ArmState
from vla_interfaces.srv import Arm, Disarm, Reset

BRAKING_TIME = 5.0  # s, at most, until a disarmed shield has brought the arm to rest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument('--disarm', action='store_true', help='disarm instead')
    which.add_argument('--reset', action='store_true', help='clear a latched stop first')
    add_graph_options(parser)


def run(args: argparse.Namespace) -> int:
    with connected(args) as client:
        refusal = disarm(client) if args.disarm else arm(client, args.reset)
        if refusal:
            print(f'vla: refused: {refusal}', file=sys.stderr)
        print(robot_state(client))
    return int(bool(refusal))


def arm(client: GraphClient, clears_stop: bool) -> str:
    """Return why the shield does not arm, or ''."""
    if clears_stop:
        response = client.call(Reset, 'shield/reset', Reset.Request())
        if not response.success:
            return f'the stop stays latched: {response.message}'
    response = client.call(Arm, 'shield/arm', Arm.Request())
    if response.success and response.message:
        print(f'vla: {response.message}', file=sys.stderr)
    return '' if response.success else str(response.message)


def disarm(client: GraphClient) -> str:
    """Return why the shield does not disarm, or ''; waits until the arm is at rest."""
    refusal = str(client.call(Disarm, 'shield/disarm', Disarm.Request()).message)
    client.wait(
        lambda: client.report is not None and client.report.state == ArmState.DISARMED,
        0.0 if refusal else BRAKING_TIME,
    )
    return refusal
