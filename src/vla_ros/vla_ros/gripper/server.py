"""The driver's side of a gripper's interface, which the simulator offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from vla_core.records.action import Trajectory
from vla_core.robot.gripper import GripperConfig
from vla_ros.gripper.action_goal import action_type, position_of, result_of
from vla_ros.node import ManagedNode
from vla_ros.simple_action_server import GoalOutcome, SimpleActionServer
from vla_ros.topics import Topic

LEAD = 0.01  # s, until a commanded position is to be reached; the drive limits the speed

Accept = Callable[[int, Trajectory], None]


class GoalMonitor(Protocol):
    """Finds the end of a goal, as the emulated controller does."""

    def begin(self, goal: float, now: float) -> None: ...

    def update(self, position: float, velocity: float, now: float) -> str:
        """'' while the goal runs; else 'reached', 'stalled' or 'aborted'."""
        ...


def step_to(gripper: GripperConfig, position: float) -> Trajectory:
    """Go to a joint position (rad or m) at once."""
    rest, point = np.zeros((1, 1)), np.array([[position]])
    return Trajectory(0.0, (gripper.joint,), np.array([LEAD]), point, rest)


class GripperActionServer:
    """The action server of one gripper. A new goal preempts the running one. A stock controller
    leaves the preempted goal without an end; here it is aborted, which ends its coroutine."""

    def __init__(
        self, node: ManagedNode, gripper: GripperConfig, monitor: GoalMonitor,
        put: Callable[[Trajectory], None],
    ) -> None:  # fmt: skip
        self._gripper, self._monitor, self._put = gripper, monitor, put
        self._node = node
        self._position, self._now = 0.0, 0.0  # rad or m, measured; s, steady clock
        self._server = SimpleActionServer(
            node, action_type(gripper), gripper.command_topic, self._begin, self._result,
            self._accepts,
        )  # fmt: skip

    def tick(self, position: float, velocity: float, now: float) -> None:
        """Follow the running goal with the measured joint (rad or m, and per s);
        `now`: steady clock, s."""
        self._position, self._now = position, now
        if not self._server.is_running:
            return
        if self._server.take_cancel():
            self._put(step_to(self._gripper, position))
            self._server.finish(GoalOutcome.CANCEL, self._result())
            return
        end = self._monitor.update(position, velocity, now)
        if end:
            is_good, is_stalled = end in ('reached', 'stalled'), end != 'reached'
            outcome = GoalOutcome.SUCCEED if is_good else GoalOutcome.ABORT
            self._server.finish(outcome, self._result(stalled=is_stalled))

    def _accepts(self, goal: Any) -> bool:
        _, fault = position_of(self._gripper, goal)
        if fault:
            self._node.log_error(f'{self._gripper.name}: goal rejected: {fault}')
        return not fault

    def _begin(self, goal: Any) -> None:
        position, _ = position_of(self._gripper, goal)
        self._monitor.begin(position, self._now)
        self._put(step_to(self._gripper, position))

    def _result(self, *, stalled: bool | None = None) -> Any:
        """The result of a goal that was reached (False) or stalled; None: neither."""
        return result_of(
            self._gripper, self._position, stalled=bool(stalled), reached=stalled is False
        )


class GripperServers:
    """One interface per gripper; `accept` takes its number and the trajectory of its joint."""

    def __init__(
        self, node: ManagedNode, grippers: Sequence[GripperConfig], commands: Sequence[Topic],
        accept: Accept, monitor: Callable[[], GoalMonitor],
    ) -> None:  # fmt: skip
        self._actions: dict[int, GripperActionServer] = {}
        for k, (gripper, topic) in enumerate(zip(grippers, commands, strict=True)):
            put = partial(accept, k)
            if gripper.is_action:
                self._actions[k] = GripperActionServer(node, gripper, monitor(), put)
            elif gripper.command == 'joint_trajectory':
                node.subscribe(topic, put)
            else:
                node.subscribe(topic, partial(_put_float, gripper, put))

    def tick(self, joint: Callable[[int], tuple[float, float]], now: float) -> None:
        """Once per cycle; `joint` gives position and velocity of a gripper's joint."""
        for k, action in self._actions.items():
            action.tick(*joint(k), now)


def _put_float(gripper: GripperConfig, put: Callable[[Trajectory], None], message: Any) -> None:
    """Take a position, as forward_command_controller does: one number, and finite."""
    data = [message.data] if gripper.command == 'float64' else list(message.data)
    if len(data) != 1 or not np.isfinite(data[0]):
        raise ValueError(f'{gripper.name}: {len(data)} positions, expected 1 that is finite')
    is_joint = gripper.command_position == 'joint'
    put(step_to(gripper, data[0] if is_joint else gripper.joint_position(data[0])))
