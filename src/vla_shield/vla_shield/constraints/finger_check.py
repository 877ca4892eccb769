"""Constraint check of a gripper that opens or closes: its fingers move beside the arm's motion."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import Indices
from vla_core.frozen import Array
from vla_shield.command.reference import Candidate
from vla_shield.constraints import clearances
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.distance_bounds import DistanceBounds

TOLERANCE = 1e-5  # m per cycle, of a pair that is already too near
STRIDE = 0.005  # m of opening between the checks of a large change


class FingerCheck:
    """Opening fingers against table, obstacles, arms and held objects; closing fingers against
    static obstacles and other arms: the table and what is between the fingers are what a grasp
    closes on. Perceived objects do not count: a release beside one must not be refused, and the
    gripper may push it aside."""

    def __init__(self, model: CollisionModel, bounds: DistanceBounds) -> None:
        self._model, self._bounds = model, bounds
        moved = (model.opening_rates > 0.0) & ~model.is_of_object[:, None]
        fixed = moved & (model.is_of_obstacle | model.is_between_arms)[:, None]
        self._opening: list[Indices] = [np.flatnonzero(column) for column in moved.T]
        self._closing: list[Indices] = [np.flatnonzero(column) for column in fixed.T]

    def allows(
        self, gripper: int, width: float, certified: Candidate, offset: Array | None
    ) -> bool:
        """True when a gripper may go to `width` m along the stop of a certified state. A wider one
        is the model's from then on; a narrower one is when the fingers are there."""
        model, before = self._model, float(self._model.widths[gripper])
        if width == before:
            return True
        is_wider = width > before
        pairs = (self._opening if is_wider else self._closing)[gripper]
        pairs = pairs[model.is_active[pairs]]
        present = self._near(pairs, certified, offset)
        model.set_width(width, gripper)
        near = np.union1d(present, self._near(pairs, certified, offset))
        is_clear = not len(near) or self._is_clear(
            gripper, (before, width), near, certified, offset
        )
        if not (is_clear and is_wider):
            model.set_width(before, gripper)
        return is_clear

    def _near(self, pairs: Indices, certified: Candidate, offset: Array | None) -> Indices:
        """Those of the pairs that may come below their clearance at the model's width."""
        model, path = self._model, certified.stop.path
        travel = np.abs(np.diff(path, axis=0, prepend=certified.position[None])).sum(axis=0)
        bounds = self._bounds.lower(certified.position, offset)[pairs]
        slack = bounds - model.required[pairs]
        return pairs[clearances.closing_pairs(pairs, slack, model.lever_arms, travel, 0.0)]

    def _is_clear(
        self, gripper: int, widths: tuple[float, float], pairs: Indices, certified: Candidate,
        offset: Array | None,
    ) -> bool:  # fmt: skip
        """True when no pair is nearer than its clearance, or than at the present width."""
        model, path = self._model, certified.stop.path
        if offset is not None:
            path = np.concatenate((path, path + offset))
        count = 2 + int(abs(widths[1] - widths[0]) / STRIDE)
        found = []
        for width in np.linspace(*widths, count):
            model.set_width(float(width), gripper)
            found.append(np.array([model.distances(q, pairs) for q in path]))
        least = np.minimum(model.required[pairs], found[0] - TOLERANCE)
        return bool(np.all(np.array(found[1:]) >= least))
