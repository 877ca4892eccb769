"""Targets that no sane policy sends: walks, jumps, swings, NaN, goals inside table or arm."""

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
BAD_GOALS = 40  # configurations kept per kind


def wild(robot: RobotConfig, period: float, rng: np.random.Generator) -> Stream:
    """Endless targets; the kind changes every 1 to 3 s, any of them is now and then broken."""
    position = np.array(robot.home)
    while True:
        kind = KINDS[rng.integers(len(KINDS))]
        stream = kind(robot, period, position, rng)
        for _ in range(int(rng.uniform(1.0, 3.0) / period)):
            position, velocity = next(stream)
            if rng.random() < NAN_CHANCE:
                yield from _broken(position, velocity, rng)
            yield position, velocity


def _broken(position: Array, velocity: Array, rng: np.random.Generator) -> Stream:
    """A few targets with a number that is none, or far too large."""
    bad = rng.choice([np.nan, np.inf, -np.inf, 1e300, 1e4])
    for _ in range(int(rng.integers(1, 10))):
        broken = position.copy()
        broken[rng.integers(len(broken))] = bad
        yield broken, velocity


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


def _swing(robot: RobotConfig, period: float, start: Array, rng: np.random.Generator) -> Stream:
    """Sines, large or fast, each joint its own."""
    size = rng.uniform(0.0, 1.2, size=len(start)) * rng.integers(0, 2, size=len(start))
    rate = rng.uniform(0.5, 6.0, size=len(start))
    time = 0.0
    while True:
        time += period
        yield start + size * np.sin(rate * time), size * rate * np.cos(rate * time)


def _bad_goal(robot: RobotConfig, period: float, start: Array, rng: np.random.Generator) -> Stream:
    """Straight at a configuration inside the table or inside the arm itself, slow or fast."""
    goals = bad_goals(robot.name)
    goal = goals[rng.integers(len(goals))]
    speed = rng.uniform(0.2, 3.0)  # rad/s of the fastest joint
    step = (goal - start) / max(float(np.abs(goal - start).max()), 1e-6) * speed * period
    position = start.copy()
    while True:
        is_there = np.abs(goal - position).max() < np.abs(step).max()
        position = goal if is_there else position + step
        yield position, np.zeros_like(goal) if is_there else step / period


def _gibberish(
    robot: RobotConfig, period: float, start: Array, rng: np.random.Generator
) -> Stream:
    """Positions and velocities that have nothing to do with each other."""
    while True:
        yield _anywhere(robot, rng), rng.normal(size=len(start)) * robot.limits.velocity


KINDS: tuple[Callable[..., Stream], ...] = (
    _jumps,
    _walk,
    _swing,
    _bad_goal,
    _bad_goal,
    _gibberish,
)


@cache
def bad_goals(name: str) -> Array:
    """(k, n) rad: half of them touch the table, half the arm itself."""
    robot, rng = load_robot(name), np.random.default_rng(1)
    body = CollisionModel(ShieldParams(), robot)
    active = np.flatnonzero(body.is_active)
    is_table = body.second[active] == body.table
    low: list[Array] = []
    folded: list[Array] = []
    while len(low) < BAD_GOALS or len(folded) < BAD_GOALS:
        q = _anywhere(robot, rng)
        distance = body.distances(q, active)
        if distance[~is_table].min() < 0.0:
            folded.append(q)
        elif distance[is_table].min() < -0.02:
            low.append(q)
    return np.array(low[:BAD_GOALS] + folded[:BAD_GOALS])
