"""From what a target asks to a certified candidate: cap, bound, steer around, certify, else
brake."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.compiled import VECTOR, Flags, compiled
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.limits import JointLimits
from vla_shield.command.reference import Candidate, Reference
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.inputs.target_motion import TargetMotion
from vla_shield.inputs.vector_checks import largest
from vla_shield.optimiser import target_tracking
from vla_shield.optimiser.qp import solve_qp
from vla_shield.optimiser.singularity import SingularityScaler
from vla_shield.params import ShieldParams

HEADROOM = 0.98  # of a speed cap that is aimed for; the exact check has the whole of it
BISECTIONS = 3  # of the way from what is asked back to braking
EXACT = 1e-9  # rad/s, less than this is no change


@dataclass(frozen=True)
class OptimisedStep:
    """The certified next state and how it differs from what was asked."""

    candidate: Candidate
    change: float  # rad/s
    rules: tuple[str, ...]  # what made the difference
    margin: float = 0.0  # of the first rule, when it was violated by what was asked


class StepOptimiser:
    """Chooses the next state of the reference."""

    def __init__(
        self,
        params: ShieldParams,
        robot: RobotConfig,
        body: CollisionModel,
        guard: ConstraintChecker,
    ) -> None:
        self._params = params
        self._limits: JointLimits = robot.limits
        self._guard = guard
        self._singularity = SingularityScaler(body, guard, params)
        accel, stop_jerk = robot.limits.acceleration, robot.limits.jerk * params.brake_jerk
        self._gain: Array = accel * params.period + accel**2 / (2.0 * stop_jerk)  # (n,) rad/s
        self._lag: Array = 2.0 * params.period + accel / stop_jerk  # (n,) s, until it brakes

    def step(self, reference: Reference, wish: TargetMotion, late: float) -> OptimisedStep:
        """The nearest allowed step to what `wish` asks for `late` s after its stamp."""
        now, dt = reference.now, self._params.period
        bounds = reference.bounds()
        self._look(reference, bounds)
        # (n,) rad against moving along with the target; rad/s of the target, and what it gains in
        # this step; rad/s that meet it
        error, feed, bend, exact = wish.seen_from(now.position, late, dt)
        u, asked, rules = self._shape(now, error, (feed, bend), exact)
        boxed = _boxed(u, *bounds)
        first = self._contain(reference, boxed)
        chosen, found, margin = self._certify(reference, first, boxed, bounds)
        change = float(np.linalg.norm(chosen.step_velocity - asked))
        if change > EXACT and not rules and not found:
            rules = self._binding(boxed, u, first)
        return OptimisedStep(
            chosen, change if change > EXACT else 0.0, tuple(dict.fromkeys(found + rules)), margin
        )

    def _look(self, reference: Reference, bounds: tuple[Array, Array]) -> None:
        """Prepare the guard: how far can this cycle and its stop lead?"""
        self._guard.joint_range = reference.span
        reach = _reach(*bounds, self._gain, self._lag, self._limits.acceleration)
        self._guard.look(reference.now.position, reach)

    def _shape(
        self, now: Candidate, error: Array, motion: tuple[Array, Array], exact: Array
    ) -> tuple[Array, Array, tuple[str, ...]]:
        """(what to aim for now, what was asked, rules that scaled it): each (n,) rad/s; `motion`
        is the target's velocity and what it gains in this step."""
        feed, bend = motion
        limits, dt = self._limits, self._params.period
        accel, jerk = limits.acceleration, limits.jerk
        is_exact = target_tracking.is_exact(
            exact, feed, bend, now.step_velocity, now.step_acceleration, accel, jerk, dt
        )
        meets = bool(is_exact.all())
        asked = exact
        if not meets:
            asked = np.where(
                is_exact, exact, target_tracking.chase(error, feed + 0.5 * bend, accel, jerk)
            )
        share, rules = self._share(asked, feed)
        if share >= 1.0 and meets:
            return exact, asked, ()
        wanted = asked * min(share, 1.0)
        soft = target_tracking.soften(wanted, now.step_velocity, accel, jerk, dt)
        return (np.where(is_exact, exact, soft) if share >= 1.0 else soft), asked, rules

    def _share(self, asked: Array, feed: Array) -> tuple[float, tuple[str, ...]]:
        """How much of `asked` the caps on speed leave, and which cap it is."""
        guard, p, limits = self._guard, self._params, self._limits
        shares = {'speed': 1.0 / max(guard.speed_share(asked, guard.caps()), 1e-9)}
        joint = largest(asked, limits.velocity)
        shares['velocity'] = guard.scale / max(joint, 1e-9)
        if guard.scale < 1.0:
            base = max(largest(feed, limits.velocity), p.slow_floor)
            shares['slow'] = guard.scale * base / max(joint, 1e-9)
        shares['singularity'] = self._singularity.share(asked)
        least = min(shares, key=lambda name: shares[name])
        return (shares[least] * HEADROOM, (least,)) if shares[least] < 1.0 else (1.0, ())

    def _contain(self, reference: Reference, u: Array) -> Candidate:
        """A candidate near `u` whose stop stays inside position and velocity limits, joint by
        joint."""
        candidate = reference.candidate(u)
        bad = self._overshoots(candidate)
        if not bad.any():
            return candidate
        halt = reference.stop()
        low, high = np.where(bad, 0.0, 1.0), np.ones(len(u))
        for _ in range(6):
            middle = np.where(bad, 0.5 * (low + high), 1.0)
            worse = self._overshoots(
                reference.candidate(halt.step_velocity + middle * (u - halt.step_velocity))
            )
            low, high = np.where(worse, low, middle), np.where(worse, middle, high)
        return reference.candidate(halt.step_velocity + low * (u - halt.step_velocity))

    def _overshoots(self, candidate: Candidate) -> Flags:
        """(n,) bool: which joints would not stop within their range or exceed their velocity."""
        ramp = candidate.ramp
        return _exceeds(
            candidate.position, ramp.end, candidate.step_velocity, ramp.peak_velocity,
            *self._guard.joint_range, self._limits.velocity,
        )  # fmt: skip

    def _narrow(self, box: tuple[Array, Array], asked: Array, got: Array) -> tuple[Array, Array]:
        """Where containing took something away, the box ends there."""
        low = np.where(got > asked + EXACT, got, np.minimum(box[0], got))
        high = np.where(got < asked - EXACT, got, np.maximum(box[1], got))
        return np.minimum(low, got), np.maximum(high, got)

    def _certify(
        self, reference: Reference, first: Candidate, boxed: Array, bounds: tuple[Array, Array]
    ) -> tuple[Candidate, tuple[str, ...], float]:
        """The candidate itself, or one steered around, or one on the way back to braking."""
        steered, found = self._around(reference, first, boxed, bounds)
        finding = self._guard.judge(steered)
        if not finding.rule:
            return steered, found, 0.0
        halt = reference.stop()
        best, low, high = halt, 0.0, 1.0
        way = steered.step_velocity - halt.step_velocity
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            mixed = reference.candidate(halt.step_velocity + middle * way)
            if self._guard.judge(mixed).rule:
                high = middle
            else:
                best, low = mixed, middle
        return best, (finding.rule, *found), finding.margin

    def _around(
        self, reference: Reference, first: Candidate, boxed: Array, bounds: tuple[Array, Array]
    ) -> tuple[Candidate, tuple[str, ...]]:
        """The nearest candidate that keeps the half-spaces, and the names of those that bind."""
        rows = self._guard.rows(first)
        if not rows.names or np.all(rows.normals @ first.step_velocity >= rows.floor):
            return first, ()
        box = self._narrow(bounds, boxed, first.step_velocity)
        metric, sweeps = self._guard.metric(), self._params.sweeps
        u = solve_qp(first.step_velocity, box, rows.normals, rows.floor, metric, sweeps)
        binding = np.flatnonzero(rows.normals @ u <= rows.floor + 1e-6)
        return reference.candidate(u), tuple(rows.names[k] for k in binding)

    def _binding(self, boxed: Array, u: Array, first: Candidate) -> tuple[str, ...]:
        """Name the joint limits that changed the step."""
        names = self._limits.names
        taken = np.flatnonzero(np.abs(first.step_velocity - boxed) > EXACT)
        if len(taken):
            return tuple(f'position:{names[k]}' for k in taken)
        return ('acceleration',) if np.abs(boxed - u).max() > EXACT else ('smoothing',)


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR)
def _reach(low: Array, high: Array, gain: Array, lag: Array, accel: Array) -> Array:
    """(n,) rad, furthest a step within (low, high) rad/s and its stop lead."""
    fastest = np.maximum(np.abs(low), np.abs(high)) + gain
    return fastest * (lag + fastest / (2.0 * accel))


@compiled(VECTOR, VECTOR, VECTOR)
def _boxed(u: Array, low: Array, high: Array) -> Array:
    """`u` within bounds, but for rounding: cutting that off leaves an error of position, meeting
    it next time one of velocity twice as large, and so on for as long as jerk is at its limit."""
    is_in = (u > low - EXACT) & (u < high + EXACT)
    return np.where(is_in, u, np.minimum(np.maximum(u, low), high))


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR)
def _exceeds(
    position: Array, end: Array, u: Array, peak: Array, low: Array, high: Array, velocity: Array
) -> Flags:
    is_in = (np.minimum(position, end) >= low) & (np.maximum(position, end) <= high)
    return ~(is_in & (np.maximum(np.abs(peak), np.abs(u)) <= velocity))
