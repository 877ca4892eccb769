"""The stop that goes with every command: per joint, the quickest ramp to rest within
acceleration and jerk."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array

TINY = 1e-300  # no division by zero


class Ramp:
    """Time-optimal stop of each joint from (q, v, a); at most three spans of constant jerk.

    Formula: with peak deceleration p = min(A, sqrt(J v + a^2 / 2)) the spans last (a + p) / J,
    (v + a^2 / 2J - p^2 / J) / p and p / J, in the direction that brings v + a|a| / 2J to zero.
    """

    def __init__(self, q: Array, v: Array, a: Array, accel: Array, jerk: Array) -> None:
        self.q = q  # (n,) rad, where the ramp starts
        sign = np.where(v + a * np.abs(a) / (2.0 * jerk) >= 0.0, 1.0, -1.0)
        v, a = v * sign, a * sign
        excess = np.maximum(jerk * v + 0.5 * a * a, 0.0)
        peak = np.maximum(np.minimum(np.sqrt(excess), accel), np.maximum(-a, 0.0))
        t1, t3 = (a + peak) / jerk, peak / jerk
        left = np.maximum((excess - peak * peak) / jerk, 0.0)
        t2 = left / np.maximum(peak, TINY)  # without a peak nothing is left
        v1 = v + a * t1 - 0.5 * jerk * t1 * t1
        self._v, self._a, self._peak, self._sign = v, a, peak, sign
        self._half_a, self._half_peak = 0.5 * a, 0.5 * peak
        self._half_jerk, self._sixth_jerk = 0.5 * jerk, jerk / 6.0
        self._t1, self._t2, self._t3 = t1, t2, t3
        self._v1, self._v2 = v1, v1 - peak * t2
        self.duration = float(np.max(t1 + t2 + t3))  # s
        rising = np.maximum(a, 0.0)  # while it is, velocity goes on to its peak
        self.peak_velocity = sign * (v + 0.5 * rising * rising / jerk)  # (n,) rad/s
        self.end = q + sign * self._travel(t1, t2, t3)  # (n,) rad

    def _travel(self, s1: Array, s2: Array, s3: Array) -> Array:
        """Distance after s1, s2, s3 seconds of the three spans."""
        sixth = self._sixth_jerk
        first = s1 * (self._v + s1 * (self._half_a - sixth * s1))
        second = s2 * (self._v1 - self._half_peak * s2)
        third = s3 * (self._v2 + s3 * (sixth * s3 - self._half_peak))
        distance: Array = first + second + third
        return distance

    def sample(self, times: Array) -> tuple[Array, Array]:
        """Return (position, velocity), each (k, n), at `times` (k,) s after the start."""
        t = np.asarray(times)[:, None]
        s1 = np.minimum(t, self._t1)
        after = np.maximum(t - self._t1, 0.0)
        s2 = np.minimum(after, self._t2)
        s3 = np.minimum(np.maximum(after - self._t2, 0.0), self._t3)
        half = self._half_jerk
        velocity = self._v + s1 * (self._a - half * s1) - self._peak * (s2 + s3) + half * s3 * s3
        return self.q + self._sign * self._travel(s1, s2, s3), self._sign * velocity
