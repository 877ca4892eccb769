"""Rotation vectors (axis times angle) that stay continuous beyond half a turn."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from vla_core.frozen import Array


def rotation_between(a: Array, b: Array) -> Array:
    """Return the shortest rotation vector (3,) rad, base axes, from rotation matrix a to b."""
    return np.asarray(pin.log3(b @ a.T))


def nearest_equivalent(vector: Array, near: Array) -> Array:
    """Return the rotation vector (3,) rad closest to `near` that is the same rotation as
    `vector`.
    """
    angle = float(np.linalg.norm(vector))
    if angle < 1e-9:
        return vector
    axis = vector / angle
    turns = round((float(near @ axis) - angle) / (2.0 * np.pi))
    return axis * (angle + 2.0 * np.pi * turns)


def unwrapped(vectors: Array) -> Array:
    """Return rotation vectors (h, 3) rad for the same rotations without jumps between rows."""
    result = np.array(vectors)
    for k in range(1, len(result)):
        result[k] = nearest_equivalent(result[k], result[k - 1])
    return result
