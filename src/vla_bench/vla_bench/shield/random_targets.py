"""Random targets beyond any policy's: walks, jumps, sines, NaN, goals in collision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig, load_robot
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

Stream = Iterator[tuple[Array, Array]]  # (n,) rad and (n,) rad/s, one per period
SPREAD = 2.0  # rad, around home, within the limits
NAN_CHANCE = 0.01  # per period, that a burst begins
COLLIDING_GOALS = 40  # configurations kept per kind


def random_targets(robot: RobotConfig, period: float, rng: np.random.Generator) -> Stream:
    """Endless targets; the kind changes every 1 to 3 s, and bursts of invalid values occur."""
    position = np.array(robot.home)
    while True:
        kind = KINDS[rng.integers(len(KINDS))]
        stream = kind(robot, period, position, rng)
        for _ in range(int(rng.uniform(1.0, 3.0) / period)):
            position, velocity = next(stream)
            if rng.random() < NAN_CHANCE:
                yield from _invalid(position, velocity, rng)
            yield position, velocity


def _invalid(position: Array, velocity: Array, rng: np.random.Generator) -> Stream:
    """A few targets with a value that is not finite or far too large."""
    bad = rng.choice([np.nan, np.inf, -np.inf, 1e300, 1e4])
    for _ in range(int(rng.integers(1, 10))):
        invalid = position.copy()
        invalid[rng.integers(len(invalid))] = bad
        yield invalid, velocity


def _anywhere(robot: RobotConfig, rng: np.random.Generator) -> Array:
    return robot.limits.clamp(robot.home + rng.uniform(-SPREAD, SPREAD, size=len(robot.home)))


def _jumps(robot: RobotConfig, period: float, start: Array, rng: np.random.Generator) -> Stream:
    """A new far goal at random moments."""
    goal = _anywhere(robot, rng)
    while True:
        if rng.random() < 0.01:
            goal = _anywhere(robot, rng)
        yield goal, np.zeros_like(goal)


def _walk(robot: RobotConfig, period: float, start: Array, rng: np.random.Generator) -> Stream:
    """A random walk of the velocity."""
    position, velocity = start.copy(), np.zeros_like(start)
    top = robot.limits.velocity
    while True:
        velocity = np.clip(
            velocity + rng.normal(size=len(start)) * 3.0 * np.sqrt(period), -top, top
        )
        position = position + velocity * period
        yield position, velocity


def _sines(robot: RobotConfig, period: float, start: Array, rng: np.random.Generator) -> Stream:
    """A sine per joint, some large, some fast."""
    size = rng.uniform(0.0, 1.2, size=len(start)) * rng.integers(0, 2, size=len(start))
    rate = rng.uniform(0.5, 6.0, size=len(start))
    time = 0.0
    while True:
        time += period
        yield start + size * np.sin(rate * time), size * rate * np.cos(rate * time)


def _colliding_goal(
    robot: RobotConfig, period: float, start: Array, rng: np.random.Generator
) -> Stream:
    """A straight joint path to a configuration in collision, slow or fast."""
    goals = colliding_goals(robot.name)
    goal = goals[rng.integers(len(goals))]
    speed = rng.uniform(0.2, 3.0)  # rad/s of the fastest joint
    step = (goal - start) / max(float(np.abs(goal - start).max()), 1e-6) * speed * period
    position = start.copy()
    while True:
        is_there = np.abs(goal - position).max() < np.abs(step).max()
        position = goal if is_there else position + step
        yield position, np.zeros_like(goal) if is_there else step / period


def _inconsistent(
    robot: RobotConfig, period: float, start: Array, rng: np.random.Generator
) -> Stream:
    """Positions and velocities that do not fit together."""
    while True:
        yield _anywhere(robot, rng), rng.normal(size=len(start)) * robot.limits.velocity


KINDS: tuple[Callable[..., Stream], ...] = (
    _jumps,
    _walk,
    _sines,
    _colliding_goal,
    _colliding_goal,
    _inconsistent,
)


@cache
def colliding_goals(name: str) -> Array:
    """(k, n) rad, in collision: equally many with the table, of an arm with itself, and of two
    arms with each other."""
    robot, rng = load_robot(name), np.random.default_rng(1)
    body = CollisionModel(ShieldParams(), robot)
    active = np.flatnonzero(body.is_active)
    is_table = body.second[active] == body.table
    is_between, is_still = body.is_between_arms[active], body.second[active] > body.table
    masks = {
        'arms': (is_between, 0.0),
        'self': (~(is_table | is_between | is_still), 0.0),
        'table': (is_table, -0.02),
    }
    found: dict[str, list[Array]] = {key: [] for key, (mask, _) in masks.items() if mask.any()}
    while any(len(goals) < COLLIDING_GOALS for goals in found.values()):
        q = _anywhere(robot, rng)
        distance = body.distances(q, active)
        for key in found:
            mask, depth = masks[key]
            if distance[mask].min() < depth:
                found[key].append(q)
                break
    kinds = ('table', 'self', 'arms')
    return np.array([q for key in kinds for q in found.get(key, [])[:COLLIDING_GOALS]])
