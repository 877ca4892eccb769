"""Send an instruction to the running graph and follow it to its result.

./vla do "put the red cube in the blue box"

Exit code 0: done; 1: failed or refused, with the reason; 2: no graph is running. Ctrl-C cancels
the task: the arm puts down what it holds, then stands; a second Ctrl-C stops it at once.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

from vla_bringup.graph.client import CANCEL_TIME, GraphClient
from vla_cli.running.graph import add_graph_options, connected, robot_state
from vla_cli.running.stop import stop_task
from vla_core.errors import UserError
from vla_core.records.task import Phase, ResultCode
from vla_interfaces.action import ExecuteTask
from vla_report.terminal import Screen

CANCELLED = (
    'cancelled: the arm puts down what it holds, then stands; Ctrl-C again stops it at once'
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('words', nargs='+', metavar='sentence', help='what to do')
    parser.add_argument('--seed', type=int, default=0, help='of policies that sample')
    add_graph_options(parser)


def run(args: argparse.Namespace) -> int:
    instruction = ' '.join(args.words).strip()
    if not instruction:
        raise UserError('the sentence is empty')
    with connected(args) as client, Screen() as screen:
        screen.line(f'“{instruction}”', 'bold cyan')
        result = execute(client, ExecuteTask.Goal(instruction=instruction, seed=args.seed), screen)
        code = ResultCode(result.code)
        is_done = code == ResultCode.SUCCEEDED or is_stop(result)
        screen.line(f'{code.name}: {result.text}', 'bold green' if is_done else 'bold red')
        screen.line(robot_state(client))
    return 0 if is_done else 1


def is_stop(result: Any) -> bool:
    """True when the sentence was a request to stop, which starts no task."""
    return result.code == ResultCode.STOPPED and not result.task_id


def execute(client: GraphClient, goal: Any, screen: Screen) -> Any:
    """Return the result of a task; KeyboardInterrupt once an interrupted one has ended."""

    def show(feedback: Any) -> None:
        screen.feedback(feedback)
        if client.status is not None and client.status.phase == Phase.ASKING:
            screen.ask(client.status.text)

    handle = client.begin(goal, show)
    if not handle.accepted:
        raise UserError('the supervisor does not accept a task now')
    future = handle.get_result_async()
    try:
        client.wait(future.done, math.inf)
    except KeyboardInterrupt:
        screen.line(CANCELLED, 'bold yellow')
        handle.cancel_goal_async()
        await_cancelled(client, future, screen)
        raise
    return future.result().result


def await_cancelled(client: GraphClient, future: Any, screen: Screen) -> None:
    """Wait for the cancelled task; a second Ctrl-C stops it at once."""
    try:
        client.wait(future.done, CANCEL_TIME)
    except KeyboardInterrupt:
        stop_task(client)
    screen.line(robot_state(client))
