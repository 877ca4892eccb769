"""Joint velocity that tracks the target: exact where the limits allow, else a smooth approach."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import NUMBER, VECTOR, Flags, compiled
from vla_core.frozen import Array

APPROACH_GAIN = 10.0  # 1/s, of the error near the target
RESERVE = 0.5  # of acceleration and jerk, used for the approach; the rest is for corrections
DRIFT_RATIO = 0.7  # of what jerk changes in two steps; with more, the step overshoots the target


@compiled(VECTOR, VECTOR, VECTOR)
def approach_speed(error: Array, accel: Array, jerk: Array) -> Array:
    """Fastest speed (n,) rad/s from which a jerk-limited stop fits into |error| (n,) rad."""
    e, accel, jerk = np.abs(error), RESERVE * accel, RESERVE * jerk
    short = np.cbrt(e * e * jerk)
    half = accel / (2.0 * jerk)
    long = accel * (np.sqrt(half * half + 2.0 * e / accel) - half)
    speed = np.where(short * jerk > accel * accel, long, short)
    return np.minimum(speed, APPROACH_GAIN * e)


@compiled(VECTOR, VECTOR, VECTOR, VECTOR)
def approach_velocity(error: Array, feed: Array, accel: Array, jerk: Array) -> Array:
    """Velocity (n,) rad/s that closes `error` (n,) rad on a straight line, added to the
    feed-forward velocity `feed`."""
    speed, size = approach_speed(error, accel, jerk), np.abs(error)
    far = size > 1e-12
    gain = np.min(speed[far] / size[far]) if far.any() else 0.0
    velocity: Array = feed + gain * error
    return velocity


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, NUMBER)
def smoothed(desired: Array, velocity: Array, accel: Array, jerk: Array, period: float) -> Array:
    """Next step velocity (n,) rad/s from `velocity` towards `desired`, such that acceleration is
    zero on arrival."""
    gap = desired - velocity
    size = np.abs(gap)
    step = np.minimum(np.minimum(np.sqrt(1.6 * jerk * size), accel) * period, size)
    next_: Array = velocity + np.sign(gap) * step
    return next_


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, NUMBER)
def is_exact(
    u: Array, feed: Array, feed_change: Array, velocity: Array, acceleration: Array, accel: Array,
    jerk: Array, period: float,
) -> Flags:  # fmt: skip
    """(n,) bool: can `u` reach the target's position at the end of this step and keep tracking it?

    `feed` is the target's velocity and `feed_change` its change in this step; `velocity` and
    `acceleration` are those of the previous step, `accel` and `jerk` the limits, each (n,).
    """
    a = (u - velocity) / period
    slack = 1e-9 + 1e-9 * accel / period
    is_reachable = (np.abs(a) <= accel + slack) & (
        np.abs(a - acceleration) <= jerk * period + slack
    )
    over = u + 0.5 * period * a - feed  # velocity beyond the target's at the end
    drift = np.abs(
        over
        - np.minimum(np.maximum(over, np.minimum(feed_change, 0.0)), np.maximum(feed_change, 0.0))
    )
    room = DRIFT_RATIO * jerk * period * period + 0.5 * np.abs(acceleration) * period
    return is_reachable & (drift <= room)
