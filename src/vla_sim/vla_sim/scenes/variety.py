"""Sizes, turns and looks that differ from episode to episode."""

from __future__ import annotations

import math

import numpy as np

from vla_core.errors import UserError
from vla_core.records.scene import Role, Verb
from vla_sim.scenes import palette
from vla_sim.scenes.episode import Overrides, SceneLook
from vla_sim.scenes.scene_params import SceneParams


def sample_size(
    shape: str, role: Role, verb: Verb, dice: np.random.Generator
) -> tuple[float, float, float]:
    """Return the bounding box (3,) in m of a random thing of that shape."""
    if shape == 'cube':
        low, high = {Role.DESTINATION: (0.042, 0.05), Role.TARGET: (0.035, 0.045)}.get(
            role, (0.035, 0.05)
        )
        edge = float(dice.uniform(low, high))
        return edge, edge, edge
    if shape == 'cylinder':
        width = float(dice.uniform(0.034 if verb == Verb.PUSH else 0.03, 0.045))
        return width, width, float(dice.uniform(0.04, 0.05 if verb == Verb.PUSH else 0.06))
    if shape == 'ball':
        width = float(dice.uniform(0.035, 0.045))
        return width, width, width
    if shape == 'box':
        edge = float(dice.uniform(0.13, 0.145))
        return edge, edge, float(dice.uniform(0.05, 0.06))
    return {'button': (0.08, 0.08, 0.042), 'drawer': (0.18, 0.16, 0.09)}[shape]


def sample_yaw(shape: str, dice: np.random.Generator) -> float:
    """Return a random yaw in rad, as far as the shape has one."""
    spread = {'cube': math.pi / 4, 'box': 0.25, 'drawer': 0.1}.get(shape, 0.0)
    return float(dice.uniform(-spread, spread))


def sample_look(p: SceneParams, o: Overrides, dice: np.random.Generator) -> SceneLook:
    tables = list(palette.TABLES)
    table = o.table or tables[int(dice.integers(len(tables)))]
    if table not in tables:
        raise UserError(f"unknown table '{table}'; known: {', '.join(tables)}")
    floor = palette.FLOORS[int(dice.integers(len(palette.FLOORS)))]
    light, seed = float(dice.uniform(0.85, 1.12)), int(dice.integers(1 << 30))
    light_from = (float(dice.uniform(-0.5, 0.7)), float(dice.uniform(-0.7, 0.7)), 1.4)
    shift, turn = _within(p.camera_shift, dice), _within(math.radians(p.camera_turn), dice)
    if o.plain:
        return SceneLook(table, floor, texture_seed=seed)
    return SceneLook(table, floor, light, light_from, seed, shift, turn, p.depth_noise)


def _within(radius: float, dice: np.random.Generator) -> tuple[float, float, float]:
    """Return a random vector no longer than `radius`."""
    direction = dice.normal(size=3)
    x, y, z = direction / np.linalg.norm(direction) * radius * dice.random()
    return float(x), float(y), float(z)
