"""From target to the velocity asked for: exact where the limits allow, else smoothly towards
it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_core.frozen import Array
from vla_core.limits import JointLimits

Flags = NDArray[np.bool_]
APPROACH_GAIN = 10.0  # 1/s, of the error near the target
RESERVE = 0.5  # of acceleration and jerk, used for approaching; the rest corrects
DRIFT = 0.7  # times what jerk changes in two steps: a step that leaves more swings past the target


def approach_speed(error: Array, limits: JointLimits) -> Array:
    """Fastest speed (n,) rad/s from which a jerk-limited stop fits into |error| (n,) rad."""
    e = np.abs(error)
    accel, jerk = RESERVE * limits.acceleration, RESERVE * limits.jerk
    short = np.cbrt(e * e * jerk)
    half = accel / (2.0 * jerk)
    long = accel * (np.sqrt(half * half + 2.0 * e / accel) - half)
    speed = np.where(short * jerk > accel * accel, long, short)
    return np.minimum(speed, APPROACH_GAIN * e)


def chase(error: Array, feed: Array, limits: JointLimits) -> Array:
    """Velocity (n,) rad/s that closes `error` (n,) rad on a straight line while moving along
    with `feed`."""
    size = np.abs(error)
    ratio = approach_speed(error, limits) / np.where(size > 1e-12, size, 1.0)
    far = size > 1e-12
    gain = float(ratio[far].min()) if far.any() else 0.0
    return feed + gain * error


def soften(wanted: Array, now: tuple[Array, Array], limits: JointLimits, period: float) -> Array:
    """Next step velocity (n,) rad/s towards `wanted`, with acceleration back at zero on arrival.

    `now` is (step velocity, step acceleration), each (n,).
    """
    velocity, _ = now
    gap = wanted - velocity
    size = np.abs(gap)
    accel = np.minimum(np.sqrt(1.6 * limits.jerk * size), limits.acceleration)
    step: Array = np.sign(gap) * np.minimum(accel * period, size)
    return velocity + step


def is_exact(
    u: Array, motion: tuple[Array, Array], now: tuple[Array, Array], limits: JointLimits,
    period: float,
) -> Flags:  # fmt: skip
    """(n,) bool: may the target's position be met at the end of this step, and kept from there on?

    `motion` is (velocity, what the target gains in this step), `now` (step velocity, step
    acceleration), each (n,).
    """
    velocity, acceleration = now
    a = (u - velocity) / period
    slack = 1e-9 + 1e-9 * limits.acceleration / period
    is_reachable = (np.abs(a) <= limits.acceleration + slack) & (
        np.abs(a - acceleration) <= limits.jerk * period + slack
    )
    feed, bend = motion
    over = u + 0.5 * period * a - feed  # faster than the target by then
    drift = np.abs(
        over - np.minimum(np.maximum(over, np.minimum(bend, 0.0)), np.maximum(bend, 0.0))
    )
    room = DRIFT * limits.jerk * period * period + 0.5 * np.abs(acceleration) * period
    return is_reachable & (drift <= room)
