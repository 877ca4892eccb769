"""Plays chunks: accepts or refuses them, blends them by executed time, and says what they ask for
now.
"""

from __future__ import annotations

import numpy as np

from vla_control.chunks.blend import Blend, Layer
from vla_control.chunks.trajectory import opening_at, trajectory_of
from vla_control.chunks.validity import Expected, refusal
from vla_control.params import ControlParams
from vla_control.tracking.joint_history import JointHistory
from vla_control.tracking.servo import Servo
from vla_core import timeline
from vla_core.frozen import Array
from vla_core.records.action import ActionChunk, Mode, Space
from vla_core.timeline import Progress

RAMP_SHARE = 0.2  # of the acceleration limits, for replacing one chunk by the next


class ChunkPlayer:
    """The chunks of the current task."""

    def __init__(self, params: ControlParams, motion: Servo) -> None:
        self.params, self.motion = params, motion
        self.history = JointHistory()
        self.progress = Progress()
        self.blend = Blend(self._window)
        self.chunk: ActionChunk | None = None  # the newest accepted
        self.seq = -1  # of it
        self.lateness = 0.0  # s, its arrival minus its row 0
        self._first_row = 0  # of it that was executed

    def clear(self) -> None:
        """Stop playing; the sequence number stays."""
        self.blend.clear()
        self.chunk = None

    def new_task(self) -> None:
        """Stop playing and forget what was played."""
        self.clear()
        self.seq, self.lateness, self._first_row = -1, 0.0, 0

    def put(self, chunk: ActionChunk, expected: Expected, now: float) -> str:
        """Take the chunk in; why not, when it is refused."""
        reason = refusal(chunk, expected, now, self.params)
        if reason:
            return reason
        base = None
        if chunk.space == Space.EE_DELTA:
            q = self.history.at(chunk.stamp)
            if q is None:
                return (
                    f'no joint states around {chunk.stamp:.3f} s, which the chunk is relative to'
                )
            base = self.motion.model.fk(q)
        self.seq, self.lateness = chunk.seq, now - chunk.start
        if chunk.mode == Mode.HOLD:
            self.clear()
            return ''
        if chunk.mode == Mode.ADVANCE:  # nothing of what was queued is played
            self.blend.clear()
        self._take(chunk, base, now)
        return ''

    def _take(self, chunk: ActionChunk, base: Array | None, now: float) -> None:
        track = trajectory_of(chunk, self.motion.model.limits.names, base)
        played = self.progress.at(now)
        zero = self.progress.at(chunk.stamp) + chunk.start - chunk.stamp
        if base is not None:  # the arm was there when the command had been for `lag` s
            zero -= self.params.lag
        current = self.motion.pose if track.is_pose else self.motion.q
        self.blend.push(Layer(track, zero, chunk.step, max(played, zero)), current)
        self.chunk = chunk
        self._first_row = max(int(self.progress.row(chunk, now)), 0)

    def _window(self, old: Array, new: Array) -> float:
        """s in which `new` replaces `old`: longer the further they are apart, so that the smooth
        step, whose acceleration peaks at 6 d / window^2, leaves room for the motion itself.
        """
        away = self.motion.distance(old, new) / self.motion.tracker.acceleration
        easy = float(np.sqrt(6.0 * away.max() / RAMP_SHARE))
        return min(max(easy, self.params.blend_window), self.params.blend_longest)

    def reference(self, now: float) -> Array | None:
        """(4, 4) base_from_tcp or (n,) rad to be at now; None when there is nothing to play."""
        if self.chunk is None or self.blend.is_empty:
            return None
        if not now < timeline.deadline(self.chunk, self.params.hold_limit):
            self.clear()
            return None
        return self.blend.at(self.progress.at(now))

    def opening(self, now: float) -> float | None:
        """m, opening that the newest chunk asks for now; None when it asks for none. A chunk that
        goes back moves no fingers: only control's own roll-back opens them, over something.
        """
        if self.chunk is not None and self.chunk.mode == Mode.ROLLBACK:
            return None
        return opening_at(self.chunk, self.progress.row(self.chunk, now)) if self.chunk else None

    def executed_steps(self, now: float) -> int:
        """Rows of the newest chunk that were executed; those skipped because it came late do not
        count.
        """
        if self.chunk is None:
            return 0
        row = min(int(self.progress.row(self.chunk, now)), self.chunk.horizon - 1)
        return max(row - self._first_row + 1, 0)
