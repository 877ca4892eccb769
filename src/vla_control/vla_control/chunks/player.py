"""Plays chunks: validates and blends them, and returns the reference due by executed time."""

from __future__ import annotations

import math

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

    def __init__(self, params: ControlParams, servo: Servo) -> None:
        self.params, self.servo = params, servo
        self.history = JointHistory()
        self.progress = Progress()
        self.blend = Blend(self._window)
        self.chunk: ActionChunk | None = None  # the newest accepted
        self.seq = -1  # of it
        self.stamp = -math.inf  # s, observation of it
        self.lateness = 0.0  # s, its arrival minus its row 0
        self._first_row = 0  # of it that was executed

    def clear(self) -> None:
        """Stop playing; keep the sequence number."""
        self.blend.clear()
        self.chunk = None

    def new_task(self) -> None:
        """Stop playing and reset the sequence number."""
        self.clear()
        self.seq, self.stamp, self.lateness, self._first_row = -1, -math.inf, 0.0, 0

    def put(self, chunk: ActionChunk, expected: Expected, now: float) -> str:
        """Accept the chunk; return the reason when it is refused, else ''."""
        reason = refusal(chunk, expected, now, self.params)
        if reason:
            return reason
        base = None
        if chunk.space == Space.EE_DELTA:
            q = self.history.at(chunk.stamp)
            if q is None:
                return f'no joint states around {chunk.stamp:.3f} s, the stamp of the chunk'
            base = self.servo.model.fk(q)
        self.seq, self.stamp, self.lateness = chunk.seq, chunk.stamp, now - chunk.start
        if chunk.mode == Mode.HOLD:
            self.clear()
            return ''
        if chunk.mode == Mode.ADVANCE:  # discards all queued motion
            self.blend.clear()
        self._accept(chunk, base, now)
        return ''

    def _accept(self, chunk: ActionChunk, base: Array | None, now: float) -> None:
        trajectory = trajectory_of(chunk, self.servo.model.limits.names, base)
        executed = self.progress.at(now)
        zero = self.progress.at(chunk.stamp) + chunk.start - chunk.stamp
        if base is not None:  # the arm reached this pose `lag` s after the command did
            zero -= self.params.lag
        current = self.servo.pose if trajectory.is_pose else self.servo.q
        self.blend.push(Layer(trajectory, zero, chunk.step, max(executed, zero)), current)
        self.chunk = chunk
        self._first_row = max(int(self.progress.row(chunk, now)), 0)

    def _window(self, old: Array, new: Array) -> float:
        """Return the time in s for replacing `old` by `new`: longer the further apart they are, so
        that the smooth step, whose acceleration peaks at 6 d / window^2, leaves acceleration for
        the motion itself.
        """
        distance = self.servo.joint_distance(old, new) / self.servo.tracker.acceleration
        window = float(np.sqrt(6.0 * distance.max() / RAMP_SHARE))
        return min(max(window, self.params.blend_window), self.params.max_blend_window)

    def reference(self, now: float) -> Array | None:
        """Return the reference at `now`, (4, 4) base_from_tcp or (n,) rad; None when there is
        nothing to play.
        """
        if self.chunk is None or self.blend.is_empty:
            return None
        if not now < timeline.deadline(self.chunk, self.params.hold_limit):
            self.clear()
            return None
        return self.blend.at(self.progress.at(now))

    def opening(self, now: float) -> float | None:
        """Return the gripper opening, m, of the newest chunk at `now`; None when it has none. A
        ROLLBACK chunk never moves the fingers: only control's own roll-back opens them, above a
        support.
        """
        if self.chunk is not None and self.chunk.mode == Mode.ROLLBACK:
            return None
        return opening_at(self.chunk, self.progress.row(self.chunk, now)) if self.chunk else None

    def executed_steps(self, now: float) -> int:
        """Return how many rows of the newest chunk were executed; rows skipped because it came
        late do not count.
        """
        if self.chunk is None:
            return 0
        row = min(int(self.progress.row(self.chunk, now)), self.chunk.horizon - 1)
        return max(row - self._first_row + 1, 0)
