"""The size of an arm: its reach, and the unit of length of its singular values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vla_core.errors import UserError
from vla_core.frozen import Array

FULL_SIZE = 0.9  # m, of the links from the first joint to the tip; that of a 3 kg arm or more
FARTHEST = 10.0  # m, from the origin of base_frame to a place in the cell


def length_scale(model: Any, tip: int) -> float:
    """m, of the arm that carries the frame `tip`; at most 1. UserError when no joint moves it."""
    length = _links(model, tip)[0]
    if not length > 0.0:
        name = model.frames[tip].name
        raise UserError(f'no joint moves tip_frame {name!r}: name a link at the end of the arm')
    return min(length / FULL_SIZE, 1.0)


def reach(model: Any, tip: int) -> tuple[float, Array]:
    """m, length of the stretched arm that carries the frame `tip`, with the travel of its
    prismatic joints; (3,) m, the place of its first joint."""
    length, chain = _links(model, tip)
    for joint in chain:
        if model.joints[joint].shortname().startswith('JointModelP'):  # PX to PZ, Prismatic
            k = model.joints[joint].idx_q
            limits = (model.lowerPositionLimit[k], model.upperPositionLimit[k])
            length += float(np.abs(limits).max())
    return length, np.array(model.jointPlacements[chain[-1]].translation)


def _links(model: Any, tip: int) -> tuple[float, list[int]]:
    """m, of the links from the first joint to the frame `tip`; the joints, the last first."""
    frame = model.frames[tip]
    chain, length = [int(frame.parentJoint)], float(np.linalg.norm(frame.placement.translation))
    while model.parents[chain[-1]] > 0:  # the first joint's place is that of the base
        length += float(np.linalg.norm(model.jointPlacements[chain[-1]].translation))
        chain.append(int(model.parents[chain[-1]]))
    return length, chain


def check_near(what: str, point: Sequence[float]) -> None:
    """ValueError when a point is too far from the origin: it is likely in cm or mm."""
    far = max(map(abs, point), default=0.0)
    if far > FARTHEST:
        unit, count = ('cm', 100.0) if far < 200.0 else ('mm', 1000.0)
        given = ', '.join(f'{value:g}' for value in point)
        meant = ', '.join(f'{value / count:g}' for value in point)
        raise ValueError(
            f'{what} [{given}] m, must be within {FARTHEST:g} m; did you mean {unit}? In m that '
            f'is [{meant}]'
        )
