"""A post between start and goal, and demonstrations that pass it on either side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array

LEFT = 0.7  # share of the demonstrations that pass on the left
RADIUS = 0.03  # m, of the post
CLEARANCE = (0.02, 0.04)  # m, of a demonstration from the post
REACH = (0.25, 0.35)  # m, from start to goal
ROWS = 16  # of a chunk
FINE = 10  # points per row, of the path that is checked


@dataclass(frozen=True)
class Arrangements:
    """n scenes on a table, base frame."""

    start: Array  # (n, 2) m
    goal: Array  # (n, 2) m
    post: Array  # (n, 2) m

    def __len__(self) -> int:
        return len(self.start)

    @property
    def inputs(self) -> Array:
        """(n, 4) what a policy is given: goal and post as seen from the start, in 0.1 m."""
        return np.concatenate([self.goal - self.start, self.post - self.start], 1) / 0.1

    @property
    def across(self) -> Array:
        """(n, 2) unit vectors to the left of the straight way."""
        along = self.goal - self.start
        along = along / np.linalg.norm(along, axis=1, keepdims=True)
        return np.stack([-along[:, 1], along[:, 0]], 1)


def arrangements(count: int, random: np.random.Generator) -> Arrangements:
    """Random scenes; the post is in the middle of the straight way, up to 5 mm beside it."""
    start = random.uniform(-0.1, 0.1, (count, 2))
    angle = random.uniform(-np.pi, np.pi, count)
    along = np.stack([np.cos(angle), np.sin(angle)], 1)
    goal = start + random.uniform(*REACH, (count, 1)) * along
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    beside = random.uniform(-0.005, 0.005, (count, 1))
    return Arrangements(start, goal, 0.5 * (start + goal) + beside * across)


def demonstrations(scenes: Arrangements, random: np.random.Generator) -> Array:
    """(n, ROWS, 2) m from the start: paths that pass the post, LEFT of them on the left."""
    count = len(scenes)
    side = np.where(random.random(count) < LEFT, 1.0, -1.0)
    beside = ((scenes.post - 0.5 * (scenes.start + scenes.goal)) * scenes.across).sum(1)
    bow = side * (RADIUS + random.uniform(*CLEARANCE, count)) + beside
    t = np.linspace(0.0, 1.0, ROWS)
    straight = t[None, :, None] * (scenes.goal - scenes.start)[:, None]
    rows: Array = straight + np.sin(np.pi * t)[None, :, None] * (
        bow[:, None, None] * scenes.across[:, None]
    )
    return rows


def clearance(scenes: Arrangements, rows: Array) -> tuple[Array, Array]:
    """(n,) m, least distance of each path (n, ROWS, 2) from the post's middle, and on which side
    of the post it is then: positive on the left."""
    t = np.linspace(0.0, ROWS - 1.0, FINE * (ROWS - 1) + 1)
    low = np.minimum(t.astype(int), ROWS - 2)
    part = (t - low)[None, :, None]
    fine = (1.0 - part) * rows[:, low] + part * rows[:, low + 1]
    away = fine - (scenes.post - scenes.start)[:, None]
    distance = np.linalg.norm(away, axis=2)
    nearest = distance.argmin(1)
    at = np.arange(len(rows))
    return distance[at, nearest], (away[at, nearest] * scenes.across).sum(1)
