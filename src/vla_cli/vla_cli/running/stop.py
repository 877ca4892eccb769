"""Stop the robot of the running graph where it stands, in any phase.

./vla stop             the task ends; the gripper keeps what it holds
./vla stop --disarm    then disarm the shield as well

This is no emergency stop: that is the robot's own button.
"""

from __future__ import annotations

import argparse

from vla_bringup.graph.client import GraphClient
from vla_cli.running.arm import disarm
from vla_cli.running.graph import add_graph_options, connected, robot_state
from vla_core.errors import UserError
from vla_core.records.task import Phase
from vla_interfaces.srv import Answer

TIMEOUT = 5.0  # s
STANDING = (Phase.IDLE, Phase.DONE, Phase.FAILED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--disarm', action='store_true', help='disarm the shield as well')
    add_graph_options(parser)


def run(args: argparse.Namespace) -> int:
    with connected(args, needs_graph=False) as client:
        client.wait(lambda: client.status is not None or client.report is not None, TIMEOUT)
        if client.status is None and client.report is None:
            client.require_graph(0.0)
        is_stopped = stop_task(client)
        if args.disarm or not is_stopped:
            disarm(client)
        print(robot_state(client))
    return 0


def stop_task(client: GraphClient) -> bool:
    """End the task and all motion; False when no supervisor takes the request."""
    request = Answer.Request(answer=Answer.Request.INSTRUCTION, instruction='stop')
    try:
        response = client.call(Answer, 'supervisor/answer', request, TIMEOUT)
    except UserError as error:
        print(f'{error}; the shield is disarmed instead')
        return False
    if not response.success:
        raise UserError(f'the supervisor refuses to stop: {response.message}')
    client.wait(lambda: client.status is not None and client.status.phase in STANDING, TIMEOUT)
    print(response.message)
    return True
