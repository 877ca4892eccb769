"""Emergency stop and speed scaling."""

from __future__ import annotations

from vla_commission.checks.edges import scaling_topics
from vla_commission.facts import Facts
from vla_commission.finding import Finding, fail, ok, skipped, warning
from vla_core.robot.config import RobotConfig
from vla_ros import topics

FULL = 0.99  # share of full speed


def emergency_stop(facts: Facts, source: str) -> list[Finding]:
    """Is its state published, and is it released? `source` is that of the supervisor."""
    name = facts.full(topics.E_STOP.name)
    if source == 'none':
        return [skipped('e_stop', 'there is none (e_stop.source: none): keep a switch at hand')]
    stream = facts.stream(name)
    if source not in ('', 'topic') and not stream.arrivals:
        return [skipped('e_stop', f'read from the driver of {source}: see the supervisor')]
    if not facts.publishers_of(name):
        return [fail(
            'e_stop.absent', f'nobody publishes the state of the emergency stop on {name}',
            f'publish std_msgs/Bool on {name} (true: pressed) at 4 Hz, or set e_stop.source in '
            f'config/robot.yaml to the driver, or to none',
        )]  # fmt: skip
    if not stream.arrivals:
        return [fail(
            'e_stop.silent', f'no message on {name} in {facts.duration:.0f} s',
            'publish the state at 4 Hz, not only when it changes; with reliable QoS',
        )]  # fmt: skip
    if stream.last.data:
        return [fail(
            'e_stop.pressed', 'the emergency stop is pressed',
            'release it; if it is not pressed, publish false for released',
        )]  # fmt: skip
    return [ok('e_stop', f'{name} is published, and released')]


def speed_scaling(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Does the arm run at full speed, and is its scaling known?"""
    found = []
    for arm in robot.arms:
        contract, topic = arm.controller, arm.controller.scaling_topic
        if not topic:
            continue
        stream = facts.stream(topic)
        if not stream.arrivals:
            found.append(fail(
                'scaling.silent', f'no message on {topic}',
                f'start its broadcaster, or put \'scaling_topic: ""\' into the robot file at '
                f'arms: {arm.name}: controller',
            ))  # fmt: skip
            continue
        value = float(stream.last.data)
        share = contract.scaling(value)
        if value > 1.05 * contract.scaling_full:
            found.append(fail(
                'scaling.unit', f'{topic} is {value:g}, above scaling_full '
                f'{contract.scaling_full:g}',
                f'put "scaling_full: 100" into the controller of {arm.name} in the robot file',
            ))  # fmt: skip
        elif share < FULL:
            found.append(warning(
                'scaling.low', f'{arm.name} runs at {100 * share:.0f} % of its speed ({topic})',
                'set the speed slider on the pendant to 100 %; the shield limits the speed',
            ))  # fmt: skip
    return found or ([ok('scaling', 'full speed')] if scaling_topics(robot) else [])
