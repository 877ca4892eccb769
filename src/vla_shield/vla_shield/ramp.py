"""The stop that goes with every command: per joint, the quickest ramp to rest within
acceleration and jerk."""

from __future__ import annotations

from math import sqrt

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
        joints = zip(v.tolist(), a.tolist(), accel.tolist(), jerk.tolist(), strict=True)
        # numbers, not arrays: for a few joints thrice as quick
        table = np.array([_spans(*joint) for joint in joints]).T
        self._t1, self._t2, self._t3, self._v, self._v1, self._v2, self._a, self._peak = table[:8]
        self._sign: Array = table[8]
        self.peak_velocity: Array = table[9]  # (n,) rad/s
        self._half_a, self._half_peak, self._half_jerk, self._sixth_jerk = table[11:15]
        self.duration = float(table[15].max())  # s
        self.end: Array = q + self._sign * table[10]  # (n,) rad

    def _travel(self, s1: Array, s2: Array, s3: Array) -> Array:
        """(k, n) rad after s1, s2, s3 seconds of the three spans."""
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


def _spans(v: float, a: float, accel: float, jerk: float) -> tuple[float, ...]:
    """The spans of one joint's stop: their times, the speeds at their beginnings and the rest.

    A comparison is written so that NaN goes through to the result.
    """
    sign = 1.0 if v + a * abs(a) / (2.0 * jerk) >= 0.0 else -1.0
    v, a = v * sign, a * sign
    excess = jerk * v + 0.5 * a * a
    excess = 0.0 if excess < 0.0 else excess
    peak = sqrt(excess)
    peak = accel if peak > accel else peak
    peak = -a if peak < -a else peak
    t1, t3 = (a + peak) / jerk, peak / jerk
    left = (excess - peak * peak) / jerk
    t2 = (0.0 if left < 0.0 else left) / (TINY if peak < TINY else peak)  # no peak: nothing left
    v1 = v + a * t1 - 0.5 * jerk * t1 * t1
    v2 = v1 - peak * t2
    half, sixth = 0.5 * peak, jerk / 6.0
    travel = t1 * (v + t1 * (0.5 * a - sixth * t1)) + t2 * (v1 - half * t2)
    travel += t3 * (v2 + t3 * (sixth * t3 - half))
    rising = 0.0 if a < 0.0 else a  # while it is, velocity goes on to its peak
    fastest = sign * (v + 0.5 * rising * rising / jerk)
    return (
        t1, t2, t3, v, v1, v2, a, peak, sign, fastest, travel, 0.5 * a, half, 0.5 * jerk, sixth,
        t1 + t2 + t3,
    )  # fmt: skip
