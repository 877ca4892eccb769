"""Poses near the present one that show a camera the robot from several sides."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel
from vla_shield.params import ShieldParams

COUNT = 5
SPREAD = 0.4  # rad, of each joint from the present position
CANDIDATES = 300
LIMIT = 0.2  # rad, from the limits of joints
LOWEST = 0.08  # m, of the tip and of the moved links above the work surface
APART = 0.03  # m, between links that may collide


def poses(robot: RobotConfig, q: Array) -> list[Array]:
    """Up to COUNT positions (n,) rad, each far from the others; the first is q itself."""
    model, rng = RobotModel(robot), np.random.default_rng(0)
    shapes_data = model.collision_model.createData()
    params, limits = ShieldParams(), robot.limits
    found = [np.asarray(q)]
    tips = [model.fk(q)[:3, 3]]
    free = []
    for _ in range(CANDIDATES):
        candidate = np.clip(
            q + rng.uniform(-SPREAD, SPREAD, len(q)), limits.lower + LIMIT, limits.upper - LIMIT
        )
        tip = model.fk(candidate)[:3, 3]
        low = np.array(params.workspace_lower) + 0.05
        inside = np.all((tip > low) & (tip < np.array(params.workspace_upper) - 0.05))
        if inside and tip[2] > LOWEST and _is_free(model, shapes_data, candidate):
            free.append((candidate, tip))
    while free and len(found) < COUNT:
        gaps = [min(float(np.linalg.norm(tip - other)) for other in tips) for _, tip in free]
        candidate, tip = free.pop(int(np.argmax(gaps)))
        found.append(candidate)
        tips.append(tip)
    return found


def _is_free(model: RobotModel, data: pin.GeometryData, q: Array) -> bool:
    """True when no checked pair of links is near another."""
    pin.computeDistances(model.pin_model, model.pin_data, model.collision_model, data, q)
    return all(result.min_distance > APART for result in data.distanceResults)
