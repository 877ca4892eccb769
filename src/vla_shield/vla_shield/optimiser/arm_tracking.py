"""The velocity with which one arm tracks its target, within its speed caps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.compiled import Flags
from vla_core.frozen import Array
from vla_core.robot.limits import JointLimits
from vla_shield.command.reference import Candidate
from vla_shield.constraints.kinematic_tree import KinematicTree
from vla_shield.inputs.target_motion import TargetMotion
from vla_shield.inputs.vector_checks import max_ratio
from vla_shield.optimiser import target_tracking
from vla_shield.params import ShieldParams

HEADROOM = 0.98  # of a speed cap that the scaling aims for; the exact check allows all of it


@dataclass(frozen=True)
class ArmRequest:
    """What one arm is to follow: the motion of its target, `time` s after the target's stamp."""

    motion: TargetMotion
    time: float


@dataclass(frozen=True)
class RequestedVelocity:
    """Velocities of one arm before scaling, each (n,)."""

    velocity: Array  # rad/s
    feed: Array  # rad/s, of the target
    is_exact: Flags  # the joint meets the target at the end of the step and can go on so
    is_all_exact: bool


class ArmTracking:
    """Tracks the target of one arm; vectors of the whole robot are cut to its joints."""

    def __init__(
        self, params: ShieldParams, limits: JointLimits, tree: KinematicTree, arm: int
    ) -> None:
        self.part = tree.slices[arm]
        self._params = params
        self._label = tree.label(arm)
        self._step = params.period  # s, of the present cycle on the trajectory clock
        self._velocity = limits.velocity[self.part]
        self._accel, self._jerk = limits.acceleration[self.part], limits.jerk[self.part]

    def requested(self, state: Candidate, request: ArmRequest, step: float) -> RequestedVelocity:
        """Exact where the limits allow it, else an approach on a straight line. Velocities are
        those on the trajectory clock, on which a cycle lasts `step` s: it is slower than ROS time
        when a controller scales its speed."""
        part, period, self._step = self.part, self._params.period, step
        # (n,) rad, position error; (n,) rad/s, feed-forward, its change in this step, and the
        # velocity that meets the target
        error, feed, change, exact = request.motion.relative_to(
            state.position[part], request.time, period
        )
        if step != period:
            feed, change, exact = (v * (period / step) for v in (feed, change, exact))
        is_exact = target_tracking.is_exact(
            exact, feed, change, state.step_velocity[part], state.step_acceleration[part],
            self._accel, self._jerk, step,
        )  # fmt: skip
        is_all_exact, velocity = bool(is_exact.all()), exact
        if not is_all_exact:
            approach = target_tracking.approach_velocity(
                error, feed + 0.5 * change, self._accel, self._jerk
            )
            velocity = np.where(is_exact, exact, approach)
        return RequestedVelocity(velocity, feed, is_exact, is_all_exact)

    def scaled(
        self, state: Candidate, requested: RequestedVelocity, scales: dict[str, float]
    ) -> tuple[Array, tuple[str, ...]]:
        """Step velocity (n,) rad/s within the least of the `scales`, and the rule that scaled."""
        velocity, part = requested.velocity, self.part
        least = min(scales, key=lambda name: scales[name])
        scale, rules = 1.0, tuple[str, ...]()
        if scales[least] < 1.0:
            scale, rules = scales[least] * HEADROOM, (f'{least}{self._label}',)
        if scale >= 1.0 and requested.is_all_exact:
            return velocity, ()
        smooth = target_tracking.smoothed(
            velocity * min(scale, 1.0), state.step_velocity[part], self._accel, self._jerk,
            self._step,
        )  # fmt: skip
        if scale >= 1.0:
            return np.where(requested.is_exact, velocity, smooth), rules
        return smooth, rules

    def scales(
        self, requested: RequestedVelocity, ratio: float, slow: float, singularity: float
    ) -> dict[str, float]:
        """Scale that each cap allows: `ratio` is the speed as a share of its cap, `slow` the scale
        of all speeds."""
        joint = max_ratio(requested.velocity, self._velocity)
        scales = {'speed': 1.0 / max(ratio, 1e-9), 'velocity': slow / max(joint, 1e-9)}
        if slow < 1.0:
            base = max(max_ratio(requested.feed, self._velocity), self._params.slow_floor)
            scales['slow'] = slow * base / max(joint, 1e-9)
        scales['singularity'] = singularity
        return scales
