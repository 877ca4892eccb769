"""Other nodes on the domain, the ROS clock, and lifecycle transitions by somebody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import rclpy
from rclpy.node import Node

from vla_bench.messages.case import MessageCase
from vla_bench.messages.intake import Intake
from vla_core.errors import UserError
from vla_monitor.failure.node import FailureNode
from vla_monitor.rules.node import RulesNode
from vla_monitor.steering.node import VerifierNode
from vla_perception.node import PerceptionNode
from vla_policy.node import PolicyNode
from vla_ros import qos, topics
from vla_ros.entities import destroy_with_actions
from vla_ros.node import ManagedNode
from vla_ros.topics import Topic
from vla_shield.node import ShieldNode
from vla_supervisor.lifecycle import BringUp, BringUpParams, NodeTransition

HOUR = 3600.0  # s
AGAIN = 2.0  # s, within which every node works again
DISCOVERY = 5.0  # s
LISTENED = (topics.REPORT, topics.TARGET, topics.VOTES)
VOTING: tuple[type[ManagedNode], ...] = (
    PerceptionNode, PolicyNode, VerifierNode, FailureNode, RulesNode,
)  # fmt: skip


def node_cases() -> Iterator[MessageCase]:
    """What other nodes do."""
    for topic in LISTENED:
        for form, profile in {'reliable': qos.EVENT, 'transient-local': qos.STATE}.items():
            yield MessageCase(
                topic.name, f'a {form} listener (plotter, rosbag2), at start-up and later',
                'ignored: it receives nothing where QoS does not fit', listener(topic, profile),
            )  # fmt: skip
    yield MessageCase('nodes', '/lab/other/control on the domain', 'ignored', foreign_name)
    yield MessageCase('nodes', '/control on the domain', 'refused: already running', same_name)
    for step, form in ((-HOUR, 'an hour back'), (HOUR, 'an hour ahead')):
        for kind in VOTING:
            yield MessageCase(
                'clock', f'set {form}: {kind.name}', f'works again within {AGAIN:g} s',
                clock_set(kind, step),
            )  # fmt: skip
        yield MessageCase(
            'clock', f'set {form}: bring-up of a killed node', 'configured again at once',
            killed_after(step),
        )  # fmt: skip
    yield MessageCase(
        'lifecycle', 'shield deactivated and cleaned up between two heartbeats',
        'configured and activated again within 0.5 s', cleaned_up,
    )  # fmt: skip
    yield MessageCase('lifecycle', 'arm while inactive', 'refused: the shield is inactive', arm)


@contextmanager
def node(name: str, namespace: str = '/') -> Iterator[Node]:
    """A node in a participant of its own: another process, for DDS."""
    context = rclpy.Context()
    rclpy.init(context=context)
    made = rclpy.create_node(name, namespace=namespace, context=context)
    try:
        yield made
    finally:
        destroy_with_actions(made)
        rclpy.shutdown(context=context)


def listener(topic: Topic, profile: Any) -> Callable[[Intake], str]:
    """Health of a node that publishes the topic, while somebody listens."""

    def play(intake: Intake) -> str:
        with node(topic.publishers[-1]) as own, node('plotter') as other:
            endpoints = intake.endpoints_class(own, intake.log.append)
            endpoints.advertise(topic)
            other.create_subscription(topic.type, topic.name, lambda _: None, profile)
            end = monotonic() + DISCOVERY
            while not own.get_subscriptions_info_by_topic(topic.name) and monotonic() < end:
                sleep(0.05)
            found = endpoints.first_qos_mismatch() or endpoints.next_qos_mismatch()
            other.destroy_node()
            end = monotonic() + DISCOVERY
            while own.get_subscriptions_info_by_topic(topic.name) and monotonic() < end:
                sleep(0.05)
            return found or endpoints.next_qos_mismatch()

    return play


def foreign_name(intake: Intake) -> str:
    with node('control', '/lab/other'):
        return refused(intake)


def same_name(intake: Intake) -> str:
    with node('control'):
        return '' if '/control already running' in refused(intake) else 'started beside it'


def refused(intake: Intake) -> str:
    try:
        intake.check_domain({'/control', '/shield'})
    except UserError as error:
        return str(error)
    return ''


def clock_set(kind: type[ManagedNode], step: float) -> Callable[[Intake], str]:
    """Votes of a node within AGAIN s of the new clock."""

    def play(intake: Intake) -> str:
        made = intake.under_clock(kind)
        try:
            made.trigger_configure()
            votes: list[Any] = []
            made.send_vote = votes.append
            if isinstance(made, PerceptionNode):
                made.grounding_vote = made.grounder.grounding_vote()
            for now in (0.0, 0.1, 0.2, 0.3):
                turn(made, 10_000.0 + now)
            if not votes:
                return 'does not vote at all'
            votes.clear()
            ticks = round(AGAIN / made.period)
            for k in range(ticks):
                turn(made, 10_000.0 + step + k * made.period)
            late = [vote for vote in votes if abs(vote.stamp - 10_000.0 - step) <= AGAIN]
            return '' if len(late) >= 0.5 * AGAIN / 0.1 else f'{len(late)} votes in {AGAIN:g} s'
        finally:
            destroy_with_actions(made)

    return play


def turn(made: ManagedNode, now: float) -> None:
    """One cycle at this ROS time."""
    type(made).clock = now  # type: ignore[attr-defined,unused-ignore]
    made.read_clock()
    made.tick()


def bring_up(now: float) -> BringUp:
    made = BringUp(BringUpParams(order=('policy', 'shield')))
    for name in made.states:
        made.on_heartbeat(name, 'active', now, 5)
    made.due_requests(now)
    return made


def killed_after(step: float) -> Callable[[Intake], str]:
    """A node that is killed and starts again after the clock was set."""

    def play(intake: Intake) -> str:
        made, now = bring_up(10_000.0), 10_000.0
        made.on_heartbeat('policy', 'unconfigured', now + 0.1, 1)
        made.due_requests(now + 0.1)
        made.on_response('policy', True, now + 0.2)
        made.due_requests(now + 0.2)
        made.on_response('policy', True, now + 0.3)
        intake.set_clock(made, step)
        now += step + 0.5
        made.on_heartbeat('policy', 'unconfigured', now, 1)
        requests = made.due_requests(now + 0.02)
        return '' if requests else f'not requested: {made.states}'

    return play


def cleaned_up(intake: Intake) -> str:
    """From the heartbeats of the shield to the requests of the supervisor."""
    made, now = bring_up(10_000.0), 10_000.0
    made.on_heartbeat('shield', 'inactive', now + 0.05)
    made.due_requests(now + 0.06)
    made.on_response('shield', False, now + 0.08)  # cleaned up in the meantime
    intake.on_refused_transition(made, now + 0.08)
    for beat in (0.1, 0.15, 0.2, 0.25):
        made.on_heartbeat('shield', 'unconfigured', now + beat)
        for request in made.due_requests(now + beat):
            is_configure = request.transition == NodeTransition.CONFIGURE
            return '' if is_configure else f'{request.transition.value} requested'
    return f'not requested within 0.25 s: {made.failure}'


def arm(intake: Intake) -> str:
    shield = ShieldNode()
    try:
        shield.trigger_configure()
        shield.configured_at -= 10.0  # discovery is complete
        answer = intake.arm(shield)
        return '' if answer == 'the shield is inactive' else f'said {answer!r}'
    finally:
        destroy_with_actions(shield)
