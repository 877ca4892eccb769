"""The planned moves of a phase: home in HOMING, straight up in RETREAT, back along the path in
ROLLBACK; planned again after every pause.
"""

from __future__ import annotations

from vla_control.moves.move import JointLimitShare, JointMove, LiftMove, Move
from vla_control.moves.rollback import Rollback
from vla_control.params import ControlParams
from vla_control.tracking.servo import Servo
from vla_core.frozen import Array
from vla_core.records.task import Phase

MOVE_PHASES = (Phase.HOMING, Phase.RETREAT, Phase.ROLLBACK)


class PhaseMove:
    """One planned move from wherever the command rests; `step` runs its clock."""

    def __init__(self, params: ControlParams, motion: Servo, rollback: Rollback) -> None:
        self.params, self.motion, self.rollback = params, motion, rollback
        self.phase = Phase.IDLE
        self._move: Move | None = None
        self._time = 0.0  # s, of the move
        self._top: float | None = None  # m, height the lift goes to

    def begin(self, phase: Phase) -> None:
        """A phase has begun; one without a planned move ends the last one."""
        self.phase, self._move, self._top = phase, None, None
        if phase == Phase.ROLLBACK:
            self.rollback.begin()

    def pause(self) -> None:
        """The arm is held back: plan again from where it comes to rest."""
        self._move = None
        self.rollback.pause()

    @property
    def problem(self) -> str:
        """Why the move of this phase cannot go on, or ''."""
        return self.rollback.problem if self.phase == Phase.ROLLBACK else ''

    @property
    def has_played(self) -> bool:
        """True when the reference has arrived."""
        if self.phase == Phase.ROLLBACK:
            return self.rollback.is_done
        return self._move is not None and self._time >= self._move.duration

    def opening(self) -> float | None:
        """m, asked of the fingers by the move; None when it asks for nothing."""
        return self.rollback.opening if self.phase == Phase.ROLLBACK else None

    def reference(self, now: float, advance: float) -> Array | None:
        """(n,) rad or (4, 4) pose `advance` s further on; None while the command must come to rest
        first.
        """
        if self.phase == Phase.ROLLBACK:
            return self.rollback.reference(now, advance)
        if self._move is None:
            if not self.motion.tracker.is_still:
                return None
            self._move, self._time = self._plan(), 0.0
        self._time += advance
        return self._move.at(self._time)

    def _plan(self) -> Move:
        tracker, model = self.motion.tracker, self.motion.model
        if self.phase == Phase.HOMING:
            limits = JointLimitShare(
                model.limits, self.params.move_share, 0.95 * self.params.tcp_speed
            )
            return JointMove((tracker.q, tracker.v, tracker.a), model.home, model, limits)
        pose = self.motion.pose
        if self._top is None:
            self._top = float(pose[2, 3]) + self.params.lift_height
        return LiftMove(pose, self._top - float(pose[2, 3]), self.params.lift_speed)
