"""The braking ramp in every command: per joint, the time-optimal stop within acceleration and
jerk limits."""

from __future__ import annotations

from math import sqrt

import numpy as np

from vla_core.compiled import MATRIX, VECTOR, compiled
from vla_core.frozen import Array

TINY = 1e-300  # avoids a division by zero
COLUMNS = 10  # numbers that describe the stop of one joint


class Ramp:
    """Time-optimal stop of each joint from (q, v, a); at most three spans of constant jerk.

    Formula: with peak deceleration p = min(A, sqrt(J v + a^2 / 2)) the spans last (a + p) / J,
    (v + a^2 / 2J - p^2 / J) / p and p / J, in the direction that brings v + a|a| / 2J to zero.
    """

    def __init__(self, q: Array, v: Array, a: Array, accel: Array, jerk: Array) -> None:
        self.q = q  # (n,) rad, where the ramp starts
        # end (n,) rad, peak_velocity (n,) rad/s, duration s
        self._spans, self.end, self.peak_velocity, self.duration = _plan(q, v, a, accel, jerk)

    def sample(self, times: Array) -> tuple[Array, Array]:
        """Return (position, velocity), each (k, n), at `times` (k,) s after the start."""
        return _sample(self.q, self._spans, times)


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR)
def _plan(
    q: Array, v: Array, a: Array, accel: Array, jerk: Array
) -> tuple[Array, Array, Array, float]:
    """Spans (n, COLUMNS) of each joint with their initial velocities, end positions, peak
    velocities, and s until all joints rest. NaN propagates to the result."""
    n = len(q)
    spans, end, fastest, duration = np.empty((n, COLUMNS)), np.empty(n), np.empty(n), 0.0
    for k in range(n):
        j = jerk[k]
        sign = 1.0 if v[k] + a[k] * abs(a[k]) / (2.0 * j) >= 0.0 else -1.0
        v0, a0 = v[k] * sign, a[k] * sign
        excess = j * v0 + 0.5 * a0 * a0
        excess = 0.0 if excess < 0.0 else excess
        peak = sqrt(excess)
        peak = accel[k] if peak > accel[k] else peak
        peak = -a0 if peak < -a0 else peak
        t1, t3 = (a0 + peak) / j, peak / j
        left = (excess - peak * peak) / j
        left = 0.0 if left < 0.0 else left
        t2 = left / (TINY if peak < TINY else peak)  # no peak: no second span
        v1 = v0 + a0 * t1 - 0.5 * j * t1 * t1
        v2 = v1 - peak * t2
        half, sixth = 0.5 * peak, j / 6.0
        travel = t1 * (v0 + t1 * (0.5 * a0 - sixth * t1)) + t2 * (v1 - half * t2)
        travel += t3 * (v2 + t3 * (sixth * t3 - half))
        rising = 0.0 if a0 < 0.0 else a0  # velocity rises until acceleration is zero
        fastest[k] = sign * (v0 + 0.5 * rising * rising / j)
        end[k] = q[k] + sign * travel
        spans[k] = (t1, t2, t3, v0, v1, v2, a0, peak, sign, j)
        lasts = t1 + t2 + t3
        duration = lasts if lasts > duration or lasts != lasts else duration
    return spans, end, fastest, duration


@compiled(VECTOR, MATRIX, VECTOR)
def _sample(q: Array, spans: Array, times: Array) -> tuple[Array, Array]:
    position, velocity = np.empty((len(times), len(q))), np.empty((len(times), len(q)))
    for k in range(len(q)):
        s = spans[k]
        t1, t2, t3, v0, v1 = s[0], s[1], s[2], s[3], s[4]
        v2, a, peak, sign, jerk = s[5], s[6], s[7], s[8], s[9]
        half, sixth = 0.5 * peak, jerk / 6.0
        for i in range(len(times)):
            s1 = np.minimum(times[i], t1)
            after = np.maximum(times[i] - t1, 0.0)
            s2 = np.minimum(after, t2)
            s3 = np.minimum(np.maximum(after - t2, 0.0), t3)
            travel = s1 * (v0 + s1 * (0.5 * a - sixth * s1)) + s2 * (v1 - half * s2)
            travel += s3 * (v2 + s3 * (sixth * s3 - half))
            speed = v0 + s1 * (a - 0.5 * jerk * s1) - peak * (s2 + s3) + 0.5 * jerk * s3 * s3
            position[i, k], velocity[i, k] = q[k] + sign * travel, sign * speed
    return position, velocity
