"""Targets, votes, scenes, chunks and the other messages of the stack, sent by somebody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np

from vla_bench.messages.case import MessageCase
from vla_bench.messages.examples import EXAMPLES
from vla_bench.messages.intake import STOPS, Intake
from vla_core.records.safety import Decision, Level, SafetyVote
from vla_ros import topics
from vla_ros.convert.fields import BadMessage
from vla_ros.serialize import message_from_bytes, message_to_bytes
from vla_ros.topics import Topic

FLIPS = 300  # corrupted copies of each message
Set = dict[str, Any]


def stack_cases() -> Iterator[MessageCase]:
    """Each message of the stack in odd forms."""
    for form, (values, text) in TARGETS.items():
        yield MessageCase('target', form, f'REJECTED: "{text}"', target(values, text))
    yield MessageCase(
        'target', 'of a node that holds no lease', 'ignored, and its node is named', stranger
    )  # fmt: skip
    for name, forms in DROPPED.items():
        for form, (values, text) in forms.items():
            answer = f'dropped and logged: "{text}"; the input ages'
            yield MessageCase(name, form, answer, dropped(name, values, text))
    yield MessageCase(
        'votes', 'NaN of a required voter for 0.5 s', 'HOLD, the voter named', silent
    )
    yield MessageCase('chunk', 'refused chunk', 'reason in control_state and in the log', chunk)
    for topic in topics.ALL:
        if topic.name in EXAMPLES:
            yield MessageCase(
                topic.name, f'{FLIPS} copies with random bits and lengths',
                'dropped, or read as what it says; no node ends', corrupted(topic),
            )  # fmt: skip


TARGETS: dict[str, tuple[Set, str]] = {
    'NaN of a position': ({'position': (1, nan)}, 'target is not finite'),
    'an infinite velocity': ({'velocity': (0, inf)}, 'target is not finite'),
    'NaN of the gripper': ({'gripper': nan}, 'target is not finite'),
    'ten times the limits': ({'position': (0, 1e3)}, 'corrupt'),
    'a joint less': ({'names': -1, 'position': -1, 'velocity': -1}, 'target lacks joints'),
    'arrays of different length': ({'position': -1}, 'differ in length'),
    'an unknown source': ({'source': 9}, 'source is 9'),
    'no stamp': ({'header.stamp.sec': 0, 'header.stamp.nanosec': 0}, 'it has no stamp'),
}
DROPPED: dict[str, dict[str, tuple[Set, str]]] = {
    'votes': {
        'a speed scale above 1': ({'speed_scale': 1.5}, 'speed_scale is 1.5'),
        'an unknown level': ({'level': 7}, 'level is 7'),
        'a negative time to live': ({'ttl': -1.0}, 'ttl is -1.0'),
    },
    'scene': {
        'another frame': ({'header.frame_id': 'camera'}, "frame is 'camera'"),
        'NaN of a position': ({'objects.0.pose.pose.position.x': nan}, 'position is not finite'),
        'an object without extent': (
            {'objects.0.size.x': 0.0},
            'every side must be positive',
        ),
        'an object of negative size': (
            {'objects.0.size.z': -0.1},
            'every side must be positive',
        ),
        'a quaternion of zeros': ({'objects.0.pose.pose.orientation.w': 0.0}, 'not of unit'),
        'a negative covariance': ({'objects.0.pose.covariance': (0, -1.0)}, 'covariance is -1.0'),
        'an unknown verb': ({'task.verb': 'fly'}, "verb 'fly'"),
        'an unknown role': ({'objects.0.role': 77}, 'role is 77'),
    },
    'chunk': {
        'NaN of a value': ({'values': (3, nan)}, 'values is not finite'),
        'values that do not make rows': ({'values': -1}, 'values are not'),
        'no rows': ({'horizon': 0, 'values': []}, 'the chunk is empty'),
        'columns of something else': ({'names': (0, 'q')}, 'columns'),
    },
    'task': {'an unknown phase': ({'phase': 77}, 'phase is 77')},
    'heartbeats': {'no node': ({'node': ''}, 'names no node')},
    'failure': {'a score of NaN': ({'score': nan}, 'score is nan')},
    'verdict': {'a choice that does not exist': ({'chosen': 9}, 'chosen is 9')},
    'control_state': {'NaN of the tool': ({'tcp.x': nan}, 'tcp is not finite')},
    'report': {'ages without inputs': ({'inputs': []}, 'differ in length')},
    'features': {'NaN': ({'feature': (0, nan)}, 'feature is not finite')},
    'corrections': {'no words': ({'language_motion': ' '}, 'language_motion is empty')},
}


def topic_of(name: str) -> Topic:
    return next(t for t in topics.ALL if t.name.removeprefix('/') == name)


def message_of(name: str, intake: Intake) -> Any:
    """The message of an example."""
    return topic_of(name).to_msg(EXAMPLES[name](intake))  # type: ignore[misc]


def spoil(message: Any, values: Set) -> Any:
    """Set fields by dotted path: a value, (index, element), or the number of elements to drop."""
    for path, value in values.items():
        owner, (*way, last) = message, path.split('.')
        for part in way:
            owner = owner[int(part)] if part.isdigit() else getattr(owner, part)
        before = getattr(owner, last)
        if isinstance(value, tuple):
            before = list(before)
            before[value[0]] = value[1]
            value = before
        elif isinstance(value, int) and not isinstance(before, int):
            value = list(before)[:value]
        setattr(owner, last, value)
    return message


def target(values: Set, text: str) -> Callable[[Intake], str]:
    """Once, before a good target: the shield rejects it, says why, and goes on."""

    def play(intake: Intake) -> str:
        why = intake.move()
        intake.begin_cycle()
        intake.deliver(topics.JOINT_STATES, topics.JOINT_STATES.to_bytes(intake.joints()))  # type: ignore[misc]
        intake.deliver(topics.TARGET, spoil(message_of('target', intake), values))
        report = intake.end_cycle()
        if why or report.decision not in STOPS or text not in report.reason:
            return why or f'{report.decision.name}: {report.reason}'
        return intake.move()

    return play


def stranger(intake: Intake) -> str:
    """A second node sends targets between those of the holder."""
    why = intake.move()
    for k in range(30):
        away = replace(intake.target(), holder='/lab/other', stamp=intake.now + 0.001 * k)
        intake.deliver(topics.TARGET, topics.TARGET.to_bytes(away))  # type: ignore[misc]
        intake.cycle()
        if intake.report.decision in STOPS:
            return f'{intake.report.decision.name}: {intake.report.reason}'
    named = intake.shield.leases.state(intake.now).refused
    return why or ('' if '/lab/other' in named else f'not named: {named!r}')


def dropped(name: str, values: Set, text: str) -> Callable[[Intake], str]:
    """It reaches no reader, and the log says why."""

    def play(intake: Intake) -> str:
        intake.run_task()
        intake.deliver(topic_of(name), spoil(message_of(name, intake), values))
        lines = [line for line in intake.log if line.startswith(topic_of(name).name)]
        return '' if any(text in line for line in lines) else f'logged: {intake.log[-1:]}'

    return play


def silent(intake: Intake) -> str:
    """A voter whose votes cannot be read."""
    why = intake.move()
    for k in range(50):
        intake.begin_cycle(votes=False)
        for voter in ('grounding', 'supervisor', 'policy'):
            vote = topics.VOTES.to_msg(SafetyVote(intake.now, voter, 900 + k, Level.RUN, 1.0, 0.3))  # type: ignore[misc]
            vote.speed_scale = nan if voter == 'policy' else 1.0
            intake.deliver(topics.VOTES, vote)
        intake.deliver(topics.JOINT_STATES, topics.JOINT_STATES.to_bytes(intake.joints()))  # type: ignore[misc]
        intake.deliver(topics.TARGET, topics.TARGET.to_bytes(intake.target()))  # type: ignore[misc]
        report = intake.end_cycle()
    is_held = report.decision == Decision.HOLD and 'policy' in report.reason
    return why or ('' if is_held else f'{report.decision.name}: {report.reason}')


def chunk(intake: Intake) -> str:
    """A chunk that control refuses is answered where the supervisor sees it."""
    intake.run_task()
    intake.deliver(topics.JOINT_STATES, topics.JOINT_STATES.to_bytes(intake.joints()))  # type: ignore[misc]
    intake.deliver(topics.CHUNK, spoil(message_of('chunk', intake), {'values': (3, nan)}))
    reason = intake.control.state(intake.now).reason
    return '' if reason == 'values is not finite' else f'reason: {reason!r}'


def corrupted(topic: Topic) -> Callable[[Intake], str]:
    """Random changes of the bytes; whatever comes out of them, no node ends."""

    def play(intake: Intake) -> str:
        intake.run_task()
        name, dice = topic.name.removeprefix('/'), np.random.default_rng(0)
        data = message_to_bytes(message_of(name, intake))
        for _ in range(FLIPS):
            changed = bytearray(data[: dice.integers(4, len(data) + 1)])
            for at in dice.integers(4, len(data), 3):
                if at < len(changed):
                    changed[at] ^= 1 << dice.integers(8)
            read(intake, topic, bytes(changed))
        intake.run_task()
        return intake.move()

    return play


def read(intake: Intake, topic: Topic, data: bytes) -> None:
    """Deliver bytes, as far as rclpy can make a message of them."""
    if topic.from_bytes is not None:
        intake.deliver(topic, data)
        return
    try:
        message = message_from_bytes(data, topic.type)
    except BadMessage:
        return  # as `take_all` drops it
    intake.deliver(topic, message)
