"""Constraint check of a candidate and its whole stop: joint limits, speeds, workspace and
clearances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.compiled import Indices
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_shield.command.reference import Candidate
from vla_shield.constraints import clearances, limits
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.distance_bounds import DistanceBounds
from vla_shield.constraints.finger_check import FingerCheck
from vla_shield.constraints.speed_caps import SpeedCaps
from vla_shield.constraints.workspace import Workspace
from vla_shield.params import ShieldParams

CHECK_SPACING = 0.005  # m, most that two shapes move relative to each other between two checks
MAX_CHECKS = 40  # along one stop
TOLERANCE = 1e-6  # m or rad, by which an existing violation may grow
BUFFER = 2e-4  # m, added to clearances in the optimiser, so that curvature violates none
OFFSET_TOLERANCE = 2e-5  # m per cycle, the same at the measured position
ROTATION_WEIGHT = 0.25  # m/rad, cost of rotating the tool against translating it
JOINT_WEIGHT = 0.01  # m^2/rad^2, cost of moving a joint


@dataclass(frozen=True)
class Violation:
    """The constraint that a candidate violates; `rule` is empty when there is none."""

    rule: str = ''
    slack: float = 0.0  # m, m/s, rad or rad/s; negative when violated


@dataclass(frozen=True)
class LinearConstraints:
    """Half-spaces of the next step velocity: normals @ u >= floor."""

    normals: Array  # (m, n) m/rad
    floor: Array  # (m,) m/s
    names: tuple[str, ...]


ALL_PAIRS: Indices = np.zeros(0, np.intp)
UNCONSTRAINED = LinearConstraints(np.zeros((0, 0)), np.zeros(0), ())


class ConstraintChecker:
    """Checks candidates that start from the present certified state; `prepare` once per cycle."""

    def __init__(self, params: ShieldParams, robot: RobotConfig, model: CollisionModel) -> None:
        self._params = params
        self._limits = robot.limits
        self._allowed: Array = np.full(len(model.required), np.inf)  # (p,) m, of pairs too near
        self._model = model
        self.labels = tuple(model.tree.label(arm) for arm in range(len(robot.arms)))  # of rules
        self._bounds = DistanceBounds(model)
        self._fingers = FingerCheck(model, self._bounds)
        self._speeds = SpeedCaps(params, robot, model)
        self._workspace = Workspace(params, robot, model)
        self.joint_range: tuple[Array, Array] = (robot.limits.lower, robot.limits.upper)  # rad
        self.scale = 1.0  # [0, 1], of all speeds
        self.offset: Array | None = None  # (n,) rad, measured less commanded position, if large
        self.points: Array = np.zeros((1, 3, model.n))  # (k, 3, n) m/rad, of the last cycle
        # of the last cycle: pair with the least slack to its clearance, that slack, least distance
        self.tightest, self.slack, self.separation = '', 0.0, 0.0

    def on_scene(self, q: Array) -> None:
        """The scene has changed: measure all distances at `q` (n,) rad, where the arm is."""
        self._bounds.measure_all(q)
        self._allowed[self._model.is_of_object] = np.inf

    def on_fingers(self) -> None:
        """Fingers have moved: pairs that were too near must keep their clearance again."""
        self._allowed[self._model.is_of_object] = np.inf

    def prepare(self, q: Array, travel: Array) -> None:
        """Begin a cycle at `q` with at most `travel` (n,) rad of each joint, stop included."""
        model = self._model
        bounds = self._bounds.lower(q, self.offset)
        near = clearances.pairs_in_reach(
            bounds, model.required, model.lever_arms, travel, model.is_active
        )
        self._near = near
        self.q, self._max_travel = q, travel
        self.spatial_jacobian = model.spatial_jacobian(q)
        self.points = model.point_jacobians(self.spatial_jacobian)  # (k, 3, n)
        self._speeds.prepare(self.points, self.spatial_jacobian)
        self._workspace.prepare()
        # (m,) m, of the pairs `near`: at the measured and at the commanded position
        self._measured_distances = self._distances_at_offset(q, near)
        self._distances = model.distances(q, near)
        self._bounds.update(near, self._distances, q)
        self._min_distances = np.minimum(self._distances, self._measured_distances)
        self._required = clearances.relaxed(near, self._distances, model.required, self._allowed)
        self._measured_required = np.minimum(
            model.required[near], self._measured_distances - OFFSET_TOLERANCE
        )
        self.tightest, self.slack = self._tightest_pair(bounds)

    def _distances_at_offset(self, q: Array, pairs: Indices) -> Array:
        """(len(pairs),) m, with the arm at its offset from `q`; infinite without an offset."""
        if self.offset is None:
            return np.full(len(pairs), np.inf)
        return self._model.distances(q + self.offset, pairs)

    def _tightest_pair(self, bounds: Array) -> tuple[str, float]:
        """Name and slack (m) of the pair nearest to its clearance."""
        model = self._model
        if len(self._near):
            pairs, distances = self._near, self._min_distances
        else:
            pairs, distances = ALL_PAIRS, bounds
        pair, slack, self.separation = clearances.tightest(pairs, distances, model.required)
        return model.names[pair], slack

    def tip_jacobian(self, arm: int) -> Array:
        """Jacobian (3, n) m/rad of the tip of an arm, of the last cycle."""
        jacobian: Array = self.points[self._model.tip_rows[arm]]
        return jacobian

    def speed_ratios(self, u: Array) -> Array:
        """(arms,) largest speed of each arm at `u` (n,) rad/s as a share of its present cap."""
        return self._speeds.ratios(u, self.scale)

    def allows_width(self, gripper: int, width: float, certified: Candidate) -> bool:
        """True when a gripper may go to `width` m along the stop of a certified state."""
        return self._fingers.allows(gripper, width, certified, self.offset)

    def check(self, candidate: Candidate) -> Violation:
        """The first violation of a candidate, cheapest checks first."""
        return self._check_joints(candidate) or self._check_path(candidate) or Violation()

    def _check_joints(self, candidate: Candidate) -> Violation | None:
        names, ramp = self._limits.names, candidate.ramp
        k, slack = limits.position_slack(candidate.position, ramp.end, *self.joint_range)
        if not slack >= -TOLERANCE:
            return Violation(f'position:{names[k]}', slack)
        k, slack = limits.velocity_slack(
            ramp.peak_velocity, candidate.step_velocity, self._limits.velocity
        )
        if not slack >= -TOLERANCE:
            return Violation(f'velocity:{names[k]}', slack)
        return None

    def _check_path(self, candidate: Candidate) -> Violation | None:
        path, speeds = candidate.stop.path, candidate.stop.speeds
        found = self._speeds.violation(candidate.step_velocity, speeds, self.scale)
        if found is not None:
            return Violation(*found)
        travel, slack = limits.path_travel(self.q, path, self._max_travel)
        if not slack >= 0.0:
            return Violation('reach', slack)
        found = self._workspace.violation(path, travel)
        return (
            Violation(*found) if found is not None else self._check_clearances(candidate, travel)
        )

    def _check_clearances(self, candidate: Candidate, travel: Array) -> Violation | None:
        """Measure the pairs that may come too near at points at most CHECK_SPACING apart."""
        model = self._model
        slack = np.minimum(
            self._distances - self._required, self._measured_distances - self._measured_required
        )
        closing = clearances.closing_pairs(self._near, slack, model.lever_arms, travel, 0.0)
        if not len(closing):
            return None
        pairs = self._near[closing]
        required, measured_required = self._required[closing], self._measured_required[closing]
        duration = candidate.time_to_rest
        arms, peak = model.lever_arms[pairs], np.abs(candidate.ramp.peak_velocity)
        fastest = float((arms @ peak).max())  # m/s
        count = int(np.clip(np.ceil(fastest * duration / CHECK_SPACING), 1, MAX_CHECKS))
        times = candidate.elapsed + np.linspace(0.0, duration, count + 1)
        known, at = slack[closing], np.tile(self.q, (len(pairs), 1))  # last slack, and where
        for q in candidate.ramp.sample(times)[0]:
            these = clearances.unproven(pairs, known, model.lever_arms, at, q)
            if not len(these):
                continue
            slack = model.distances(q, pairs[these]) - required[these]
            if self.offset is not None:
                measured = self._distances_at_offset(q, pairs[these])
                slack = np.minimum(slack, measured - measured_required[these])
            known[these], at[these] = slack, q
            k = int(np.argmin(slack))
            if not slack[k] >= 0.0:
                pair = int(pairs[these[k]])
                return Violation(f'clearance:{model.names[pair]}', float(slack[k]))
        return None

    def linearise(self, candidate: Candidate) -> LinearConstraints:
        """Half-spaces that keep the stop of a candidate clear, to first order."""
        params, model, u = self._params, self._model, candidate.step_velocity
        displacement = clearances.stop_displacement(  # (n,) rad
            self.q, candidate.ramp.end, u, params.delay
        )
        sides = self._workspace.sides(self.points, displacement)
        normals, slacks, names = sides.normals, sides.slacks, sides.names
        slack = self._min_distances - model.required[self._near]
        arms = model.lever_arms
        for k in clearances.closing_pairs(self._near, slack, arms, displacement, 1e-4):
            pair = int(self._near[k])
            normals.append(model.distance_gradient(pair, self.spatial_jacobian))
            slacks.append(float(slack[k]))
            names.append(f'clearance:{model.names[pair]}')
        if not names:
            return UNCONSTRAINED
        matrix, most = np.array(normals), params.gamma / params.period
        floor = clearances.velocity_floors(matrix, u, displacement, np.array(slacks), most, BUFFER)
        return LinearConstraints(matrix, floor, tuple(names))

    def metric(self) -> Array:
        """Cost matrix (n, n) of a change of joint velocities, mostly by the tools' motion."""
        tree = self._model.tree
        linear = [self.tip_jacobian(arm) for arm in range(len(tree.arms))]
        angular = [
            ROTATION_WEIGHT * (tree.moves[joint] * self.spatial_jacobian[3:])
            for joint in tree.tip_joints
        ]
        moved = [a.T @ a + b.T @ b for a, b in zip(linear, angular, strict=True)]
        cost: Array = sum(moved[1:], moved[0]) + JOINT_WEIGHT * np.eye(len(self.q))
        return cost
