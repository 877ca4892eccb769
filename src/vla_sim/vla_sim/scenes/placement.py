"""Where things may stand: no overlap, room for the fingers, within reach. Pure geometry."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from vla_core.errors import UserError
from vla_core.records.scene import Role
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.scene_params import SceneParams

TRIES = 60  # positions tried for one thing before it is given up
DRAWER_REACH = 0.24  # m, from the middle of the housing forward to the handle when open

Disc = tuple[float, float, float]  # x m, y m, radius m, base_link


@dataclass(frozen=True)
class PlacementRequest:
    """One thing to place: where it must be, and the sides it must be free to move to."""

    thing: SceneObject
    at: tuple[float, float] | None = None  # m, base_link; None: anywhere in the area
    corridor: tuple[float, float] = (0.0, 0.0)  # m, it will be moved by this much
    may_be_dropped: bool = False


class NoRoomError(UserError):
    """What must be there does not fit."""


def discs(thing: SceneObject) -> list[Disc]:
    """Return discs that cover the thing's footprint; of a drawer also of its way out."""
    x, y, _ = thing.position
    if thing.shape != 'drawer':
        diagonal = 2.0 if thing.shape in ('cube', 'box') else 1.0
        return [(x, y, 0.5 * thing.size[0] * float(np.sqrt(diagonal)))]
    c, s = np.cos(thing.yaw), np.sin(thing.yaw)
    radius = 0.5 * thing.size[1] * 1.1
    return [(x + c * d, y + s * d, radius) for d in (0.05, -0.03, -0.11, -0.19, -DRAWER_REACH)]


def clearance(a: list[Disc], b: list[Disc]) -> float:
    """Return the smallest distance in m between the discs of a and those of b."""
    p, q = np.array(a), np.array(b)
    centres = np.linalg.norm(p[:, None, :2] - q[None, :, :2], axis=-1)
    return float(np.min(centres - p[:, None, 2] - q[None, :, 2]))


def place(
    wishes: list[PlacementRequest], p: SceneParams, dice: np.random.Generator
) -> list[SceneObject]:
    """Return the things with positions, in the order of the wishes; raise NoRoomError."""
    for _ in range(40):
        placed = _attempt(wishes, p, dice)
        if placed is not None:
            return placed
    raise NoRoomError(f'no room for {[w.thing.label for w in wishes if not w.may_be_dropped]}')


def _attempt(
    wishes: list[PlacementRequest], p: SceneParams, dice: np.random.Generator
) -> list[SceneObject] | None:
    taken: list[tuple[list[Disc], bool]] = []
    placed: list[SceneObject] = []
    for wish in wishes:
        found = _find(wish, taken, p, dice)
        if found is None:
            if wish.may_be_dropped:
                continue
            return None
        thing, area = found
        taken.append((area, thing.role != Role.OTHER))
        placed.append(thing)
    return placed


def _find(
    wish: PlacementRequest,
    taken: list[tuple[list[Disc], bool]],
    p: SceneParams,
    dice: np.random.Generator,
) -> tuple[SceneObject, list[Disc]] | None:
    important = wish.thing.role != Role.OTHER
    for _ in range(TRIES if wish.at is None else 1):
        thing = _moved(wish, p, dice)
        here = discs(thing)
        dx, dy = wish.corridor
        area = here + [
            (x + k * dx, y + k * dy, r)
            for x, y, r in here
            for k in (0.5, 1.0)
            if wish.corridor != (0, 0)
        ]
        gaps = [
            clearance(area, other) - (p.gap if important or named else p.gap_other)
            for other, named in taken
        ]
        if min(gaps, default=0.0) >= 0.0:
            return thing, area
    return None


def _moved(wish: PlacementRequest, p: SceneParams, dice: np.random.Generator) -> SceneObject:
    thing, (dx, dy) = wish.thing, wish.corridor
    if wish.at is not None:
        x, y = wish.at
    elif thing.shape == 'drawer':
        x, y = (
            float(dice.uniform(0.60, 0.64)),
            float(dice.choice([-1.0, 1.0]) * dice.uniform(0.14, 0.22)),
        )
    else:
        margin = 0.04 if thing.shape == 'box' else 0.0
        x = float(
            dice.uniform(p.area_x[0] + max(-dx, 0) + margin, p.area_x[1] - max(dx, 0) - margin)
        )
        y = float(
            dice.uniform(p.area_y[0] + max(-dy, 0) + margin, p.area_y[1] - max(dy, 0) - margin)
        )
    return dataclasses.replace(thing, position=np.array([x, y, 0.5 * thing.size[2]]))
