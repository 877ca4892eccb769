"""Is a next state allowed, with its whole stop? Speeds of points, workspace and clearances,
checked exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.compiled import Indices
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_shield.command.reference import Candidate
from vla_shield.constraints import clearances
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.distance_bounds import DistanceBounds
from vla_shield.monitoring.tracking_offset import TrackingOffset
from vla_shield.params import ShieldParams

SPACING = 0.005  # m, furthest two shapes move to each other between two checks along a stop
MOST_CHECKS = 40  # along one stop
TOLERANCE = 1e-6  # m or rad, of what is already violated and must not get worse
BUFFER = 2e-4  # m, steered for above what must be kept: curvature then costs no proof
PLAY = 2e-5  # m, the same where the arm is found to be: of each cycle
TURN = 0.25  # m/rad, what turning the tool counts against moving it
ANY = 0.01  # m^2/rad^2, what moving a joint counts by itself


@dataclass(frozen=True)
class Violation:
    """What a candidate violates; `rule` is empty when nothing."""

    rule: str = ''
    margin: float = 0.0  # m or m/s, negative by how much


@dataclass(frozen=True)
class LinearConstraints:
    """Half-spaces of the next step velocity: normals @ u >= floor."""

    normals: Array  # (m, n) m/rad
    floor: Array  # (m,) m/s
    names: tuple[str, ...]


ALL: Indices = np.zeros(0, np.intp)  # every pair there is
UNCONSTRAINED = LinearConstraints(np.zeros((0, 0)), np.zeros(0), ())


class ConstraintChecker:
    """Knows the present certified state of a cycle and judges candidates that start from it."""

    def __init__(self, params: ShieldParams, robot: RobotConfig, body: CollisionModel) -> None:
        self._params = params
        self._limits = robot.limits
        self._tip_speed = min(params.tcp_speed, robot.tcp_speed)
        self._allowed: Array = np.full(len(body.least), np.inf)  # (p,) m, of pairs too near
        self._body = body
        self._known = DistanceBounds(body)
        self._box = np.array([params.workspace_lower, params.workspace_upper])
        self.joint_range: tuple[Array, Array] = (robot.limits.lower, robot.limits.upper)  # rad
        self.scale = 1.0  # [0, 1], of all speeds
        self.sag = TrackingOffset(params)
        self._off: Array | None = None  # (n,) rad, of the arm from its command
        self.points: Array = np.zeros((1, 3, body.n))  # (k, 3, n) m/rad, of the last cycle
        self.closest, self.slack, self.separation = '', 0.0, 0.0  # of the last cycle; m

    def follow(self, q: Array, told: Array) -> None:
        """The arm, told to be at `told`, is at `q` (n,) rad: off, it must be clear there too."""
        self._off = self.sag.see(q, told)

    def on_world(self, q: Array) -> None:
        """The world has changed: measure all distances, at `q` (n,) rad, where the arm is."""
        self._known.measure(q)
        self._allowed[self._body.second > self._body.table] = np.inf

    def on_fingers(self) -> None:
        """The fingers have moved: what was too near to them is not let off any more."""
        self._allowed[self._body.second > self._body.table] = np.inf

    def look(self, q: Array, reach: Array) -> None:
        """Prepare a cycle at `q`; each joint may move `reach` (n,) rad in it, stop included."""
        body = self._body
        bound = self._known.bound(q, self._off)
        near = clearances.in_reach(bound, body.least, body.reach, reach, body.is_active)
        self.near = near
        self.q, self._reach = q, reach
        self.columns = body.columns_at(q)
        self.points = body.watched_points(self.columns)  # (k, 3, n)
        self.tip = body.tip_there()
        self.there = self._there(q, near)  # (m,) m, with the arm where it is found to be
        self.here = body.distances(q, near)  # (m,) m, and where it is told to be
        self._known.note(near, self.here, q)
        self.nearest = np.minimum(self.here, self.there)
        self.least = clearances.eased(near, self.here, body.least, self._allowed)
        self.least_there = np.minimum(body.least[near], self.there - PLAY)
        self.closest, self.slack = self._tightest(bound)

    def _there(self, q: Array, pairs: Indices) -> Array:
        """(len(pairs),) m, with the arm as far off `q` as it is; infinite when it is not."""
        if self._off is None:
            return np.full(len(pairs), np.inf)
        return self._body.distances(q + self._off, pairs)

    def _tightest(self, bound: Array) -> tuple[str, float]:
        """Name and slack (m) of the pair nearest to its limit."""
        body = self._body
        if len(self.near):
            near, distances = self.near, self.nearest
        else:
            near, distances = ALL, bound
        pair, slack, self.separation = clearances.tightest(near, distances, body.least)
        return body.names[pair], slack

    def speed_share(self, u: Array, caps: tuple[float, float]) -> float:
        """Fastest point of the arm at `u` (n,) rad/s as a share of its cap; caps are (links,
        tip) m/s."""
        return clearances.of_caps(self.points, u, *caps)

    def judge(self, candidate: Candidate) -> Violation:
        """What is wrong with a candidate, cheapest checks first."""
        return self._judge_joints(candidate) or self._judge_path(candidate) or Violation()

    def _judge_joints(self, candidate: Candidate) -> Violation | None:
        limits, ramp, top = self._limits, candidate.ramp, self.joint_range
        k, room = clearances.of_range(candidate.position, ramp.end, *top)
        if not room >= -TOLERANCE:
            return Violation(f'position:{limits.names[k]}', room)
        k, room = clearances.of_speed(ramp.peak_velocity, candidate.step_velocity, limits.velocity)
        if not room >= -TOLERANCE:
            return Violation(f'velocity:{limits.names[k]}', room)
        return None

    def _judge_path(self, candidate: Candidate) -> Violation | None:
        path, speeds = candidate.stop.path, candidate.stop.speeds
        caps = self.caps()
        links, tip = clearances.fastest(self.points, candidate.step_velocity, speeds)
        if not tip <= caps[1] + 1e-9:
            return Violation('speed:tip', caps[1] - tip)
        if not links <= caps[0] + 1e-9:
            return Violation('speed:link', caps[0] - links)
        travel, room = clearances.travel(self.q, path, self._reach)
        if not room >= 0.0:
            return Violation('reach', room)
        return self._judge_workspace(path, travel) or self._judge_clearance(candidate, travel)

    def caps(self) -> tuple[float, float]:
        """(links, tip) m/s allowed now."""
        return self._params.link_speed * self.scale, self._tip_speed * self.scale

    def _judge_workspace(self, path: Array, travel: Array) -> Violation | None:
        here, box = self.tip[:3, 3], self._box
        if not clearances.leaves(here, box, self._body.tip_reach, travel):
            return None
        leeway = np.maximum(np.maximum(box[0] - here, here - box[1]) + TOLERANCE, 0.0)  # (3,) m
        for q in (path[0], path[-1]):
            tip = self._body.tip(q)[:3, 3]
            room = np.minimum(tip - box[0], box[1] - tip) + leeway
            k = int(np.argmin(room))
            if not room[k] >= 0.0:
                return Violation(f'workspace:{"xyz"[k]}', float(room[k]))
        return None

    def _judge_clearance(self, candidate: Candidate, travel: Array) -> Violation | None:
        """Pairs that could come too near on the way are measured at points no more than SPACING
        apart."""
        body = self._body
        spare = np.minimum(self.here - self.least, self.there - self.least_there)
        open_ = clearances.closing(self.near, spare, body.reach, travel, 0.0)
        if not len(open_):
            return None
        pairs, least, least_there = self.near[open_], self.least[open_], self.least_there[open_]
        left = candidate.left
        fastest = float((body.reach[pairs] @ np.abs(candidate.ramp.peak_velocity)).max())  # m/s
        count = int(np.clip(np.ceil(fastest * left / SPACING), 1, MOST_CHECKS))
        path, _ = candidate.ramp.sample(candidate.elapsed + np.linspace(0.0, left, count + 1))
        for q in path:
            room = body.distances(q, pairs) - least
            if self._off is not None:
                room = np.minimum(room, self._there(q, pairs) - least_there)
            k = int(np.argmin(room))
            if not room[k] >= 0.0:
                return Violation(f'clearance:{body.names[int(pairs[k])]}', float(room[k]))
        return None

    def rows(self, candidate: Candidate) -> LinearConstraints:
        """Half-spaces that keep the stop of a candidate clear, to first order; to steer around."""
        params, u = self._params, candidate.step_velocity
        travel = clearances.way(self.q, candidate.ramp.end, u, params.delay)  # (n,) rad
        normals, rooms, names = self._walls(travel)
        spare = self.nearest - self._body.least[self.near]
        for k in clearances.closing(self.near, spare, self._body.reach, travel, 1e-4):
            pair = int(self.near[k])
            normals.append(self._body.row(pair, self.columns))
            rooms.append(float(spare[k]))
            names.append(f'clearance:{self._body.names[pair]}')
        if not names:
            return UNCONSTRAINED
        matrix, most = np.array(normals), params.gamma / params.period
        floor = clearances.floors(matrix, u, travel, np.array(rooms), most, BUFFER)
        return LinearConstraints(matrix, floor, tuple(names))

    def metric(self) -> Array:
        """(n, n): what a change of joint velocities costs, in motion of the tool foremost."""
        linear, angular = self.points[-1], TURN * self.columns[3:]
        cost: Array = linear.T @ linear + angular.T @ angular + ANY * np.eye(len(self.q))
        return cost

    def _walls(self, travel: Array) -> tuple[list[Array], list[float], list[str]]:
        """Sides of the workspace that the stop may reach, as normals, rooms and names."""
        jacobian, tip = self.points[-1], self.tip[:3, 3]
        near, rooms = clearances.walls(tip, self._box, jacobian, travel)
        normals = [jacobian[k] if k < 3 else -jacobian[k - 3] for k in near]
        return normals, [float(rooms[k]) for k in near], [f'workspace:{"xyzxyz"[k]}' for k in near]
