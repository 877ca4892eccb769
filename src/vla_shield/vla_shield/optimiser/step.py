"""One optimiser step, from the target to a certified candidate: scale, bound, project, check, else
brake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vla_core.compiled import VECTOR, Flags, compiled
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.limits import JointLimits
from vla_shield.command.partial_stop import PartialStop
from vla_shield.command.reference import Candidate, Reference
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.optimiser.arm_tracking import ArmRequest, ArmTracking
from vla_shield.optimiser.qp import solve_qp
from vla_shield.optimiser.singularity import SingularityScaler
from vla_shield.params import ShieldParams

BISECTIONS = 3  # between the projected velocity and the certified stop
UNCHANGED = 1e-9  # rad/s, a smaller difference is no change
Requests = Sequence[ArmRequest | None]  # one per arm; None: the arm stops
Start = Reference | PartialStop


@dataclass(frozen=True)
class OptimisedStep:
    """The certified next state and its difference from the requested velocity."""

    candidate: Candidate
    change: float  # rad/s
    rules: tuple[str, ...]  # the constraints that caused the difference
    slack: float = 0.0  # of the first rule, negative when the request violated it


class StepOptimiser:
    """Chooses the next state of the reference."""

    def __init__(
        self,
        params: ShieldParams,
        robot: RobotConfig,
        model: CollisionModel,
        checker: ConstraintChecker,
    ) -> None:
        self._params = params
        self._limits: JointLimits = robot.limits
        self._checker = checker
        self._singularity = SingularityScaler(model, checker, params)
        self._arms = [
            ArmTracking(params, robot.limits, model.tree, arm) for arm in range(len(robot.arms))
        ]
        accel, stop_jerk = robot.limits.acceleration, robot.limits.jerk * params.brake_jerk
        # (n,) rad/s, velocity gained until the joint decelerates; (n,) s, time until then
        self._gain: Array = accel * params.period + accel**2 / (2.0 * stop_jerk)
        self._lag: Array = 2.0 * params.period + accel / stop_jerk

    def solve(self, reference: Reference, requests: Requests) -> OptimisedStep:
        """The nearest allowed step to the requests; an arm without one follows its stop."""
        start = self._start(reference, requests)
        bounds = start.bounds()
        self._prepare(start, bounds)
        u, requested, rules = self._desired(start, requests)
        boxed = _boxed(u, *bounds)
        first = self._within_limits(start, boxed)
        chosen, found, slack = self._certify(start, first, boxed, bounds)
        change = float(np.linalg.norm(chosen.step_velocity - requested))
        if change > UNCHANGED and not rules and not found:
            rules = self._limiting_rules(boxed, u, first)
        return OptimisedStep(
            chosen,
            change if change > UNCHANGED else 0.0,
            tuple(dict.fromkeys(found + rules)),
            slack,
        )

    def _start(self, reference: Reference, requests: Requests) -> Start:
        """The reference; with arms that stop, its candidates keep them on their stop."""
        if all(request is not None for request in requests):
            return reference
        is_held = np.zeros(len(self._gain), bool)
        for tracking, request in zip(self._arms, requests, strict=True):
            is_held[tracking.part] = request is None
        return PartialStop(reference, is_held)

    def _prepare(self, reference: Start, bounds: tuple[Array, Array]) -> None:
        """Prepare the checker with the most that each joint can travel, stop included."""
        self._checker.joint_range = reference.joint_range
        travel = _max_travel(*bounds, self._gain, self._lag, self._limits.acceleration)
        self._checker.prepare(reference.state.position, travel)

    def _desired(self, start: Start, requests: Requests) -> tuple[Array, Array, tuple[str, ...]]:
        """(desired step velocity, requested velocity before scaling, rules that scaled it),
        velocities (n,) rad/s."""
        checker, state = self._checker, start.state
        requested, found = np.zeros(len(self._gain)), {}
        if isinstance(start, PartialStop):
            requested = start.stop().step_velocity.copy()
        for arm, request in enumerate(requests):
            if request is not None:
                found[arm] = self._arms[arm].requested(state, request, start.step)
                requested[self._arms[arm].part] = found[arm].velocity
        ratios, u = checker.speed_ratios(requested), requested.copy()
        rules: tuple[str, ...] = ()
        for arm, item in found.items():
            tracking = self._arms[arm]
            singularity = self._singularity.scale(requested, arm)
            scales = tracking.scales(item, ratios[arm], checker.scale, singularity)
            u[tracking.part], own = tracking.scaled(state, item, scales)
            rules += own
        return u, requested, rules

    def _within_limits(self, reference: Start, u: Array) -> Candidate:
        """A candidate near `u` whose stop keeps position and velocity limits, by bisection per
        joint between `u` and the certified stop."""
        candidate = reference.candidate(u)
        bad = self._violates_limits(candidate)
        if not bad.any():
            return candidate
        stop = reference.stop()
        low, high = np.where(bad, 0.0, 1.0), np.ones(len(u))
        for _ in range(6):
            middle = np.where(bad, 0.5 * (low + high), 1.0)
            worse = self._violates_limits(
                reference.candidate(stop.step_velocity + middle * (u - stop.step_velocity))
            )
            low, high = np.where(worse, low, middle), np.where(worse, middle, high)
        return reference.candidate(stop.step_velocity + low * (u - stop.step_velocity))

    def _violates_limits(self, candidate: Candidate) -> Flags:
        """(n,) bool: joints that do not stop within their range or exceed their velocity."""
        ramp = candidate.ramp
        return _exceeds(
            candidate.position, ramp.end, candidate.step_velocity, ramp.peak_velocity,
            *self._checker.joint_range, self._limits.velocity,
        )  # fmt: skip

    def _narrow(
        self, box: tuple[Array, Array], boxed: Array, limited: Array
    ) -> tuple[Array, Array]:
        """The box, cut off at `limited` where the joint limits changed `boxed`."""
        low = np.where(limited > boxed + UNCHANGED, limited, np.minimum(box[0], limited))
        high = np.where(limited < boxed - UNCHANGED, limited, np.maximum(box[1], limited))
        return np.minimum(low, limited), np.maximum(high, limited)

    def _certify(
        self, reference: Start, first: Candidate, boxed: Array, bounds: tuple[Array, Array]
    ) -> tuple[Candidate, tuple[str, ...], float]:
        """The projected candidate, or one between it and the certified stop."""
        projected, found = self._project(reference, first, boxed, bounds)
        violation = self._checker.check(projected)
        if not violation.rule:
            return projected, found, 0.0
        stop = reference.stop()
        best, low, high = stop, 0.0, 1.0
        difference = projected.step_velocity - stop.step_velocity
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            mixed = reference.candidate(stop.step_velocity + middle * difference)
            if self._checker.check(mixed).rule:
                high = middle
            else:
                best, low = mixed, middle
        return best, (violation.rule, *found), violation.slack

    def _project(
        self, reference: Start, first: Candidate, boxed: Array, bounds: tuple[Array, Array]
    ) -> tuple[Candidate, tuple[str, ...]]:
        """The nearest candidate that keeps the linear constraints, and the names of the active
        ones."""
        constraints = self._checker.linearise(first)
        normals, floor = constraints.normals, constraints.floor
        if not constraints.names or np.all(normals @ first.step_velocity >= floor):
            return first, ()
        box = self._narrow(bounds, boxed, first.step_velocity)
        metric, sweeps = self._checker.metric(), self._params.sweeps
        u = solve_qp(first.step_velocity, box, normals, floor, metric, sweeps)
        active = np.flatnonzero(normals @ u <= floor + 1e-6)
        return reference.candidate(u), tuple(constraints.names[k] for k in active)

    def _limiting_rules(self, boxed: Array, u: Array, first: Candidate) -> tuple[str, ...]:
        """Names of the joint limits that changed the step."""
        names = self._limits.names
        changed = np.flatnonzero(np.abs(first.step_velocity - boxed) > UNCHANGED)
        if len(changed):
            return tuple(f'position:{names[k]}' for k in changed)
        return ('acceleration',) if np.abs(boxed - u).max() > UNCHANGED else ('smoothing',)


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR)
def _max_travel(low: Array, high: Array, gain: Array, lag: Array, accel: Array) -> Array:
    """Most travel (n,) rad of a step within (low, high) rad/s and its stop."""
    fastest = np.maximum(np.abs(low), np.abs(high)) + gain
    return fastest * (lag + fastest / (2.0 * accel))


@compiled(VECTOR, VECTOR, VECTOR)
def _boxed(u: Array, low: Array, high: Array) -> Array:
    """`u` clipped to its bounds, except within rounding: clipping that would leave a position
    error, whose correction needs a velocity error twice as large, growing while jerk is at its
    limit."""
    is_in = (u > low - UNCHANGED) & (u < high + UNCHANGED)
    return np.where(is_in, u, np.minimum(np.maximum(u, low), high))


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR)
def _exceeds(
    position: Array, end: Array, u: Array, peak: Array, low: Array, high: Array, velocity: Array
) -> Flags:
    is_in = (np.minimum(position, end) >= low) & (np.maximum(position, end) <= high)
    return ~(is_in & (np.maximum(np.abs(peak), np.abs(u)) <= velocity))
