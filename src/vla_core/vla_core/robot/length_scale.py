"""The size of an arm, as the unit of length in which its singular values are judged."""

from __future__ import annotations

from typing import Any

import numpy as np

FULL_SIZE = 0.9  # m, of the links from the first joint to the tip; that of a 3 kg arm or more


def length_scale(model: Any, tip: int) -> float:
    """m, of the arm that carries the frame `tip`; at most 1."""
    frame = model.frames[tip]
    joint, length = frame.parentJoint, float(np.linalg.norm(frame.placement.translation))
    while model.parents[joint] > 0:  # the first joint's place is that of the base
        length += float(np.linalg.norm(model.jointPlacements[joint].translation))
        joint = model.parents[joint]
    return min(length / FULL_SIZE, 1.0)
