"""Joint states: the topic that most drivers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan

import numpy as np
from sensor_msgs.msg import JointState

from vla_bench.messages.case import MessageCase
from vla_bench.messages.intake import DT, STOPS, Intake
from vla_core.records.safety import Decision
from vla_ros import topics
from vla_ros.convert.fields import time_msg
from vla_ros.serialize import message_to_bytes

KIND = 'joint_states'
CYCLES = 10  # longer than the shield waits for joint states
Change = Callable[[JointState, Intake], JointState | bytes]


def joint_cases() -> Iterator[MessageCase]:
    """What drivers send."""
    for form, change in TAKEN.items():
        yield MessageCase(KIND, form, 'used', instead(change))
    for form, change in FOREIGN.items():
        yield MessageCase(KIND, form, 'ignored', beside(change))
    yield MessageCase(
        KIND, 'a part of the arm',
        'ignored; once the joint states are stale, the missing joints are named', part_of_the_arm,
    )  # fmt: skip
    for form, (change, text) in FAULTY.items():
        yield MessageCase(KIND, form, f'BRAKE: "{text}"', braked(change, text))
    yield MessageCase(KIND, 'arm and gripper from a driver each', 'used', drivers(('arm', 'hand')))
    yield MessageCase(KIND, 'a driver that is started again', 'used', restarted)
    yield MessageCase(
        KIND, 'two publishers of the same joints', 'HOLD, no arming; both nodes are named',
        drivers(('arm', 'hand', 'rival')),
    )  # fmt: skip


def good(intake: Intake) -> JointState:
    return topics.JOINT_STATES.to_msg(intake.joints())  # type: ignore[misc]


def fields(**values: object) -> Change:
    """Set fields of the message; an index sets one element."""

    def change(message: JointState, intake: Intake) -> JointState:
        for name, value in values.items():
            if isinstance(value, tuple):
                index, element = value
                changed = list(getattr(message, name))
                changed[index] = element
                value = changed
            setattr(message, name, value)
        return message

    return change


def cut(**lengths: int) -> Change:
    return lambda m, _: fields(**{k: getattr(m, k)[:n] for k, n in lengths.items()})(m, _)


def foreign(**values: object) -> Change:
    """A message of another device on the topic."""
    plain = {'name': ['wheel'], 'position': [0.0], 'velocity': [0.0]}
    return lambda m, i: fields(**{**plain, **values})(JointState(header=m.header), i)


def beside_joints(position: float) -> Change:
    """The robot's joints, and one of another device."""

    def change(message: JointState, _: Intake) -> JointState:
        message.name = [*message.name, 'wheel']
        message.position = [*message.position, position]
        message.velocity = [0.0] * len(message.name)
        return message

    return change


def shifted(seconds: float) -> Change:
    def change(message: JointState, intake: Intake) -> JointState:
        message.header.stamp = time_msg(intake.now + seconds)
        return message

    return change


def reordered(message: JointState, _: Intake) -> JointState:
    message.name = list(message.name)[::-1]
    message.position, message.velocity = message.position[::-1], message.velocity[::-1]
    return message


def doubled(message: JointState, _: Intake) -> JointState:
    """A stale copy of every joint first."""
    stale = [p + 0.3 for p in message.position]
    message.position = [*stale, *message.position]
    message.name, message.velocity = list(message.name) * 2, list(message.velocity) * 2
    return message


def degrees(message: JointState, _: Intake) -> JointState:
    message.position = [*np.degrees(message.position[:-1]), message.position[-1]]
    return message


def latin_name(message: JointState, _: Intake) -> bytes:
    message = JointState(header=message.header, name=['rad_e'], position=[0.0])
    return message_to_bytes(message).replace(b'rad_e\0', b'r\xe4d_e\0')


TAKEN: dict[str, Change] = {
    'joints in another order': reordered,
    'no velocity of the finger (NaN, as ros2_control fills it)': fields(velocity=(-1, nan)),
    'joints of another device in the same message, NaN': beside_joints(nan),
    'joints of another device in the same message, infinite': beside_joints(inf),
    'effort in the message': lambda m, i: fields(effort=[0.0] * len(m.name))(m, i),
}
FOREIGN: dict[str, Change] = {
    "joints that are not the robot's": foreign(),
    'NaN of such a joint': foreign(position=[nan]),
    'such a joint without a position': foreign(position=[], velocity=[]),
    'such a joint twice': foreign(name=['wheel', 'wheel'], position=[0.0]),
    'such a joint without a stamp': lambda m, i: foreign()(JointState(), i),
    'a name that is not UTF-8': latin_name,
    '1000 such joints': foreign(name=[f'j{k}' for k in range(1000)], position=[], velocity=[]),
    'a message without joints': foreign(name=[], position=[], velocity=[]),
}
FAULTY: dict[str, tuple[Change, str]] = {
    'NaN of a joint of the arm': (fields(position=(2, nan)), 'elbow_joint is not finite'),
    'an infinite position': (fields(position=(0, inf)), 'shoulder_pan_joint is not finite'),
    'NaN of the finger': (fields(position=(-1, nan)), 'finger_joint is not finite'),
    'every joint twice': (doubled, 'more than once'),
    'degrees': (degrees, 'far outside of its limits: another unit than rad or m?'),
    'millimetres of the finger': (fields(position=(-1, 20.0)), 'another unit than rad or m?'),
    'no positions': (cut(position=0), '0 positions for 7 joints'),
    'fewer positions than names': (cut(position=5), '5 positions for 7 joints'),
    'fewer velocities than names': (cut(velocity=2), '2 velocities for 7 joints'),
    'NaN velocity of the arm': (fields(velocity=(1, nan)), 'shoulder_lift_joint is not finite'),
    'no stamp': (lambda m, i: fields(header=JointState().header)(m, i), 'has no stamp'),
    'a stamp 5 ms before the last': (shifted(-0.005 - DT), 'older than the last'),
    'a stamp 200 ms before the last': (shifted(-0.2), 'older than the last'),
    'a stamp an hour ahead': (shifted(3600.0), 'in the future'),
    'half of a message': (lambda m, i: message_to_bytes(m)[:60], 'bytes are no JointState'),
}


def instead(change: Change) -> Callable[[Intake], str]:
    """The form in place of every message: the arm moves on."""

    def play(intake: Intake) -> str:
        return run(
            intake, lambda: intake.deliver(topics.JOINT_STATES, change(good(intake), intake))
        )

    return play


def beside(change: Change) -> Callable[[Intake], str]:
    """The form before every message: the arm moves on."""

    def play(intake: Intake) -> str:
        def send() -> None:
            intake.deliver(topics.JOINT_STATES, change(good(intake), intake))
            intake.deliver(topics.JOINT_STATES, good(intake))

        return run(intake, send)

    return play


def braked(change: Change, text: str) -> Callable[[Intake], str]:
    """The form once, beside a good message: the shield brakes, says why, and goes on."""

    def play(intake: Intake) -> str:
        why = intake.move()
        intake.begin_cycle()
        intake.deliver(topics.JOINT_STATES, change(good(intake), intake))
        intake.deliver(topics.JOINT_STATES, good(intake))
        intake.deliver(topics.TARGET, topics.TARGET.to_bytes(intake.target()))  # type: ignore[misc]
        report = intake.end_cycle()
        if why or report.decision != Decision.BRAKE or text not in report.reason:
            return why or f'{report.decision.name}: {report.reason}'
        return intake.move()

    return play


def run(intake: Intake, send: Callable[[], None]) -> str:
    """CYCLES cycles in which `send` sends the joint states; return why the arm was stopped."""
    why = intake.move()
    for _ in range(CYCLES):
        intake.begin_cycle()
        send()
        intake.deliver(topics.TARGET, topics.TARGET.to_bytes(intake.target()))  # type: ignore[misc]
        report = intake.end_cycle()
        if report.decision in STOPS:
            return why or f'{report.decision.name}: {report.reason}'
    return why


def part_of_the_arm(intake: Intake) -> str:
    """Ignored beside the whole arm; alone it is named in the reason and in the log."""
    part = cut(name=4, position=4, velocity=4)
    why = beside(part)(intake)
    stopped = instead(part)(intake)
    if 'lacks wrist_2_joint, wrist_3_joint' not in stopped or 'joint states' not in stopped:
        return why or f'said: {stopped!r}'
    logged = any('lacks wrist_2_joint, wrist_3_joint' in line for line in intake.log)
    return why or ('' if logged else 'not logged')


def drivers(names: tuple[str, ...]) -> Callable[[Intake], str]:
    """Drivers that publish in turn, each with its own sequence numbers."""

    def play(intake: Intake) -> str:
        parts = {'arm': slice(0, 6), 'rival': slice(0, 6), 'hand': slice(6, 7)}
        numbers = {'arm': 5000, 'rival': 3, 'hand': 800}
        intake.nodes = [f'/{name}' for name in names]

        def send() -> None:
            for name in names:
                numbers[name] += 1
                message, part = good(intake), parts[name]
                message = fields(
                    name=message.name[part], position=message.position[part],
                    velocity=message.velocity[part],
                )(message, intake)  # fmt: skip
                intake.deliver(topics.JOINT_STATES, message, numbers[name])

        stopped = run(intake, send)
        if 'rival' not in names:
            return stopped
        refusal = intake.arming_refusal()
        is_held = stopped.startswith('HOLD') and '/arm' in stopped and '/rival' in stopped
        return '' if is_held and '/rival' in refusal else f'{stopped or "moves on"}; {refusal}'

    return play


def restarted(intake: Intake) -> str:
    """The numbers of its messages begin again."""
    numbers = iter([*range(900, 905), *range(1, 20)])
    state = topics.JOINT_STATES
    return run(intake, lambda: intake.deliver(state, good(intake), next(numbers)))
