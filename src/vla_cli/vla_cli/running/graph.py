"""A client of the graph that is running, and what its robot does now, as text."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vla_bringup.checkout.variables import HIGHEST_DOMAIN
from vla_core.arguments import integer, ros_namespace
from vla_core.errors import UserError
from vla_core.records.safety import ArmState, ShieldReport
from vla_core.records.task import Phase, TaskStatus

if TYPE_CHECKING:
    from vla_bringup.graph.client import GraphClient

MOVING = (Phase.RUNNING, Phase.HOMING, Phase.RETREAT, Phase.ROLLBACK)
SILENCE = 5.0  # s without a heartbeat of the supervisor: the graph has ended
REPORT_TIMEOUT = 3.0  # s, until the shield has reported


def add_graph_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose one of several graphs."""
    add = parser.add_argument
    domain = 'ROS domain of the graph (default: ROS_DOMAIN_ID, else that of the only graph)'
    add('--domain', type=integer(0, HIGHEST_DOMAIN), metavar='N', help=domain)
    add('--namespace', type=ros_namespace, metavar='NAME', help='of the graph, as in lab/left')


@contextmanager
def connected(args: argparse.Namespace, needs_graph: bool = True) -> Iterator[GraphClient]:
    """A client of the running graph; UserError without one, or when the supervisor goes silent."""
    from vla_bringup.graph.client import GraphClient  # imported late: --help needs no ROS
    from vla_bringup.graph.sessions import join_running_session

    liveness = Liveness()
    namespace = join_running_session(args.domain, args.namespace)
    client = GraphClient(liveness.check, namespace=namespace)
    liveness.client = client
    try:
        client.watch_shield()
        if needs_graph:
            client.require_graph()
        yield client
    finally:
        client.close()


class Liveness:
    """Raises UserError once the supervisor has been heard and has been silent for SILENCE."""

    def __init__(self) -> None:
        self.client: GraphClient | None = None
        self._seq, self._since = -1, 0.0  # of the newest heartbeat; s, monotonic

    def check(self) -> None:
        beat = self.client.beats.get('supervisor') if self.client else None
        if beat is None:
            return
        if beat.seq != self._seq:
            self._seq, self._since = beat.seq, time.monotonic()
        elif time.monotonic() - self._since > SILENCE:
            raise UserError(
                f'no heartbeat of the supervisor for {SILENCE:g} s: the graph has ended. Without '
                'its votes the shield brakes the arm and holds it'
            )


def robot_state(client: GraphClient) -> str:
    """Return what the robot does now, and whether it is armed; waits for the shield's report."""
    client.report = None
    client.wait(lambda: client.report is not None, REPORT_TIMEOUT)
    return describe(client.report, client.status)


def describe(report: ShieldReport | None, status: TaskStatus | None) -> str:
    if report is None:
        return 'unknown: the shield reports nothing; no command reaches the arm without it'
    if report.state == ArmState.DISARMED:
        return 'disarmed: nothing moves the arm; its controller holds it, its motors are on'
    if report.state == ArmState.LATCHED:
        return f'latched, the arm stands ({report.reason}): ./vla arm --reset, without the cause'
    disarm = './vla arm --disarm disarms'
    if status is not None and status.phase in MOVING:
        return f'armed and moving ({status.phase.name.lower()}); ./vla stop stops, {disarm}'
    return f'armed: the arm stands, held by the shield; {disarm}'
