"""The points of one trajectory message and the state before them, sampled as
joint_trajectory_controller (Jazzy, trajectory.cpp) does it."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array

State = tuple[Array, Array]  # position (n,), velocity (n,)


class SplineTrajectory:
    """Cubics between points with velocities, else lines; the last point is held.

    The state before the first point counts only for samples before that point: a message whose
    first point is not in the future is played the same whatever that state is.
    """

    def __init__(self, start: float, times: Array, points: Array, rates: Array | None) -> None:
        self.start = start  # s, ROS time at which the times count from zero; 0: first sample
        self._offsets, self._points, self._rates = times, points, rates
        self._times: Array = times  # (k,) s, ROS time
        self._zero: Array = np.zeros(points.shape[1])
        self._segment = -1  # the one whose polynomial is in _powers
        self._powers: tuple[Array, ...] = ()

    def begin(self, time: float, before: tuple[float, Array, Array | None]) -> None:
        """First sample at `time`, s; `before`: time, position and velocity of the state before the
        first point. Without a velocity it is at rest."""
        self.start = self.start if self.start != 0.0 else time
        moment, position, velocity = before
        self._times = self.start + self._offsets
        if not time < self._times[0]:
            return
        rest = self._zero if velocity is None else velocity
        self._times = np.r_[moment, self._times]
        self._points = np.vstack([position, self._points])
        self._rates = None if self._rates is None else np.vstack([rest, self._rates])

    @property
    def end(self) -> float:
        """s, ROS time of the last point."""
        return float(self._times[-1])

    def is_over(self, time: float) -> bool:
        """True from the last point on."""
        return bool(time >= self._times[-1])

    def sample(self, time: float) -> State:
        """Position and velocity, each (n,), at `time` s."""
        if self.is_over(time):
            return self._points[-1], self._zero if self._rates is None else self._rates[-1]
        i = self._segment
        if not (i >= 0 and self._times[i] <= time < self._times[i + 1]):
            i = max(int(np.searchsorted(self._times, time, side='right')) - 1, 0)
            self._fit(i)
        c0, c1, c2, c3 = self._powers
        s = max(time - self._times[i], 0.0)
        return c0 + s * (c1 + s * (c2 + s * c3)), c1 + s * (2.0 * c2 + (3.0 * s) * c3)

    def _fit(self, i: int) -> None:
        """Set the polynomial of segment i: cubic with both velocities, or linear."""
        h = self._times[i + 1] - self._times[i]
        p0, slope = self._points[i], (self._points[i + 1] - self._points[i]) / h
        if self._rates is None:
            self._powers = (p0, slope, self._zero, self._zero)
        else:
            v0, v1 = self._rates[i], self._rates[i + 1]
            square, cube = (3.0 * slope - 2.0 * v0 - v1) / h, (v0 + v1 - 2.0 * slope) / h**2
            self._powers = (p0, v0, square, cube)
        self._segment = i
