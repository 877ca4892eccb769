"""What one episode looked like, in either host: lockstep taps it, the graph is subscribed to."""

from __future__ import annotations

from typing import Any

import numpy as np
from graph import Client

from vla_core.records.scene import Role
from vla_core.records.task import Phase
from vla_core.robot.config import RobotConfig
from vla_ros import topics


class Course:
    """The phases of a task, what was seen when it began to run, and the way of the arm."""

    def __init__(self, robot: RobotConfig) -> None:
        self._robot = robot
        self.phases: list[Phase] = []
        self.seen: dict[Role, tuple[str, np.ndarray]] = {}  # label, position in m
        self._path: list[np.ndarray] = []  # rad

    def __call__(self, topic: str, record: Any, now: float = 0.0) -> None:
        """Take note of a record."""
        if topic == 'status' and record.task_id and [record.phase] != self.phases[-1:]:
            self.phases.append(record.phase)
        elif topic == 'scene' and not self._runs:
            things = {
                o.role: o for o in record.objects if o.role in (Role.TARGET, Role.DESTINATION)
            }
            self.seen |= {role: (thing.label, thing.position) for role, thing in things.items()}
        elif topic == 'joint_states' and self._runs:
            at = dict(zip(record.names, record.position, strict=True))
            self._path.append(np.array([at[name] for name in self._robot.joint_names]))

    def follow(self, client: Client) -> None:
        """Hear of what the graph does from now on."""
        for name, topic in (
            ('status', topics.STATUS), ('scene', topics.SCENE),
            ('joint_states', topics.joint_states(self._robot)),
        ):  # fmt: skip
            client.node.create_subscription(
                topic.type,
                topic.name,
                lambda m, name=name, topic=topic: self(name, topic.from_msg(m)),
                topic.qos,
            )

    @property
    def _runs(self) -> bool:
        return self.phases[-1:] == [Phase.RUNNING]

    @property
    def path(self) -> np.ndarray:
        """(n, 6) rad, while the policy moved the arm."""
        return np.array(self._path)

    def departs(self, other: Course) -> float:
        """rad, of the joint that is farthest from wherever the other has been."""
        apart = np.abs(self.path[::5, None] - other.path[None]).max(axis=2)
        return float(apart.min(axis=1).max())
