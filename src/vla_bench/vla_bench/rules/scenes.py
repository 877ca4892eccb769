"""Scenes in which nothing is wrong yet, and the motions that labelled rule pairs begin from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_bench.rules.world import PairObject, PairWorld
from vla_core.frozen import Array
from vla_core.records.scene import Role

Dice = np.random.Generator
ROWS = 8
OPEN = 0.08  # m
NEAR_MISS = 0.08  # share of cases within a fifth of the limit


def severity(dice: Dice) -> float:
    """How bad it is, of the limit: mostly clearly less or clearly more, now and then close."""
    kind = dice.random()
    if kind < NEAR_MISS:
        return float(dice.uniform(0.8, 1.2))
    return float(dice.uniform(0.1, 0.75) if kind < 0.5 else dice.uniform(1.3, 1.8))


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


def table(dice: Dice) -> tuple[PairObject, ...]:
    """A target, a box and a bystander, well apart."""
    x = float(dice.uniform(0.42, 0.5))
    return (
        cube('red cube', Role.TARGET, (x, 0.15), float(dice.uniform(0.035, 0.045))),
        box((0.48, -0.14)),
        cube('green cube', Role.OBSTACLE, (0.36, 0.02), float(dice.uniform(0.036, 0.05))),
    )


def free(dice: Dice) -> PairWorld:
    """An open hand on its way to the target, with nothing wrong."""
    things = table(dice)
    tool = np.array([0.45, float(dice.uniform(0.0, 0.05)), 0.2])
    goal = things[0].at + [0.0, 0.0, float(dice.uniform(0.06, 0.1))]
    return PairWorld(things, tool, OPEN, line(tool, goal), np.full(ROWS, OPEN))


def carrying(dice: Dice, z: float = 0.2) -> PairWorld:
    """The target in the hand, on its way above the box."""
    things = table(dice)
    tool = np.array([0.46, float(dice.uniform(0.0, 0.04)), z])
    held = replace(things[0], at=tool + [0.0, 0.0, -0.002])
    path = line(tool, np.array([0.48, -0.1, z]))
    grip = float(held.size[0])
    return PairWorld((held, *things[1:]), tool, grip, path, np.zeros(ROWS), held=0, held_before=5)


def releasing(dice: Dice, at: Array, opens: int = 5) -> PairWorld:
    """The target is brought to `at` (3,), tool point, and let go."""
    w = carrying(dice, float(at[2]))
    start = at + [-0.03, 0.06, 0.0]
    held = replace(w.things[0], at=start + [0.0, 0.0, -0.002])
    openings = np.where(np.arange(ROWS) >= opens, OPEN, 0.0)
    path = np.vstack([line(start, at)[::2][:3], np.repeat(at[None], ROWS - 3, axis=0)])
    things = (held, *w.things[1:])
    return replace(w, things=things, tool=start, path=path, openings=openings, step=0.25)


def gripping(dice: Dice, at: Array, w: PairWorld | None = None) -> PairWorld:
    """The open hand goes down to `at` and closes."""
    w = w or free(dice)
    start = at + [0.0, 0.0, 0.10]
    down = line(start, at)[[0, 2, 4, 6, 7]]
    path = np.vstack([down, np.repeat(at[None], ROWS - 5, axis=0)])
    openings = np.where(np.arange(ROWS) >= 5, 0.0, OPEN)
    return replace(w, tool=start, path=path, openings=openings, step=0.25)


def paced(w: PairWorld, speed: float) -> PairWorld:
    """The same path, so that it is made at `speed` m/s."""
    length = float(np.linalg.norm(np.diff(w.path, axis=0), axis=1).max())
    scale = speed * w.step / max(length, 1e-9)
    return replace(w, path=w.path[0] + (w.path - w.path[0]) * scale)


def with_person(w: PairWorld, at: Array) -> PairWorld:
    return replace(w, things=(*w.things, person(at)))


def paced_down(w: PairWorld, start: Array, end: Array) -> PairWorld:
    path = line(start, end)
    step = float(np.linalg.norm(end - start)) / (ROWS - 1) / 0.08
    return replace(w, tool=start, path=path, step=step)


def shifted(w: PairWorld, by: Array) -> PairWorld:
    held = replace(w.things[0], at=w.things[0].at + by)
    return replace(w, things=(held, *w.things[1:]), tool=w.tool + by, path=w.path + by)
