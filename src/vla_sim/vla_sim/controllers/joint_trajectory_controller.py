"""Joint trajectories as joint_trajectory_controller (Jazzy) executes them; time is an argument.

A trajectory replaces the previous one immediately. It starts from the current desired state;
points are interpolated by cubics where velocities are given, else linearly; the last point is
held. A stamp of 0 means now; points in the past are skipped.
"""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array, frozen
from vla_core.records.action import Trajectory

END_SPEED = (
    1e-6  # rad/s or m/s; a last velocity above it is refused (the controller's own default)
)


def fault(trajectory: Trajectory, names: tuple[str, ...], now: float) -> str:
    """Return why the controller of joints `names` rejects a trajectory; '' when it accepts it."""
    return (
        _name_fault(trajectory.names, names)
        or _size_fault(trajectory)
        or _time_fault(trajectory, now)
    )


def _name_fault(given: tuple[str, ...], names: tuple[str, ...]) -> str:
    if len(set(given)) != len(given):
        return f'joint named twice in {list(given)}'
    unknown = [name for name in given if name not in names]
    if unknown:
        return f'unknown joints {unknown}; known: {list(names)}'
    missing = [name for name in names if name not in given]
    return f'joints {missing} are missing; partial goals are not supported' if missing else ''


def _size_fault(trajectory: Trajectory) -> str:
    count, width = len(trajectory.time_from_start), len(trajectory.names)
    if count == 0:
        return ''
    if trajectory.position.shape != (count, width):
        return f'positions are {trajectory.position.shape}, not ({count}, {width})'
    if trajectory.velocity.size and trajectory.velocity.shape != (count, width):
        return f'velocities are {trajectory.velocity.shape}, not ({count}, {width})'
    numbers = (trajectory.time_from_start, trajectory.position, trajectory.velocity)
    if not (np.isfinite(trajectory.stamp) and all(np.isfinite(part).all() for part in numbers)):
        return 'a number is not finite'
    if trajectory.velocity.size and not np.all(np.abs(trajectory.velocity[-1]) <= END_SPEED):
        return 'the last velocity is not zero'
    return ''


def _time_fault(trajectory: Trajectory, now: float) -> str:
    times = trajectory.time_from_start
    if len(times) == 0:
        return ''
    if not times[0] >= 0.0:
        return f'time_from_start begins at {times[0]:.3f} s'
    if not np.all(np.diff(times) > 0.0):
        return 'time_from_start does not increase strictly'
    end = trajectory.stamp + times[-1]
    if trajectory.stamp != 0.0 and not end >= now:
        return f'the trajectory ended {now - end:.3f} s ago'
    return ''


class JointTrajectoryController:
    """The desired state of one controller's joints over time."""

    def __init__(self, names: tuple[str, ...], position: Array) -> None:
        self.names = names
        self.reset(position)

    def reset(self, position: Array) -> None:
        """Hold `position` (n,) and drop the trajectory."""
        self._hold = frozen(position)
        self._zero = frozen(np.zeros(len(self.names)))
        self._times = np.zeros(0)  # (k,) s, ROS time; the first is the arrival
        self._points: np.ndarray = np.zeros((0, len(self.names)))
        self._rates: np.ndarray | None = None
        self._segment = -1  # the one whose polynomial is in _powers

    @property
    def is_moving(self) -> bool:
        """True while a trajectory is being executed."""
        return len(self._times) > 0

    def accept(self, trajectory: Trajectory, now: float) -> str:
        """Replace the trajectory and return ''; or keep it and return why it is rejected."""
        reason = fault(trajectory, self.names, now)
        if reason:
            return reason
        position, velocity = self.sample(now)
        if len(trajectory.time_from_start) == 0:
            self.reset(position)
            return ''
        order = [trajectory.names.index(name) for name in self.names]
        start = trajectory.stamp if trajectory.stamp != 0.0 else now
        times = start + trajectory.time_from_start
        points, rates = trajectory.position[:, order], None
        if trajectory.velocity.size:
            rates = trajectory.velocity[:, order]
        if times[0] > now:  # else the first point is the current one
            times = np.r_[now, times]
            points = np.vstack([position, points])
            rates = None if rates is None else np.vstack([velocity, rates])
        self._times, self._points, self._rates, self._segment = times, points, rates, -1
        return ''

    def sample(self, now: float) -> tuple[Array, Array]:
        """Return the desired (position, velocity), each (n,), at `now`; read-only."""
        if len(self._times) == 0:
            return self._hold, self._zero
        if now >= self._times[-1]:
            self.reset(self._points[-1])
            return self._hold, self._zero
        i = self._segment
        if not (i >= 0 and self._times[i] <= now < self._times[i + 1]):
            i = max(int(np.searchsorted(self._times, now, side='right')) - 1, 0)
            self._fit(i)
        c0, c1, c2, c3 = self._powers
        s = max(now - self._times[i], 0.0)
        return c0 + s * (c1 + s * (c2 + s * c3)), c1 + s * (2.0 * c2 + (3.0 * s) * c3)

    def _fit(self, i: int) -> None:
        """Set the polynomial of segment i: cubic with both velocities, or linear."""
        h = self._times[i + 1] - self._times[i]
        p0, slope = self._points[i], (self._points[i + 1] - self._points[i]) / h
        if self._rates is None:
            self._powers = (p0, slope, self._zero, self._zero)
        else:
            v0, v1 = self._rates[i], self._rates[i + 1]
            self._powers = (
                p0,
                v0,
                (3.0 * slope - 2.0 * v0 - v1) / h,
                (v0 + v1 - 2.0 * slope) / h**2,
            )
        self._segment = i
