"""Constraint check of a gripper that opens: its fingers move outwards beside the arm's motion."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import Indices
from vla_core.frozen import Array
from vla_shield.command.reference import Candidate
from vla_shield.constraints import clearances
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.distance_bounds import DistanceBounds

TOLERANCE = 1e-5  # m per cycle, of a pair that is already too near


class OpeningCheck:
    """Fingers against table, obstacles, arms and held objects. Perceived objects do not count: a
    release beside one must not be refused, and the gripper may push it aside."""

    def __init__(self, model: CollisionModel, bounds: DistanceBounds) -> None:
        self._model, self._bounds = model, bounds
        moved = (model.opening_rates > 0.0) & ~model.is_of_object[:, None]
        self._pairs: list[Indices] = [np.flatnonzero(column) for column in moved.T]

    def allows(
        self, gripper: int, width: float, certified: Candidate, offset: Array | None
    ) -> bool:
        """True when a gripper may open to `width` m along the stop of a certified state; the model
        then has it, and else its width from before."""
        model, before = self._model, float(self._model.widths[gripper])
        if width <= before:
            return True
        pairs = self._pairs[gripper]
        pairs = pairs[model.is_active[pairs]]
        present = self._near(pairs, certified, offset)
        model.set_width(width, gripper)
        near = np.union1d(present, self._near(pairs, certified, offset))
        is_clear = not len(near) or self._is_clear(
            gripper, (before, width), near, certified, offset
        )
        if not is_clear:
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
        model, before, path = self._model, [], certified.stop.path
        if offset is not None:
            path = np.concatenate((path, path + offset))
        for width in widths:
            model.set_width(width, gripper)
            before.append(np.array([model.distances(q, pairs) for q in path]))
        present, opened = before
        least = np.minimum(model.required[pairs], present - TOLERANCE)
        return bool(np.all(opened >= least))
