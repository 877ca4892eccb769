"""Signs that the robot does not do what it is told: encoders that stand still, an arm left
behind, an arm that a load pulls down or that stands on something."""

from __future__ import annotations

from math import hypot

import numpy as np

from vla_core.frozen import Array
from vla_core.records.safety import Decision
from vla_shield.command.reference import Reference
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.decision import CycleDecision
from vla_shield.inputs.buffer import InputBuffer
from vla_shield.inputs.vector_checks import furthest
from vla_shield.params import ShieldParams

EASED = 0.3  # of a limit: the arm is back at its command
ASIDE = 1.5  # times as far aside as up or down: not a load


class TrackingFaultDetector:
    """Remembers since when the arm is commanded to move, and what it doubts."""

    def __init__(
        self, params: ShieldParams, guard: ConstraintChecker, body: CollisionModel
    ) -> None:
        self._params, self._guard, self._body = params, guard, body
        self._still: Array = np.zeros(body.n)  # rad/s
        self.clear()

    def clear(self) -> None:
        """Begin without a doubt."""
        self._moving_since: float | None = None  # s
        self._frozen_at: float | None = None  # s, stamp of the last change when it was noticed
        self._is_behind = self._is_loaded = self._is_pressing = False
        self._well_at: float | None = None  # s, stamp at which the arm was last where it should be
        self._pressed_at = 0.0  # s, stamp at which it was last held up

    def look(self, reference: Reference, intake: InputBuffer) -> CycleDecision | None:
        """HOLD while samples are frozen, or while the arm is far from where it was told to be."""
        doubt = self._frozen(reference, intake) or self._behind(reference, intake)
        return doubt or self._off_height(intake)

    def _frozen(self, reference: Reference, intake: InputBuffer) -> CycleDecision | None:
        stamp, changed = intake.joints.stamp, intake.changed
        step = reference.now.step_velocity
        if furthest(step, self._still) <= self._params.frozen_speed:
            self._moving_since = None
        elif self._moving_since is None:
            self._moving_since = stamp
        since = self._moving_since
        if since is not None and stamp - max(since, changed) >= self._params.frozen_time - 1e-9:
            self._frozen_at = changed
        if self._frozen_at is None:
            return None
        if changed > self._frozen_at:
            self._frozen_at = None
            return None
        return CycleDecision(
            Decision.HOLD, 'joint states do not change while the arm is moved', ('joints:frozen',)
        )

    def _behind(self, reference: Reference, intake: InputBuffer) -> CycleDecision | None:
        """Something may hold the arm: do not pull, but bring the command back to where the arm
        is."""
        gap = furthest(reference.now.position, intake.q)
        if not gap <= self._params.tracking_limit:
            self._is_behind = True
        elif gap <= EASED * self._params.tracking_limit:
            self._is_behind = False
        if not self._is_behind:
            return None
        self._well_at = intake.joints.stamp  # so far off it says nothing of what is below
        why = f'arm is {gap:.2f} rad from its command'
        return CycleDecision(Decision.HOLD, why, ('tracking',), intake.q)

    def _off_height(self, intake: InputBuffer) -> CycleDecision | None:
        """An arm that hangs does not put things where it is told to; one that stands on something
        must not press on: its command goes back to where it is, until it is asked to rise, or
        has rested there for so long that what it stood on may be gone."""
        p, stamp, rise = self._params, intake.joints.stamp, self._rise()
        if rise >= -EASED * p.hang_limit:
            self._is_loaded = False
        if rise > EASED * p.hang_limit:
            self._pressed_at = stamp
        elif self._is_pressing:
            has_rested = stamp - self._pressed_at >= p.press_rest
            self._is_pressing = not has_rested and self._is_asked_down(intake)
        if self._well_at is None or -p.hang_limit <= rise <= p.press_limit:
            self._well_at = stamp
        lasted = stamp - self._well_at
        self._is_loaded |= rise < 0.0 and lasted >= p.hang_time
        self._is_pressing |= rise > 0.0 and lasted >= p.press_time
        if self._is_pressing:
            why = 'the hand presses on something below it'
            return CycleDecision(Decision.HOLD, why, ('tracking:press',), intake.q)
        if self._is_loaded:
            why = f'arm hangs {-1e3 * rise:.0f} mm low: is there a load that it was not told of?'
            return CycleDecision(Decision.HOLD, why, ('tracking:load',))
        return None

    def _is_asked_down(self, intake: InputBuffer) -> bool:
        """True while the target is lower than the tip."""
        if intake.target is None:
            return True
        wanted, here = (self._body.tip(q)[2, 3] for q in (intake.wish.position, intake.q))
        return not wanted >= here + self._params.hang_limit

    def _rise(self) -> float:
        """m, the tip is higher than it was told to be; 0 when it is rather aside: then something
        is in its way, a drawer that is shut or a button that is down."""
        gap = self._guard.sag.gap
        if gap is None:
            return 0.0
        x, y, z = (self._guard.points[-1] @ gap).tolist()
        return z if hypot(x, y) <= ASIDE * abs(z) else 0.0
