"""Signs that the robot does not do what it is told: encoders that stand still, an arm left
behind."""

from __future__ import annotations

import numpy as np

from vla_core.safety import Decision
from vla_shield.intake import Intake
from vla_shield.params import ShieldParams
from vla_shield.reference import Reference
from vla_shield.verdict import Verdict

EASED = 0.3  # of the tracking limit: the command is back at the arm


class Suspicion:
    """Remembers since when the arm is commanded to move, and what it doubts."""

    def __init__(self, params: ShieldParams) -> None:
        self._params = params
        self.clear()

    def clear(self) -> None:
        """Begin without a doubt."""
        self._moving_since: float | None = None  # s
        self._frozen_at: float | None = None  # s, stamp of the last change when it was noticed
        self._is_behind = False

    def look(self, reference: Reference, intake: Intake) -> Verdict | None:
        """HOLD while samples are frozen, or while the arm is far from where it was told to be."""
        return self._frozen(reference, intake) or self._behind(reference, intake)

    def _frozen(self, reference: Reference, intake: Intake) -> Verdict | None:
        stamp, changed = intake.joints.stamp, intake.changed
        if float(np.abs(reference.now.step_velocity).max()) <= self._params.frozen_speed:
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
        return Verdict(
            Decision.HOLD, 'joint states do not change while the arm is moved', ('joints:frozen',)
        )

    def _behind(self, reference: Reference, intake: Intake) -> Verdict | None:
        """Something may hold the arm: do not pull, but bring the command back to where the arm
        is."""
        gap = float(np.abs(reference.now.position - intake.q).max())
        if not gap <= self._params.tracking_limit:
            self._is_behind = True
        elif gap <= EASED * self._params.tracking_limit:
            self._is_behind = False
        if not self._is_behind:
            return None
        why = f'arm is {gap:.2f} rad from its command'
        return Verdict(Decision.HOLD, why, ('tracking',), intake.q)
