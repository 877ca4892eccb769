"""Placement of objects: no overlap, room for the fingers, within reach. Pure geometry."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from vla_core.errors import UserError
from vla_core.records.scene import Role
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.scene_params import SceneParams

TRIES = 60  # positions tried per object
DRAWER_REACH = 0.24  # m, from the centre of the housing forward to the handle when open

Disc = tuple[float, float, float]  # x m, y m, radius m, base frame


@dataclass(frozen=True)
class PlacementRequest:
    """One object to place: its position, and the free corridor that it needs."""

    obj: SceneObject
    at: tuple[float, float] | None = None  # m, base frame; None: anywhere in the area
    corridor: tuple[float, float] = (0.0, 0.0)  # m, displacement that must stay free
    may_be_dropped: bool = False


class NoRoomError(UserError):
    """A required object does not fit."""


def discs(obj: SceneObject) -> list[Disc]:
    """Return discs that cover the object's footprint, and for a drawer its travel."""
    x, y, _ = obj.position
    if obj.shape != 'drawer':
        diagonal = 2.0 if obj.shape in ('cube', 'box') else 1.0
        return [(x, y, 0.5 * obj.size[0] * float(np.sqrt(diagonal)))]
    c, s = np.cos(obj.yaw), np.sin(obj.yaw)
    radius = 0.5 * obj.size[1] * 1.1
    return [(x + c * d, y + s * d, radius) for d in (0.05, -0.03, -0.11, -0.19, -DRAWER_REACH)]


def clearance(a: list[Disc], b: list[Disc]) -> float:
    """Return the smallest distance in m between the discs of a and those of b."""
    p, q = np.array(a), np.array(b)
    centres = np.linalg.norm(p[:, None, :2] - q[None, :, :2], axis=-1)
    return float(np.min(centres - p[:, None, 2] - q[None, :, 2]))


def place(
    requests: list[PlacementRequest], p: SceneParams, rng: np.random.Generator
) -> list[SceneObject]:
    """Return the objects with positions, in the order of the requests; raise NoRoomError."""
    for _ in range(40):
        placed = _attempt(requests, p, rng)
        if placed is not None:
            return placed
    raise NoRoomError(f'no room for {[w.obj.label for w in requests if not w.may_be_dropped]}')


def _attempt(
    requests: list[PlacementRequest], p: SceneParams, rng: np.random.Generator
) -> list[SceneObject] | None:
    taken: list[tuple[list[Disc], bool]] = []
    placed: list[SceneObject] = []
    for request in requests:
        found = _find(request, taken, p, rng)
        if found is None:
            if request.may_be_dropped:
                continue
            return None
        obj, area = found
        taken.append((area, obj.role != Role.OTHER))
        placed.append(obj)
    return placed


def _find(
    request: PlacementRequest,
    taken: list[tuple[list[Disc], bool]],
    p: SceneParams,
    rng: np.random.Generator,
) -> tuple[SceneObject, list[Disc]] | None:
    important = request.obj.role != Role.OTHER
    for _ in range(TRIES if request.at is None else 1):
        obj = _moved(request, p, rng)
        here = discs(obj)
        dx, dy = request.corridor
        area = here + [
            (x + k * dx, y + k * dy, r)
            for x, y, r in here
            for k in (0.5, 1.0)
            if request.corridor != (0, 0)
        ]
        gaps = [
            clearance(area, other) - (p.gap if important or named else p.gap_other)
            for other, named in taken
        ]
        if min(gaps, default=0.0) >= 0.0:
            return obj, area
    return None


def _moved(request: PlacementRequest, p: SceneParams, rng: np.random.Generator) -> SceneObject:
    obj, (dx, dy) = request.obj, request.corridor
    if request.at is not None:
        x, y = request.at
    elif obj.shape == 'drawer':
        x, y = (
            float(rng.uniform(0.60, 0.64)),
            float(rng.choice([-1.0, 1.0]) * min(rng.uniform(0.14, 0.22), p.area_y[1])),
        )
    else:
        margin = 0.04 if obj.shape == 'box' else 0.0
        x = _within(p.area_x, dx, margin, rng)
        y = _within(p.area_y, dy, margin, rng)
    return dataclasses.replace(obj, position=np.array([x, y, 0.5 * obj.size[2]]))


def _within(
    area: tuple[float, float], corridor: float, margin: float, rng: np.random.Generator
) -> float:
    """m, a place in the area with a free corridor on one side; raise NoRoomError."""
    low, high = area[0] + max(-corridor, 0) + margin, area[1] - max(corridor, 0) - margin
    if not low <= high:
        raise NoRoomError(f'no room in an area of {area[1] - area[0]:.2f} m')
    return float(rng.uniform(low, high))
