"""The failure detector: scores the policy's features and votes.

With a calibration the verdict comes from head and band, and from two free signals: commanded
motion without measured motion, and a gripper closed without an object. Without a calibration (a
policy without features, or a checkpoint that was not calibrated) only the free signals are used,
and every score says so.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import ActionChunk, PolicyFeatures
from vla_core.records.safety import FailureScore, Level, SafetyVote
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_monitor.failure.attempt import Attempt, AttemptJudgement, DetectorParams
from vla_monitor.failure.band import recentred
from vla_monitor.failure.calibration import Calibration
from vla_monitor.failure.signals import Signals, kind_of

VOTER = 'failure'
FREE = 'free signals only'


class FailureDetector:
    """Detector of one robot; a new attempt of the task or inference 0 starts it afresh."""

    def __init__(
        self,
        params: DetectorParams,
        calibration: Calibration | None,
        period: float,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.params, self.calibration, self.period, self._clock = (
            params,
            calibration,
            period,
            clock,
        )
        if calibration is not None:
            calibration.band.require(params.alpha)
        self.signals = Signals(params.signals)
        self._status: TaskStatus | None = None
        self._successes: dict[str, list[Array]] = {}  # scores, by kind of task
        self._pending: list[tuple[str, Any]] = []
        self._votes = 0
        self._due = 0.0  # s, when features are overdue
        self._begin(0.0)

    @property
    def about(self) -> str:
        """Basis of the verdicts, for people."""
        return FREE if self.calibration is None else f'band {self.calibration.band_id}'

    def observe(self, topic: str, record: Any, now: float) -> None:
        """Process a record at `now` s; 'unreadable' carries why features were not decoded."""
        self.signals.observe(topic, record, now)
        if topic == 'status':
            self._on_status(record, now)
        elif topic == 'features' and self.calibration is not None and self._is_mine(record):
            self._on_features(record, now)
        elif topic == 'unreadable' and self.calibration is not None and self._is_running:
            self._on_unreadable(record, now)
        elif topic == 'candidates' and self._is_running:
            self._on_candidates(record, now)

    def outputs(self, now: float) -> list[tuple[str, Any]]:
        """Return the scores since the last call, one of UNKNOWN when features are overdue."""
        if self._is_running and self.calibration is not None and now >= self._due:
            self._due = now + self.period
            self._add_score(now, self._attempt.silent(), self._clock())
        pending, self._pending = self._pending, []
        return pending

    def vote(self, now: float) -> SafetyVote:
        """Return RUN outside attempts; SLOW when this one may fail; HOLD on failure or unknown."""
        level, scale, reason = Level.RUN, 1.0, ''
        if self._is_running:
            level, scale, reason = self._attempt.permission()
        self._votes += 1
        task_id = self._status.task_id if self._status else ''
        reasons = (reason,) if reason else ()
        return SafetyVote(
            now, VOTER, self._votes, level, scale, self.params.vote_ttl, task_id, reasons
        )

    @property
    def _is_running(self) -> bool:
        return self._status is not None and self._status.phase == Phase.RUNNING

    def _begin(self, now: float) -> None:
        """Start a new attempt without state of the last one."""
        self._attempt = Attempt(self.params, self.calibration)
        self._waiting: PolicyFeatures | None = None  # for the chunk of the same inference
        self._due = now + self.params.grace

    def on_clock_jump(self, now: float) -> None:
        """Wait for new features and signals; a failure of the attempt persists."""
        self._waiting, self._due = None, now + self.params.grace
        self.signals.on_clock_jump(now)

    def _on_status(self, status: TaskStatus, now: float) -> None:
        was, self._status = self._status, status
        if was is None or (was.task_id, was.attempt) != (status.task_id, status.attempt):
            self._begin(now)
        elif self._is_running and was.phase != Phase.RUNNING:
            self._due = now + self.params.grace
        is_success = status.phase == Phase.DONE and status.code == ResultCode.SUCCEEDED
        if is_success and was and was.phase == Phase.RUNNING and self._attempt.scores:
            kind = kind_of(self.signals.scene)
            self._successes.setdefault(kind, []).append(np.array(self._attempt.scores))

    def _is_mine(self, feature: PolicyFeatures) -> bool:
        """False for features of another task or of a finished attempt."""
        if not self._is_running or self._status is None:
            return False
        if feature.episode_id != self._status.task_id:
            return False
        if feature.infer_index == 0:
            self._waiting = None
            self._attempt.restart(self._shift())
        return feature.infer_index == 0 or self._attempt.index >= 0 or self._waiting is not None

    def _shift(self) -> Array:
        """(T,) by which the band of this kind of task is raised."""
        assert self.calibration is not None
        return recentred(
            self.calibration.band, self._successes.get(kind_of(self.signals.scene), [])
        )

    def _on_features(self, feature: PolicyFeatures, now: float) -> None:
        """Store features until the chunk of the same inference, or the next features, arrive."""
        if self._waiting is not None:
            self._judge(self._waiting, now)
        self._waiting = feature
        self._pair(now)

    def _on_unreadable(self, reason: str, now: float) -> None:
        """Handle features that were not decoded: an unusable inference, not silence."""
        if self._waiting is not None:
            self._judge(self._waiting, now)
        began = self._clock()
        self._due = now + self.params.silence * self.period
        self._add_score(
            now, self._attempt.unusable(f'features cannot be decoded: {reason}'), began
        )

    def _on_candidates(self, chunks: tuple[ActionChunk, ...], now: float) -> None:
        if self.calibration is not None:
            self._pair(now)
        elif chunks:
            began = self._clock()
            self._add_score(
                chunks[0].stamp, self._attempt.on_signals(self.signals.row(now)), began
            )

    def _pair(self, now: float) -> None:
        chunk, feature = self.signals.chunk, self._waiting
        if feature is not None and chunk is not None and chunk.stamp == feature.stamp:
            self._judge(feature, now)

    def _judge(self, feature: PolicyFeatures, now: float) -> None:
        began, self._waiting = self._clock(), None
        self._due = now + self.params.silence * self.period
        row = self.signals.row(now)
        found = self._attempt.on_features(feature, row, self.signals.chunk)
        self._add_score(feature.stamp, found, began)

    def _add_score(self, stamp: float, found: AttemptJudgement, began: float) -> None:
        attempt, task_id = self._attempt, self._status.task_id if self._status else ''
        alpha, band = (
            (self.params.alpha, self.calibration.band_id) if self.calibration else (0.0, FREE)
        )
        score = FailureScore(
            stamp, task_id, attempt.index, found.score, found.threshold, alpha, attempt.verdict,
            band, self._clock() - began, attempt.reason,
        )  # fmt: skip
        self._pending.append(('failure', score))
