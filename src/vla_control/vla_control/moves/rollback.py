"""Back along the executed path to the last state without contact; what is held is put down first.

The runtime half of SwitchVLA (arXiv 2506.03574): an instruction that changes in contact is undone,
not cut off. The hand opens only where the thing was picked up, or lower, on what is under it.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from vla_control.moves.contact_estimator import ContactEstimator, drop_height
from vla_control.moves.executed_path import ExecutedPath
from vla_control.moves.move import LiftMove, Move
from vla_control.moves.path_move import PathMove
from vla_control.params import ControlParams
from vla_control.tracking.servo import Servo
from vla_core.frozen import Array
from vla_core.records.action import Contact

LOOK = 2.0  # s, to wait for a scene that shows what is under the hand, and for the fingers to open
LEFT = 0.004  # m, fingers this much wider have left what they held
SETTLED = 0.3  # s, at rest before the scene counts: it shows what was a moment ago


class RollbackStage(Enum):
    """Where a roll-back stands."""

    BACK = 'back'  # to where the hand closed or began to touch
    LOOK = 'look'  # is there something under what is held?
    LOWER = 'lower'  # down to it
    OPEN = 'open'
    CLEAR = 'clear'  # away from the thing
    DONE = 'done'


class Rollback:
    """One roll-back; `reference` runs its clock."""

    def __init__(
        self, params: ControlParams, motion: Servo, memory: ExecutedPath, sense: ContactEstimator
    ) -> None:
        self.params, self.motion, self.memory, self.sense = params, motion, memory, sense
        self.begin()

    def begin(self) -> None:
        """Start from where the arm is."""
        self.leg = RollbackStage.BACK
        self.problem = ''  # why it cannot go on
        self.opening: float | None = None  # m, asked of the fingers
        self._grip = 0.0  # m, measured opening with the thing between them
        self._was_holding = self.sense.contact == Contact.HOLDING
        self._is_lowered = False
        self._since: float | None = None  # s, ROS time at which the arm rested in this leg
        self._touched, self._free = self.memory.back_to_free(self.params.rollback_clear)
        self._move: Move | None = None
        self._time = 0.0  # s, of the move

    def pause(self) -> None:
        """The arm is held back: what was gone back is forgotten, the rest is planned again."""
        if isinstance(self._move, PathMove):
            self._forget(self._move.passed(self._time))
        self._move, self._since = None, None

    @property
    def is_done(self) -> bool:
        return self.leg == RollbackStage.DONE

    def reference(self, now: float, advance: float) -> Array | None:
        """Where the arm is to be, (n,) rad or (4, 4) pose; None to rest there."""
        if self.leg in (RollbackStage.LOOK, RollbackStage.OPEN):
            self._rest(now)
            return None
        if self.leg == RollbackStage.DONE or self.problem:
            return None
        if self._move is None:
            if not self.motion.tracker.is_still:
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

    def _plan(self) -> Move | None:
        """The move of this leg; None when there is no way to go."""
        pose, speed = self.motion.pose, self.params.lift_speed
        if self.leg == RollbackStage.LOWER:
            return LiftMove(pose, -self._gap(), 0.5 * speed)
        way = self._touched if self.leg == RollbackStage.BACK else self._free
        if self.leg == RollbackStage.CLEAR and (self._is_lowered or not way):
            return LiftMove(pose, self.params.rollback_clear, speed)
        if not way:
            return None
        return PathMove(self.motion.q, way, self.motion.model, self.params)

    def _arrive(self) -> None:
        if isinstance(self._move, PathMove):
            self._forget(len(self._touched if self.leg == RollbackStage.BACK else self._free))
        self._move = None
        self._next()

    def _forget(self, count: int) -> None:
        way = self._touched if self.leg == RollbackStage.BACK else self._free
        del way[:count]
        self.memory.drop(count)

    def _next(self) -> None:
        """The leg after one whose way is at its end."""
        self._since = None
        if self.leg == RollbackStage.CLEAR:
            self.leg = RollbackStage.DONE
        elif self.leg in (RollbackStage.BACK, RollbackStage.LOWER) and self._was_holding:
            self._is_lowered |= self.leg == RollbackStage.LOWER
            self.leg = RollbackStage.LOOK
        else:
            self.leg = RollbackStage.CLEAR

    def _rest(self, now: float) -> None:
        """Look whether the hand may open, open it, see that it has."""
        if self._since is None:
            if self.motion.tracker.is_still:
                self._since = now
            return
        waited = now - self._since
        if self.leg == RollbackStage.LOOK:
            self._look(waited)
        elif self._is_open() and waited >= SETTLED:
            self.problem, self._since, self.leg = '', None, RollbackStage.CLEAR
        elif waited > LOOK:
            self.problem = 'the hand does not open'

    def _is_open(self) -> bool:
        """True when the fingers have left what they held, whatever they were asked."""
        return self.sense.opening >= self._grip + LEFT and self.sense.is_steady

    def _look(self, waited: float) -> None:
        scene = self.sense.scene
        since = self._since if self._since is not None else np.inf
        if scene is None or not scene.stamp >= since + SETTLED:
            if waited > LOOK:
                self.problem = 'it cannot be seen whether something is under what the hand holds'
            return
        self.problem = ''
        self._since = None
        if self._gap() > self.params.support_gap:
            self.leg = RollbackStage.LOWER
            return
        self.opening, self._grip = self._wide(), self.sense.opening
        self.leg = RollbackStage.OPEN

    def _gap(self) -> float:
        """m, what is held would fall; 0 for a handle, and for what perception does not see held:
        then the hand is back where it closed.
        """
        held, scene = self.sense.held, self.sense.scene
        if held is None or scene is None or held.shape == 'drawer':
            return 0.0
        return max(drop_height(held, scene), 0.0)

    def _wide(self) -> float:
        """m, as open as the hand was on the way here: there was room for that."""
        whole = self.motion.model.config.gripper.open_width
        least = min(self.sense.opening + 3.0 * LEFT, whole)
        return max((least, *(point.opening for point in self._free))) if self._free else whole
