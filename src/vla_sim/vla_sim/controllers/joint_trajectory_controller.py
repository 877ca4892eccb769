"""Emulation of joint_trajectory_controller (Jazzy, 4.42.1) and of Universal Robots' scaled variant
(ur_controllers 3.8.0); docs/controllers.md names the lines. Time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from vla_core.frozen import Array, frozen
from vla_core.records.action import Trajectory
from vla_core.robot.controller import ControllerContract
from vla_sim.controllers.spline_trajectory import SplineTrajectory
from vla_sim.controllers.trajectory_message import fault

Measured = Callable[[], tuple[Array, Array | None]]  # position, velocity if it is reported
EPSILON = 1e-9  # s, of arrival against the time of an update


class JointTrajectoryController:
    """One controller of joints `names`, with position interface.

    A message is taken by the first update at or after its arrival. The sampling time then equals
    the time of that update, and advances by `scaling` times the period at each further one.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        position: Array,
        period: float = 0.002,
        contract: ControllerContract | None = None,
        goal: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """`goal`: rad, tolerance at the last point, and s until it must be met; 0: none."""
        self.names, self.period = names, period
        self.contract = contract or ControllerContract()
        self._goal_tolerance, self._goal_time = goal
        self.scaling = 1.0  # [0, 1], share of full speed
        self.reset(position)

    def reset(self, position: Array) -> None:
        """Activate at `position` (n,): hold it, and drop what was received."""
        zero = frozen(np.zeros(len(self.names)))
        self.position, self.velocity = frozen(position), zero  # commanded to the hardware
        self.aborted = ''  # why the last trajectory was aborted
        self._received: deque[tuple[float, SplineTrajectory]] = deque()
        self._commanded_at: float | None = None  # s, of the last update that wrote a command
        self._hold(self.position)

    @property
    def is_moving(self) -> bool:
        """True while a trajectory is being executed or waits for the next update."""
        return bool(self._received) or not self._is_over

    def accept(self, trajectory: Trajectory, now: float) -> str:
        """Receive a message at `now`; return why it is refused, or ''."""
        reason = fault(trajectory, self.names, now, self.contract)
        if not reason:
            self._received.append((now, self._spline(trajectory)))
        return reason

    def update(self, time: float, measured: Measured) -> None:
        """One cycle at `time`, s: set the command of the next period."""
        while self._received and self._received[0][0] <= time + EPSILON:
            self._trajectory, self._is_sampled = self._received.popleft()[1], False
            self._is_holding, self._is_over = False, False
        is_first = not self._is_sampled
        if is_first:
            self._begin(time, measured)
        else:
            self._time += self.period * self.scaling
        ahead = self._time + self.period
        self._is_over = self._trajectory.is_over(ahead)
        why = '' if self._is_holding else self._violation(is_first, measured)
        if why:
            self.aborted = why
            self._hold(measured()[0])
            return
        self.position, self.velocity = self._trajectory.sample(ahead)
        self._commanded_at = time

    def _begin(self, time: float, measured: Measured) -> None:
        """Set the state before the first point: the measured state now, or the last command at the
        time of the update that wrote it (which is one period before that command is due)."""
        if self.contract.starts_from_measured:
            before = (time, *measured())
        else:
            moment = time if self._commanded_at is None else self._commanded_at
            before = (moment, self.position, self.velocity)
        self._time, self._is_sampled = time, True
        self._trajectory.begin(time, before)

    def _violation(self, is_first: bool, measured: Measured) -> str:
        """The tolerance that is violated, or ''."""
        path, goal = self.contract.path_tolerance, self._goal_tolerance
        if (self._is_over and not is_first) or path == 0.0:
            path = np.inf
        if not self._is_over or goal == 0.0 or self._goal_time == 0.0:
            goal = np.inf
        if path == np.inf and goal == np.inf:
            return ''
        error = np.abs(self._trajectory.sample(self._time)[0] - measured()[0])
        worst = int(np.argmax(error))
        if not error[worst] <= path:
            return f'{self.names[worst]}: tracking error {error[worst]:.3f} rad exceeds {path:g}'
        late = self._time - self._trajectory.end
        if not error[worst] <= goal and late > self._goal_time:
            return f'{self.names[worst]}: {error[worst]:.3f} rad from the goal {late:.2f} s late'
        return ''

    def _hold(self, position: Array) -> None:
        """Hold `position` (n,) from the next update on."""
        rest = np.zeros((1, len(self.names)))
        self._trajectory = SplineTrajectory(0.0, np.zeros(1), np.array([position]), rest)
        self._is_sampled, self._is_holding, self._is_over = False, True, True
        self._time = 0.0

    def _spline(self, trajectory: Trajectory) -> SplineTrajectory:
        """The message in the controller's order; joints that are missing keep their command."""
        count, n = len(trajectory.time_from_start), len(self.names)
        index = [self.names.index(name) for name in trajectory.names]
        points = np.tile(self.position, (count, 1))
        points[:, index] = trajectory.position
        rates = None
        if trajectory.velocity.size:
            rates = np.zeros((count, n))
            rates[:, index] = trajectory.velocity
        times = np.array(trajectory.time_from_start)
        return SplineTrajectory(trajectory.stamp, times, points, rates)
