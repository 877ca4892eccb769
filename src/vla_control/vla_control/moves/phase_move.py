"""The planned move of a phase: home in HOMING, straight up in RETREAT, back along the executed
path in ROLLBACK; replanned after every pause.
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
    """One planned move from where the command comes to rest; `reference` advances its clock."""

    def __init__(self, params: ControlParams, servo: Servo, rollback: Rollback) -> None:
        self.params, self.servo, self.rollback = params, servo, rollback
        self.phase = Phase.IDLE
        self._move: Move | None = None
        self._time = 0.0  # s, of the move
        self._top: float | None = None  # m, goal height of the lift

    def begin(self, phase: Phase) -> None:
        """Start a phase; one without a planned move ends the previous move."""
        self.phase, self._move, self._top = phase, None, None
        if phase == Phase.ROLLBACK:
            self.rollback.begin()

    def pause(self) -> None:
        """Discard the plan: the next one starts where the arm comes to rest."""
        self._move = None
        self.rollback.pause()

    @property
    def problem(self) -> str:
        """Why the move cannot continue, or ''."""
        return self.rollback.problem if self.phase == Phase.ROLLBACK else ''

    @property
    def has_arrived(self) -> bool:
        """True when the reference has reached the goal."""
        if self.phase == Phase.ROLLBACK:
            return self.rollback.is_done
        return self._move is not None and self._time >= self._move.duration

    def opening(self) -> float | None:
        """Return the gripper opening of the move, m; None when it has none."""
        return self.rollback.opening if self.phase == Phase.ROLLBACK else None

    def reference(self, now: float, advance: float) -> Array | None:
        """Return the reference, (n,) rad or (4, 4) pose, `advance` s later; None while the
        command must first come to rest.
        """
        if self.phase == Phase.ROLLBACK:
            return self.rollback.reference(now, advance)
        if self._move is None:
            if not self.servo.tracker.is_still:
                return None
            self._move, self._time = self._plan(), 0.0
        self._time += advance
        return self._move.at(self._time)

    def _plan(self) -> Move:
        tracker, model = self.servo.tracker, self.servo.model
        if self.phase == Phase.HOMING:
            limits = JointLimitShare(
                model.limits, self.params.move_share, 0.95 * self.params.tcp_speed
            )
            return JointMove((tracker.q, tracker.v, tracker.a), model.home, model, limits)
        pose = self.servo.pose
        if self._top is None:
            self._top = float(pose[2, 3]) + self.params.lift_height
        return LiftMove(pose, self._top - float(pose[2, 3]), self.params.lift_speed)
