"""Others who command the robot beside the shield."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vla_core.robot.ros_names import ACTION_STATUS


class CommandRivals:
    """Other publishers of the command topics, and goals of action clients on the controllers.

    `publishers_of` returns the full names of the nodes that publish a topic. A client without a
    goal (an idle move_group) is no rival.
    """

    def __init__(
        self, own: str, topics: Sequence[str], publishers_of: Callable[[str], list[str]]
    ) -> None:
        self._own, self._topics, self._publishers_of = own, topics, publishers_of
        self._goals: dict[str, bool] = {}  # by topic of the goals' states: is one active?

    def put_goals(self, topic: str, is_active: bool) -> None:
        """Store whether a controller executes a goal; `topic` is that of the goals' states."""
        self._goals[topic] = is_active

    def text(self) -> str:
        """Return who else commands the robot, or ''. The shield cannot stop it, only itself."""
        return self._publisher() or self._goal()

    def _publisher(self) -> str:
        for topic in self._topics:
            publishers = self._publishers_of(topic)
            others = [name for name in publishers if name != self._own]
            if publishers.count(self._own) > 1:
                others.append(f'another {self._own}')
            if others:
                return f'other publisher of {topic}: {", ".join(others)}'
        return ''

    def _goal(self) -> str:
        for topic, is_active in self._goals.items():
            if is_active and self._publishers_of(topic):  # what a lost controller said is old
                action = topic.removesuffix(ACTION_STATUS)
                return f'the controller executes a goal of another client of {action}: cancel it'
        return ''
