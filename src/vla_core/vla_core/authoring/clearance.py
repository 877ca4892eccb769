"""Distances of a robot to itself and to the table, and the pairs of links that need no check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import coal
import numpy as np
import pinocchio as pin

from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel, link_of
from vla_core.robot.obstacle import ObstacleConfig

SAMPLES = 4000  # random configurations
ALWAYS = 0.5  # share of them in which a pair of neighbours is nearer than TOUCHING
TOUCHING = 0.012  # m, just above the clearance that the shield keeps between links
NEVER = 0.003  # m, a pair that never comes nearer than this needs no check
DESCENTS, STEPS = 3, 60  # of the search for the nearest approach of a pair
TABLE = coal.Halfspace(np.array([0.0, 0.0, 1.0]), 0.0)


@dataclass(frozen=True)
class PairReport:
    """Why two links are not checked against each other, or how near they come."""

    first: str
    second: str
    reason: str  # adjacent, always, never, or '': checked
    nearest: float  # m, over the samples
    share: float  # of the samples in which they collide


def obstacle_shape(obstacle: ObstacleConfig) -> Any:
    """The coal shape of a static obstacle, in its own frame."""
    if obstacle.shape == 'plane':
        return coal.Halfspace(np.array([0.0, 0.0, 1.0]), 0.0)
    if obstacle.shape == 'cylinder':
        diameter, height = obstacle.size
        return coal.Cylinder(diameter / 2.0, height)
    return coal.Box(*obstacle.size)


class Clearance:
    """Distances at a configuration."""

    def __init__(self, config: RobotConfig) -> None:
        self.config = config
        self.model = RobotModel(config)
        self.shapes = self.model.collision_model
        self._data = self.shapes.createData()
        items = self.shapes.geometryObjects
        self.links = [link_of(self.model.pin_model, item) for item in items]
        self.pairs = [(pair.first, pair.second) for pair in self.shapes.collisionPairs]
        self._above_table = [k for k, item in enumerate(items) if item.parentJoint > 1]

    def distances(self, q: Array) -> Array:
        """(p,) m, of all pairs; negative: they collide."""
        self._place(q)
        return np.array(
            [
                pin.computeDistance(self.shapes, self._data, k).min_distance
                for k in range(len(self.pairs))
            ]
        )

    def distance(self, q: Array, pair: int) -> float:
        """m, of one pair."""
        self._place(q)
        return float(pin.computeDistance(self.shapes, self._data, pair).min_distance)

    def of_table(self, q: Array) -> tuple[float, str]:
        """m, least distance to the table of what moves from the second joint on; its link."""
        self._place(q)
        request, origin = coal.DistanceRequest(), coal.Transform3s()
        best = (np.inf, '')
        for k in self._above_table:
            placed = self._data.oMg[k]
            there = coal.Transform3s(placed.rotation, placed.translation)
            shape = self.shapes.geometryObjects[k].geometry
            result = coal.DistanceResult()
            distance = float(coal.distance(shape, there, TABLE, origin, request, result))
            if distance < best[0]:
                best = (distance, self.links[k])
        return best

    def of_obstacles(self, q: Array) -> tuple[float, str]:
        """m, least distance of what moves to the static obstacles; the link and the obstacle."""
        self._place(q)
        request, best = coal.DistanceRequest(), (np.inf, '')
        for obstacle in self.config.obstacles:
            pose = obstacle.base_from_obstacle
            at = coal.Transform3s(pose[:3, :3], pose[:3, 3])
            other = obstacle_shape(obstacle)
            for k, item in enumerate(self.shapes.geometryObjects):
                placed = self._data.oMg[k]
                there = coal.Transform3s(placed.rotation, placed.translation)
                if item.parentJoint > 0:
                    result = coal.DistanceResult()
                    distance = coal.distance(item.geometry, there, other, at, request, result)
                    if distance < best[0]:
                        best = (float(distance), f'{self.links[k]} and {obstacle.name}')
        return best

    def of_self(self, q: Array) -> tuple[float, str]:
        """m, least distance of the checked pairs; the two links."""
        distances = self.distances(q)
        if not len(distances):
            return np.inf, ''
        k = int(np.argmin(distances))
        a, b = self.pairs[k]
        return float(distances[k]), f'{self.links[a]} and {self.links[b]}'

    def _place(self, q: Array) -> None:
        pin.updateGeometryPlacements(
            self.model.pin_model, self.model.pin_data, self.shapes, self._data, q
        )


def pair_reports(config: RobotConfig, seed: int = 0) -> tuple[PairReport, ...]:
    """Every pair of links with its reason; `disabled_pairs` of the file are ignored."""
    clearance = Clearance(replace(config, disabled_pairs=()))
    limits, rng = clearance.model.limits, np.random.default_rng(seed)
    q = rng.uniform(limits.lower, limits.upper, (SAMPLES, clearance.model.n))
    distances = np.array([clearance.distances(row) for row in q])  # (s, p)
    adjacent = _adjacent(clearance)
    found: dict[frozenset[str], list[tuple[int, int]]] = {}
    for k, (a, b) in enumerate(clearance.pairs):
        found.setdefault(frozenset((clearance.links[a], clearance.links[b])), []).append((k, a))
    reports = []
    for names, members in found.items():
        columns = distances[:, [k for k, _ in members]]
        nearest = columns.min(axis=1)
        share, touching = float((nearest <= 0.0).mean()), float((nearest < TOUCHING).mean())
        first, second = sorted(names, key=clearance.links.index)
        least = float(nearest.min())
        reason = 'adjacent' if names in adjacent else 'always' if touching >= ALWAYS else ''
        if not reason and least > NEVER:
            starts = q[np.argsort(nearest)[:DESCENTS]]
            least = min(_descend(clearance, row, [k for k, _ in members], rng) for row in starts)
            reason = 'never' if least > NEVER else ''
        reports.append(PairReport(first, second, reason, least, share))
    return tuple(reports)


def _adjacent(clearance: Clearance) -> set[frozenset[str]]:
    """Pairs of links on the two sides of one joint."""
    model, items = clearance.model.pin_model, clearance.shapes.geometryObjects
    found = set()
    for a, b in clearance.pairs:
        first, second = sorted((items[a].parentJoint, items[b].parentJoint))
        if model.parents[second] == first:
            found.add(frozenset((clearance.links[a], clearance.links[b])))
    return found


def _descend(clearance: Clearance, q: Array, pairs: list[int], rng: np.random.Generator) -> float:
    """m, least distance found by random steps from `q`."""
    limits = clearance.model.limits
    best, width = min(clearance.distance(q, k) for k in pairs), 0.4
    for _ in range(STEPS):
        step = np.clip(q + rng.normal(scale=width, size=len(q)), limits.lower, limits.upper)
        distance = min(clearance.distance(step, k) for k in pairs)
        if distance < best:
            q, best = step, distance
        else:
            width = max(0.93 * width, 0.02)
    return best
