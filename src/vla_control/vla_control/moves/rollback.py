"""Roll-back along the executed path to the last state without contact; a held object is put down
first.

The runtime half of SwitchVLA (arXiv 2506.03574): when an instruction changes in contact, the
motion is undone, not cut off. The gripper opens only where it picked the object up, or lower,
above a support.
"""

from __future__ import annotations

from enum import Enum

from vla_control.moves.contact_estimator import ContactEstimator, drop_height
from vla_control.moves.executed_path import ExecutedPath, PathPoint
from vla_control.moves.move import LiftMove, Move
from vla_control.moves.path_move import PathMove
from vla_control.params import ControlParams
from vla_control.tracking.servo import Servo
from vla_core.frozen import Array
from vla_core.records.action import Contact

TIMEOUT = 2.0  # s, for a scene that shows the support, and for the fingers to open
RELEASED = 0.004  # m, fingers this much wider have released the object
SETTLED = 0.3  # s, at rest before a scene counts: it shows a past moment


class RollbackStage(Enum):
    """Stages of a roll-back, in order."""

    RETURN = 'return'  # to where the gripper closed or began to touch
    CHECK = 'check'  # whether there is a support below the held object
    LOWER = 'lower'  # onto the support
    OPEN = 'open'
    DEPART = 'depart'  # away from the object
    DONE = 'done'


class Rollback:
    """One roll-back; `reference` advances its clock."""

    def __init__(
        self, params: ControlParams, servo: Servo, path: ExecutedPath, estimator: ContactEstimator
    ) -> None:
        self.params, self.servo, self.path, self.estimator = params, servo, path, estimator
        self.begin()

    def begin(self) -> None:
        """Start from the current state."""
        self.stage = RollbackStage.RETURN
        self.problem = ''  # why it cannot continue
        self.opening: float | None = None  # m, commanded to the gripper
        self._grip = 0.0  # m, measured opening with the object between the fingers
        self._was_holding = self.estimator.contact == Contact.HOLDING
        self._is_lowered = False
        self._since: float | None = None  # s, ROS time at which the arm came to rest in this stage
        self._touched, self._free = self.path.back_to_free(self.params.rollback_clearance)
        self._move: Move | None = None
        self._time = 0.0  # s, of the move

    def pause(self) -> None:
        """Delete the points already passed; the rest is planned again."""
        if isinstance(self._move, PathMove):
            self._drop(self._move.passed(self._time))
        self._move, self._since = None, None

    @property
    def is_done(self) -> bool:
        return self.stage == RollbackStage.DONE

    def reference(self, now: float, advance: float) -> Array | None:
        """Return the reference, (n,) rad or (4, 4) pose; None to come to rest."""
        if self.stage in (RollbackStage.CHECK, RollbackStage.OPEN):
            self._wait(now)
            return None
        if self.stage == RollbackStage.DONE or self.problem:
            return None
        if self._move is None:
            if not self.servo.tracker.is_still:
                return None
            self._move, self._time = self._plan(), 0.0
        if self._move is None:
            self._next()
            return None
        self._time += advance
        reference = self._move.at(self._time)
        if self._time >= self._move.duration:
            self._arrive()
        return reference

    @property
    def _points(self) -> list[PathPoint]:
        """The points of this stage that are still ahead."""
        return self._touched if self.stage == RollbackStage.RETURN else self._free

    def _plan(self) -> Move | None:
        """Return the move of this stage; None when there is no path to follow."""
        pose, speed = self.servo.pose, self.params.lift_speed
        if self.stage == RollbackStage.LOWER:
            return LiftMove(pose, -self._gap(), 0.5 * speed)
        if self.stage == RollbackStage.DEPART and (self._is_lowered or not self._free):
            return LiftMove(pose, self.params.rollback_clearance, speed)
        if not self._points:
            return None
        return PathMove(self.servo.q, self._points, self.servo.model, self.params)

    def _arrive(self) -> None:
        if isinstance(self._move, PathMove):
            self._drop(len(self._points))
        self._move = None
        self._next()

    def _drop(self, count: int) -> None:
        del self._points[:count]
        self.path.drop(count)

    def _next(self) -> None:
        """Go to the stage after one whose move has ended."""
        self._since = None
        if self.stage == RollbackStage.DEPART:
            self.stage = RollbackStage.DONE
        elif self.stage in (RollbackStage.RETURN, RollbackStage.LOWER) and self._was_holding:
            self._is_lowered |= self.stage == RollbackStage.LOWER
            self.stage = RollbackStage.CHECK
        else:
            self.stage = RollbackStage.DEPART

    def _wait(self, now: float) -> None:
        """At rest: check the support, open the gripper, wait until it is open."""
        if self._since is None:
            if self.servo.tracker.is_still:
                self._since = now
            return
        waited = now - self._since
        if self.stage == RollbackStage.CHECK:
            self._check_support(self._since, waited)
        elif self._is_open() and waited >= SETTLED:
            self.problem, self._since, self.stage = '', None, RollbackStage.DEPART
        elif waited > TIMEOUT:
            self.problem = 'the gripper does not open'

    def _is_open(self) -> bool:
        """True when the fingers have released the object, whatever their command."""
        return self.estimator.opening >= self._grip + RELEASED and self.estimator.is_steady

    def _check_support(self, since: float, waited: float) -> None:
        scene = self.estimator.scene
        if scene is None or not scene.stamp >= since + SETTLED:
            if waited > TIMEOUT:
                self.problem = 'no scene shows what is below the held object'
            return
        self.problem = ''
        self._since = None
        if self._gap() > self.params.support_gap:
            self.stage = RollbackStage.LOWER
            return
        self.opening, self._grip = self._release_opening(), self.estimator.opening
        self.stage = RollbackStage.OPEN

    def _gap(self) -> float:
        """Return how far, m, the held object would fall. 0 for a handle, and when perception
        reports none held: then the gripper is back where it closed.
        """
        held, scene = self.estimator.held, self.estimator.scene
        if held is None or scene is None or held.shape == 'drawer':
            return 0.0
        return max(drop_height(held, scene), 0.0)

    def _release_opening(self) -> float:
        """Return the opening for release, m: the widest on the approach, where there was room."""
        open_width = self.servo.model.config.gripper.open_width
        least = min(self.estimator.opening + 3.0 * RELEASED, open_width)
        if not self._free:
            return open_width
        return max(least, *(point.opening for point in self._free))
