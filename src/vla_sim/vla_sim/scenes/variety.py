"""Random sizes, yaws and appearance of an episode."""

from __future__ import annotations

import math

import numpy as np

from vla_core.errors import UserError
from vla_core.records.scene import Role, Verb
from vla_sim.scenes import palette
from vla_sim.scenes.episode import Overrides, SceneAppearance
from vla_sim.scenes.scene_params import SceneParams


def sample_size(
    shape: str, role: Role, verb: Verb, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Return the bounding box (3,) in m of a random object of that shape."""
    if shape == 'cube':
        low, high = {Role.DESTINATION: (0.042, 0.05), Role.TARGET: (0.035, 0.045)}.get(
            role, (0.035, 0.05)
        )
        edge = float(rng.uniform(low, high))
        return edge, edge, edge
    if shape == 'cylinder':
        width = float(rng.uniform(0.034 if verb == Verb.PUSH else 0.03, 0.045))
        return width, width, float(rng.uniform(0.04, 0.05 if verb == Verb.PUSH else 0.06))
    if shape == 'ball':
        width = float(rng.uniform(0.035, 0.045))
        return width, width, width
    if shape == 'box':
        edge = float(rng.uniform(0.13, 0.145))
        return edge, edge, float(rng.uniform(0.05, 0.06))
    return {'button': (0.08, 0.08, 0.042), 'drawer': (0.18, 0.16, 0.09)}[shape]


def sample_yaw(shape: str, rng: np.random.Generator) -> float:
    """Return a random yaw in rad; 0 for rotationally symmetric shapes."""
    spread = {'cube': math.pi / 4, 'box': 0.25, 'drawer': 0.1}.get(shape, 0.0)
    return float(rng.uniform(-spread, spread))


def sample_appearance(p: SceneParams, o: Overrides, rng: np.random.Generator) -> SceneAppearance:
    tables = list(palette.TABLES)
    table = o.table or tables[int(rng.integers(len(tables)))]
    if table not in tables:
        raise UserError(f"unknown table '{table}'; known: {', '.join(tables)}")
    floor = palette.FLOORS[int(rng.integers(len(palette.FLOORS)))]
    light, seed = float(rng.uniform(0.85, 1.12)), int(rng.integers(1 << 30))
    light_from = (float(rng.uniform(-0.5, 0.7)), float(rng.uniform(-0.7, 0.7)), 1.4)
    shift, turn = _within(p.camera_shift, rng), _within(math.radians(p.camera_turn), rng)
    if o.plain:
        return SceneAppearance(table, floor, texture_seed=seed)
    return SceneAppearance(table, floor, light, light_from, seed, shift, turn, p.depth_noise)


def _within(radius: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return a random vector no longer than `radius`."""
    direction = rng.normal(size=3)
    x, y, z = direction / np.linalg.norm(direction) * radius * rng.random()
    return float(x), float(y), float(z)
