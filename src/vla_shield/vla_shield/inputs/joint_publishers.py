"""Detection of two publishers that send the same joints.

An arm and its gripper may have a driver each. Two that send the joints of one part contradict
each other. DDS does not tell who sent a message, but the publisher numbers its messages: of one
publisher the numbers only increase, except when it restarts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from vla_core.robot.config import RobotConfig

WINDOW = 3.0  # s; MOST_STEPS times that the numbers go back in it mean two publishers
MEMORY = 10.0  # s, for which one step back counts while the graph shows several publishers
RESTARTS = 1  # steps back within WINDOW that a restarted driver explains


class PartNumbers:
    """The message numbers of one part, an arm or a gripper."""

    def __init__(self) -> None:
        self._last = -1
        self._steps_back: deque[float] = deque(maxlen=8)  # s, steady clock

    def put(self, number: int, now: float) -> None:
        """Note the number of a message received at `now`."""
        if number <= self._last:
            self._steps_back.append(now)
        self._last = number

    def steps_back(self, since: float) -> int:
        return sum(at >= since for at in self._steps_back)


class JointPublishers:
    """Follows the message numbers of each part of the robot. Times: steady clock, s.

    `publishers_of` returns the full names of the nodes that publish a topic.
    """

    def __init__(
        self, robot: RobotConfig, topic: str, publishers_of: Callable[[str], list[str]]
    ) -> None:
        self._topic, self._publishers_of = topic, publishers_of
        self._of_joint = {joint: arm.name for arm in robot.arms for joint in arm.joint_names}
        self._of_joint |= {gripper.joint: gripper.name for gripper in robot.grippers}
        self._parts = {name: PartNumbers() for name in self._of_joint.values()}
        self._of_names: tuple[tuple[str, ...], set[str]] = ((), set())  # last names, their parts

    def put(self, names: tuple[str, ...], number: int | None, now: float) -> None:
        """Note a message with joints `names`; `number` is None where the middleware has none."""
        if number is None:
            return
        if names != self._of_names[0]:
            found = {self._of_joint[name] for name in names if name in self._of_joint}
            self._of_names = names, found
        for part in self._of_names[1]:
            self._parts[part].put(number, now)

    def conflict(self, now: float) -> str:
        """Why two publishers send the same joints, or ''."""
        for part, numbers in self._parts.items():
            if not numbers.steps_back(now - MEMORY):
                continue
            nodes = self._publishers_of(self._topic)
            is_clear = numbers.steps_back(now - WINDOW) > RESTARTS
            if is_clear or len(set(nodes)) > 1:
                who = ' and '.join(sorted(nodes)) or 'unknown nodes'
                return f'two publishers of {self._topic} send the joints of the {part}: {who}'
        return ''
