"""Topics: publishers, subscribers, types and QoS."""

from __future__ import annotations

from vla_commission.checks.edges import Edge, inputs_of, listener_topic, outputs_of
from vla_commission.facts import Endpoint, Facts
from vla_commission.finding import Finding, fail, ok
from vla_core.robot.config import RobotConfig
from vla_core.robot.ros_names import ACTION_FEEDBACK
from vla_ros import topics
from vla_ros.camera.missing_topic import kind_of
from vla_ros.qos import qos_mismatch
from vla_ros.topics import Topic

SHOWN = 4  # alternatives that are named at most


def inputs(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Does the driver publish what the stack reads?"""
    found = [_input(facts, edge) for edge in inputs_of(robot)]
    silent = [f for f in found if not f.is_good]
    count = sum(1 for _ in inputs_of(robot))
    return silent or [ok('topics.inputs', f'all {count} topics of the drivers are published')]


def _input(facts: Facts, edge: Edge) -> Finding:
    name, publishers = edge.name, facts.publishers_of(edge.name)
    if not publishers:
        return fail(
            'topics.missing', f'nobody publishes {name} ({edge.purpose})',
            f'start its driver, or write the name of its topic into the robot file at {edge.key}'
            + _alternatives(facts.publishers, facts, edge.type, name),
        )  # fmt: skip
    if wrong := _wrong_type(publishers, edge.type):
        return fail(
            'topics.type', f'{name} is of type {wrong.type}, published by {wrong.node}',
            f'{edge.key} must name a topic of {edge.type}'
            + _alternatives(facts.publishers, facts, edge.type, name),
        )  # fmt: skip
    if not facts.stream(name).arrivals:
        return fail(
            'topics.silent', f'no message on {name} in {facts.duration:.0f} s, although '
            f'{publishers[0].node} publishes it',
            f'check that the driver runs, and its {edge.purpose}',
        )  # fmt: skip
    return ok('topics.inputs', f'{name} is published by {publishers[0].node}')


def outputs(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Does a controller read what the shield will send?"""
    arms = [e for e in outputs_of(robot) if e.topic.type is topics.ARM_COMMAND.type]
    expected = {edge.name: (edge.key, edge.type, edge.purpose) for edge in arms}
    for gripper in robot.grippers:
        name, kind = listener_topic(gripper)
        key = f'grippers: {gripper.name}: command_topic'
        expected[name] = (key, kind, f'commands of {gripper.name}')
    found = [_output(facts, name, *entry) for name, entry in expected.items()]
    return [f for f in found if not f.is_good] or [
        ok('topics.outputs', f'a controller reads each of {", ".join(expected)}')
    ]


def _output(facts: Facts, name: str, key: str, kind: str, purpose: str) -> Finding:
    is_action = name.endswith(ACTION_FEEDBACK)
    there = facts.publishers_of(name) if is_action else facts.subscribers_of(name)
    if not there:
        ends = facts.publishers if is_action else facts.subscribers
        alternatives = _alternatives(ends, facts, kind, name)
        return fail(
            'topics.unheard',
            f'no controller {"serves" if is_action else "reads"} {name} ({purpose})',
            f'start the controller, or write the name of its topic into the robot file at {key}'
            + alternatives,
        )  # fmt: skip
    if kind and (wrong := _wrong_type(there, kind)):
        verb = 'has' if is_action else 'reads'
        return fail(
            'topics.type', f'{wrong.node} {verb} {name} as {wrong.type}, not {kind}',
            f'change command or command_topic at {key} in the robot file',
        )  # fmt: skip
    return ok('topics.outputs', f'{name} is read by {there[0].node}')


def qos(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Do offered and requested QoS fit at both ends?"""
    read = [edge.topic for edge in inputs_of(robot)] + [topics.E_STOP, topics.DEAD_MAN]
    found = [_qos(topic, peer, True) for topic in read for peer in _peers(facts, topic, True)]
    for edge in outputs_of(robot):
        found += [_qos(edge.topic, peer, False) for peer in _peers(facts, edge.topic, False)]
    bad = [f for f in found if not f.is_good]
    return bad or [ok('topics.qos', f'the QoS of {len(found)} peers is compatible')]


def _peers(facts: Facts, topic: Topic, is_input: bool) -> tuple[Endpoint, ...]:
    name = facts.full(topic.name)
    peers = facts.publishers_of(name) if is_input else facts.subscribers_of(name)
    return tuple(peer for peer in peers if peer.type == kind_of(topic))


def _qos(topic: Topic, peer: Endpoint, is_input: bool) -> Finding:
    pair = (peer.qos, topic.qos) if is_input else (topic.qos, peer.qos)
    reason = qos_mismatch(*pair)
    if not reason:
        return ok('topics.qos', topic.name)
    verb = 'publishes' if is_input else 'reads'
    line = 'reliable' if 'reliable' in reason and is_input else 'volatile'
    if not is_input and 'best effort' in reason:
        line = 'best effort'
    return fail(
        'topics.qos', f'{peer.node} {verb} {topic.name} with a QoS that does not fit: {reason}',
        f'set the QoS of {peer.node} on {topic.name} to {line}',
    )  # fmt: skip


def _wrong_type(peers: tuple[Endpoint, ...], kind: str) -> Endpoint | None:
    return None if any(p.type == kind for p in peers) else peers[0]


def _alternatives(
    table: dict[str, tuple[Endpoint, ...]], facts: Facts, kind: str, name: str
) -> str:
    """'; candidates: a, b': other topics of the type that have a peer in the table."""
    others = [
        other
        for other, peers in sorted(table.items())
        if other != name and any(p.type == kind and p.node not in facts.own for p in peers)
    ]
    more = f' and {len(others) - SHOWN} more' if len(others) > SHOWN else ''
    return f'; candidates: {", ".join(others[:SHOWN])}{more}' if others else ''
