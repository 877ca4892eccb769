"""The braking ramp in every command: per joint, the time-optimal stop within acceleration and
jerk limits."""

from __future__ import annotations

from copy import copy
from math import sqrt

import numpy as np

from vla_core.compiled import FLAGS, MATRIX, NUMBER, OUT_VECTOR, VECTOR, Flags, compiled
from vla_core.frozen import Array

TINY = 1e-300  # avoids a division by zero
ENDED = 1e-12  # s, a stop that lasts no longer has ended
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

    def keeping(self, is_kept: Flags, other: Ramp, elapsed: float) -> Ramp:
        """This ramp, with the joints of `is_kept` (n,) on what is left of `other` after `elapsed`
        s."""
        mixed = copy(self)
        mixed.q, mixed._spans, mixed.peak_velocity, mixed.duration = _mixed(
            is_kept, self.q, self._spans, self.peak_velocity, other.q, other._spans, elapsed
        )
        mixed.end = np.where(is_kept, other.end, self.end)
        return mixed


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


@compiled(VECTOR, NUMBER, OUT_VECTOR)
def _advance(span: Array, elapsed: float, rest: Array) -> float:
    """Write what is left of the spans of one joint after `elapsed` s into `rest`; return the
    travel until then, rad."""
    t1, t2, t3, v0, v1, v2 = span[0], span[1], span[2], span[3], span[4], span[5]
    a, peak, sign, jerk = span[6], span[7], span[8], span[9]
    half, sixth = 0.5 * peak, jerk / 6.0
    s1 = min(elapsed, t1)
    s2 = min(max(elapsed - t1, 0.0), t2)
    s3 = min(max(elapsed - t1 - t2, 0.0), t3)
    travel = s1 * (v0 + s1 * (0.5 * a - sixth * s1)) + s2 * (v1 - half * s2)
    travel += s3 * (v2 + s3 * (sixth * s3 - half))
    rest[:] = span
    rest[0], rest[1], rest[2] = t1 - s1, t2 - s2, t3 - s3
    if rest[0] + rest[1] + rest[2] <= ENDED:
        rest[:8] = 0.0
    elif rest[0] > 0.0:
        rest[3], rest[6] = v0 + s1 * (a - 0.5 * jerk * s1), a - jerk * s1
    elif rest[1] > 0.0:
        rest[3] = rest[4] = v1 - peak * s2
    else:
        rest[7] = peak - jerk * s3
        rest[3] = rest[4] = rest[5] = v2 - peak * s3 + 0.5 * jerk * s3 * s3
    travel = sign * travel
    return float(travel)


@compiled(FLAGS, VECTOR, MATRIX, VECTOR, VECTOR, MATRIX, NUMBER)
def _mixed(
    is_kept: Flags, q: Array, spans: Array, peaks: Array, old_q: Array, old: Array, elapsed: float
) -> tuple[Array, Array, Array, float]:
    """Start (n,), spans, peak velocities (n,) and duration: of the joints kept what is left of the
    spans `old` from `old_q` after `elapsed` s, of the others `spans` from `q`."""
    where, made, peak, duration = q.copy(), spans.copy(), peaks.copy(), 0.0
    for k in range(len(q)):
        if is_kept[k]:
            travel = _advance(old[k], elapsed, made[k])
            where[k] = old_q[k] + travel
            rest = made[k]
            rising = 0.0 if rest[0] <= 0.0 or rest[6] < 0.0 else rest[6]
            peak[k] = rest[8] * (rest[3] + 0.5 * rising * rising / rest[9])
        lasts = made[k, 0] + made[k, 1] + made[k, 2]
        duration = lasts if lasts > duration or lasts != lasts else duration
    return where, made, peak, duration
