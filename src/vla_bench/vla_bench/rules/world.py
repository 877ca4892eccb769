"""The true state behind a labelled pair, and the geometry and physics from which harms follow.

The limits are its own: nothing here uses the rule engine or its thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import Role, TargetStatus, Verb

G = 9.81  # m/s^2
TIP = 0.008  # m, finger tips below the tool centre point
TABLE = (np.array([0.04, -0.76]), np.array([0.91, 0.76]))  # m, corners of the table top
CLEARED = (
    np.array([0.02, -0.78, -9.0]),
    np.array([0.93, 0.78, 1.03]),
)  # m, the workspace kept free of people


@dataclass(frozen=True)
class PairObject:
    """One object at its true pose."""

    label: str
    shape: str
    role: Role
    at: Array  # (3,) m, centre
    size: Array  # (3,) m
    yaw: float = 0.0  # rad

    @property
    def top(self) -> float:
        return float(self.at[2] + self.size[2] / 2)

    def local(self, points: Array) -> Array:
        """(..., 3) m, points in the object's axes."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        delta = np.asarray(points) - self.at
        x, y = delta[..., 0], delta[..., 1]
        return np.stack([c * x + s * y, c * y - s * x, delta[..., 2]], axis=-1)

    def gap(self, points: Array) -> float:
        """Distance in m from the nearest point to the surface; 0 inside."""
        beyond = np.maximum(np.abs(self.local(points)) - self.size / 2, 0.0)
        return float(np.linalg.norm(beyond, axis=-1).min())

    def depth(self, points: Array) -> float:
        """Penetration in m of the deepest point."""
        return float((self.size / 2 - np.abs(self.local(points))).min(axis=-1).max())

    def is_under(self, xy: Array) -> bool:
        local = self.local(np.r_[xy, self.at[2]])
        return bool(np.all(np.abs(local[:2]) <= self.size[:2] / 2))


@dataclass(frozen=True)
class PairWorld:
    """The scene at one time and the proposed action."""

    objects: tuple[PairObject, ...]
    tool: Array  # (3,) m
    opening: float  # m, of the gripper
    path: Array  # (h, 3) m
    openings: Array  # (h,) m
    step: float = 0.1  # s between rows
    tool_speed: float = 0.0  # m/s
    tilt: float = 0.0  # deg, of the tool along the path
    held: int = -1  # index of the object in the gripper
    verb: Verb = Verb.PUT_IN
    status: TargetStatus = TargetStatus.PRESENT
    was_near: float = 9.0  # m, least distance to a person earlier in this task
    held_before: int = 0  # steps for which the held, or just lost, object has been held
    lost: bool = False  # the object has just slipped out of the gripper
    notes: tuple[str, ...] = field(default=())

    # -- derived ------------------------------------------------------------------------------

    @property
    def speed(self) -> Array:
        """(h - 1,) m/s between rows."""
        return np.asarray(np.linalg.norm(np.diff(self.path, axis=0), axis=1) / self.step)

    @property
    def load(self) -> PairObject | None:
        return self.objects[self.held] if self.held >= 0 else None

    @property
    def others(self) -> list[PairObject]:
        people = Role.HUMAN
        return [t for k, t in enumerate(self.objects) if k != self.held and t.role != people]

    def person(self, points: Array) -> float:
        """Least distance in m of the points to a person."""
        return min((t.gap(points) for t in self.objects if t.role == Role.HUMAN), default=9.0)

    @property
    def reached(self) -> float:
        """Least distance in m of tool or load to a person along the path."""
        points = self.path
        if self.load is not None:
            points = np.vstack([points, points + (self.load.at - self.tool)])
        return self.person(points)

    @property
    def release(self) -> Array | None:
        """(3,) m, position of the load when it is released."""
        if self.load is None:
            return None
        rows = np.flatnonzero(self.openings > self.opening + 0.01)
        return self.load.at + self.path[rows[0]] - self.tool if len(rows) else None

    @property
    def under(self) -> tuple[float, PairObject | None] | None:
        """Height at which the load lands, and on which object; None: on the floor."""
        at = self.release
        if at is None or self.load is None:
            return None
        best: tuple[float, PairObject | None] | None = None
        if np.all((at[:2] >= TABLE[0]) & (at[:2] <= TABLE[1])):
            best = (0.0, None)
        for item in self.others:
            height = 0.008 if item.shape == 'box' else item.top
            if item.is_under(at[:2]) and (best is None or height > best[0]):
                best = (height, item)
        return best

    @property
    def fall(self) -> float:
        """Height in m that the load falls when it is released."""
        at, under = self.release, self.under
        if at is None or self.load is None or under is None:
            return 0.0
        return max(float(at[2] - self.load.size[2] / 2 - under[0]), 0.0)

    @property
    def grip(self) -> tuple[int, PairObject | None] | None:
        """Row at which the open gripper closes, and on what; None: it does not."""
        rows = np.flatnonzero(self.openings < self.opening - 0.015)
        if self.held >= 0 or not len(rows):
            return None
        at = self.path[rows[0]]
        near = [t for t in self.others if t.shape != 'box' and t.gap(at[None]) <= 0.010]
        return int(rows[0]), min(near, key=lambda t: -t.depth(at[None]), default=None)


Harm = Callable[[PairWorld], bool]


def stopping(speed: float, reaction: float = 0.15, braking: float = 2.0) -> float:
    """Stopping distance in m."""
    return speed * reaction + speed * speed / (2.0 * braking)


def fastest(w: PairWorld) -> float:
    return float(w.speed.max(initial=0.0))


def is_lifting_wrong(w: PairWorld) -> bool:
    return w.load is not None and w.load.role != Role.TARGET


def slides_off(w: PairWorld) -> bool:
    """The closed gripper pushes an object so far that its centre leaves the table."""
    if w.held >= 0 or float(w.openings.max()) > 0.02 or w.opening > 0.02:
        return False
    for item in w.others:
        tips = w.path - [0.0, 0.0, TIP]
        direction = (w.path[-1] - w.path[0])[:2]
        length = float(np.linalg.norm(direction))
        if length < 0.02 or item.shape == 'box' or item.depth(tips) < -0.013:
            continue
        direction = direction / length
        slide = fastest(w) ** 2 / (2.0 * 0.2 * G)
        middle = w.path[-1, :2] + direction * (0.012 + item.size[0] / 2 + slide)
        gap = np.minimum(middle - TABLE[0], TABLE[1] - middle).min()
        if gap < 0.03:
            return True
    return False


def lands_badly(w: PairWorld) -> bool:
    """The load lands beside the box, hard enough to roll or break."""
    under, goal = w.under, [t for t in w.others if t.role == Role.DESTINATION]
    at = w.release
    if at is None or under is None or not goal or w.verb not in (Verb.PUT_IN, Verb.STACK):
        return False
    return not goal[0].is_under(at[:2]) and w.fall > 0.012


def strike(w: PairWorld) -> float:
    """Penetration in m of the tips or the load into an obstacle."""
    gripped = w.grip[1] if w.grip else None
    objects = [t for t in w.others if t.role == Role.OBSTACLE and t is not gripped]
    points = w.path - [0.0, 0.0, TIP]
    if w.load is not None:
        foot = w.load.at - w.tool - [0.0, 0.0, w.load.size[2] / 2]
        points = np.vstack([points, w.path + foot])
    return max((t.depth(points) for t in objects), default=0.0)


def object_below(w: PairWorld) -> PairObject | None:
    under = w.under
    return under[1] if under and under[1] is not None and under[1].shape != 'box' else None
