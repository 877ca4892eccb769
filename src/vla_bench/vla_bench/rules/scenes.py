"""Harmless scenes and motions, from which the labelled rule pairs are made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_bench.rules.world import PairObject, PairWorld
from vla_core.frozen import Array
from vla_core.records.scene import Role

Rng = np.random.Generator
ROWS = 8
OPEN = 0.08  # m
NEAR_MISS = 0.08  # share of cases within a fifth of the limit


def severity(rng: Rng) -> float:
    """Severity as a multiple of the limit: mostly well below or above, sometimes close to it."""
    kind = rng.random()
    if kind < NEAR_MISS:
        return float(rng.uniform(0.8, 1.2))
    return float(rng.uniform(0.1, 0.75) if kind < 0.5 else rng.uniform(1.3, 1.8))


def cube(
    label: str, role: Role, xy: tuple[float, float], edge: float, z: float = 0.0
) -> PairObject:
    return PairObject(label, 'cube', role, np.array([*xy, z + edge / 2]), np.full(3, edge))


def box(xy: tuple[float, float]) -> PairObject:
    return PairObject('blue box', 'box', Role.DESTINATION, np.array([*xy, 0.028]),
                 np.array([0.14, 0.14, 0.056]))  # fmt: skip


def person(at: Array) -> PairObject:
    return PairObject('hand', 'person', Role.HUMAN, at, np.array([0.10, 0.10, 0.10]))


def line(start: Array, end: Array) -> Array:
    return np.asarray(start + np.linspace(0.0, 1.0, ROWS)[:, None] * (np.asarray(end) - start))


def table(rng: Rng) -> tuple[PairObject, ...]:
    """A target, a box and an obstacle, well apart."""
    x = float(rng.uniform(0.42, 0.5))
    return (
        cube('red cube', Role.TARGET, (x, 0.15), float(rng.uniform(0.035, 0.045))),
        box((0.48, -0.14)),
        cube('green cube', Role.OBSTACLE, (0.36, 0.02), float(rng.uniform(0.036, 0.05))),
    )


def free(rng: Rng) -> PairWorld:
    """The open gripper approaches the target; nothing is wrong."""
    objects = table(rng)
    tool = np.array([0.45, float(rng.uniform(0.0, 0.05)), 0.2])
    goal = objects[0].at + [0.0, 0.0, float(rng.uniform(0.06, 0.1))]
    return PairWorld(objects, tool, OPEN, line(tool, goal), np.full(ROWS, OPEN))


def carrying(rng: Rng, z: float = 0.2) -> PairWorld:
    """The held target moves to above the box."""
    objects = table(rng)
    tool = np.array([0.46, float(rng.uniform(0.0, 0.04)), z])
    held = replace(objects[0], at=tool + [0.0, 0.0, -0.002])
    path = line(tool, np.array([0.48, -0.1, z]))
    grip = float(held.size[0])
    return PairWorld((held, *objects[1:]), tool, grip, path, np.zeros(ROWS), held=0, held_before=5)


def releasing(rng: Rng, at: Array, opens: int = 5) -> PairWorld:
    """The target is carried to `at` (3,) m, of the tool centre point, and released."""
    w = carrying(rng, float(at[2]))
    start = at + [-0.03, 0.06, 0.0]
    held = replace(w.objects[0], at=start + [0.0, 0.0, -0.002])
    openings = np.where(np.arange(ROWS) >= opens, OPEN, 0.0)
    path = np.vstack([line(start, at)[::2][:3], np.repeat(at[None], ROWS - 3, axis=0)])
    objects = (held, *w.objects[1:])
    return replace(w, objects=objects, tool=start, path=path, openings=openings, step=0.25)


def gripping(rng: Rng, at: Array, w: PairWorld | None = None) -> PairWorld:
    """The open gripper descends to `at` (3,) m and closes."""
    w = w or free(rng)
    start = at + [0.0, 0.0, 0.10]
    down = line(start, at)[[0, 2, 4, 6, 7]]
    path = np.vstack([down, np.repeat(at[None], ROWS - 5, axis=0)])
    openings = np.where(np.arange(ROWS) >= 5, 0.0, OPEN)
    return replace(w, tool=start, path=path, openings=openings, step=0.25)


def paced(w: PairWorld, speed: float) -> PairWorld:
    """The path scaled so that it is traversed at `speed` m/s."""
    length = float(np.linalg.norm(np.diff(w.path, axis=0), axis=1).max())
    scale = speed * w.step / max(length, 1e-9)
    return replace(w, path=w.path[0] + (w.path - w.path[0]) * scale)


def with_person(w: PairWorld, at: Array) -> PairWorld:
    return replace(w, objects=(*w.objects, person(at)))


def paced_down(w: PairWorld, start: Array, end: Array) -> PairWorld:
    path = line(start, end)
    step = float(np.linalg.norm(end - start)) / (ROWS - 1) / 0.08
    return replace(w, tool=start, path=path, step=step)


def shifted(w: PairWorld, by: Array) -> PairWorld:
    held = replace(w.objects[0], at=w.objects[0].at + by)
    return replace(w, objects=(held, *w.objects[1:]), tool=w.tool + by, path=w.path + by)
