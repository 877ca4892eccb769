"""State of one attempt: scores compared with the band, and the free signals."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.action import ActionChunk, PolicyFeatures
from vla_core.records.safety import Level, Verdict
from vla_monitor.failure.calibration import Calibration
from vla_monitor.failure.signals import SIGNALS, SignalParams

STUCK, EMPTY = SIGNALS.index('stuck'), SIGNALS.index('empty')


@dataclass(frozen=True)
class DetectorParams:
    """Thresholds of the verdicts and votes."""

    alpha: float = param(0.05, 'false-alarm rate of FAIL, which ends the attempt', lo=0.01, hi=0.5)
    suspect_alpha: float = param(0.15, 'false-alarm rate of SUSPECT', lo=0.01, hi=0.9)
    slow_scale: float = param(0.5, 'fraction of full speed while SUSPECT', lo=0.05, hi=1.0)
    silence: float = param(3.0, 'periods without features before UNKNOWN', lo=1.0, hi=20.0)
    grace: float = param(1.5, 's, wait for the first features of an attempt', lo=0.1, hi=10.0)
    broken: int = param(2, 'unusable features in a row before HOLD', lo=1, hi=10)
    stuck_suspect: float = param(1.5, 's, stuck before SUSPECT', lo=0.2, hi=60.0)
    stuck_fail: float = param(6.0, 's, stuck before FAIL', lo=0.2, hi=60.0)
    empty_suspect: float = param(1.5, 's, empty gripper before SUSPECT', lo=0.2, hi=60.0)
    empty_fail: float = param(5.0, 's, empty gripper before FAIL', lo=0.2, hi=60.0)
    vote_ttl: float = param(0.3, 's, time to live of a vote', lo=0.05, hi=1.0)
    signals: SignalParams = field(default_factory=SignalParams)

    def __post_init__(self) -> None:
        check(self)
        if not self.alpha <= self.suspect_alpha:
            raise ValueError('suspect_alpha must not be smaller than alpha')
        for name in ('stuck', 'empty'):
            if not getattr(self, f'{name}_suspect') <= getattr(self, f'{name}_fail'):
                raise ValueError(f'{name}_suspect must not be greater than {name}_fail')


@dataclass(frozen=True)
class AttemptJudgement:
    """Score and threshold of one inference."""

    score: float  # NaN: unknown
    threshold: float


NO_SCORE = AttemptJudgement(math.nan, math.nan)


class Attempt:
    """One attempt. FAIL persists until its end; the free signals may raise a verdict, never lower
    it."""

    def __init__(self, params: DetectorParams, calibration: Calibration | None) -> None:
        self.params, self.calibration = params, calibration
        self._width = calibration.binding.width if calibration else 0
        self._failed = ''  # reason
        self._last = NO_SCORE  # of the last scored inference
        self.restart(np.zeros(1))

    def restart(self, shift: Array) -> None:
        """Restart at inference 0; the band is raised by `shift` (T,). A failure persists."""
        self.index = -1  # of the last inference
        self.scores: list[float] = []
        self._shift = shift
        self._stream = self.calibration.head.stream() if self.calibration else None
        self._verdict, self._reason = Verdict.OK, ''
        self._bad = 0  # unusable features in a row

    @property
    def verdict(self) -> Verdict:
        return Verdict.FAIL if self._failed else self._verdict

    @property
    def reason(self) -> str:
        return self._failed or self._reason

    def permission(self) -> tuple[Level, float, str]:
        """Return level, speed scale and reason of a vote."""
        if self._failed:
            return Level.HOLD, 0.0, f'failure detected: {self._failed}'
        if self._verdict == Verdict.UNKNOWN:
            is_once = 0 < self._bad < self.params.broken
            return (Level.RUN, 1.0, '') if is_once else (Level.HOLD, 0.0, self._reason)
        if self._verdict == Verdict.SUSPECT:
            return Level.SLOW, self.params.slow_scale, f'possible failure: {self._reason}'
        return Level.RUN, 1.0, ''

    def silent(self) -> AttemptJudgement:
        """Set UNKNOWN: features are overdue."""
        self._verdict, self._reason, self._bad = Verdict.UNKNOWN, 'no features from the policy', 0
        return self._no_score

    def unusable(self, reason: str) -> AttemptJudgement:
        """Set UNKNOWN: one inference has unusable features."""
        self._bad += 1
        self._verdict, self._reason = Verdict.UNKNOWN, reason
        return self._no_score

    @property
    def _no_score(self) -> AttemptJudgement:
        """No score; after a failure, which persists, the last score."""
        return self._last if self._failed else NO_SCORE

    def on_signals(self, row: Array) -> AttemptJudgement:
        """Process one inference of a policy without features."""
        self.index += 1
        self._verdict, self._reason = Verdict.OK, ''
        self._apply_signals(row)
        p = self.params
        worst = max(row[STUCK] / p.stuck_fail, row[EMPTY] / p.empty_fail)
        self._last = AttemptJudgement(float(worst), 1.0)
        return self._last

    def on_features(
        self, feature: PolicyFeatures, row: Array, chunk: ActionChunk | None
    ) -> AttemptJudgement:
        """Process one inference: score against threshold, then the free signals."""
        assert self._stream is not None
        self.index = feature.infer_index
        problem = self._mismatch(feature, chunk)
        score = math.nan if problem else self._stream.step(feature.feature, row)
        if not math.isfinite(score):
            return self.unusable(problem or 'the score is not finite')
        self._bad = 0
        self.scores.append(score)
        self._last = AttemptJudgement(score, self._compare(score))
        self._apply_signals(row)
        return self._last

    def _mismatch(self, feature: PolicyFeatures, chunk: ActionChunk | None) -> str:
        """Return why these features cannot be scored; '' when they can."""
        assert self.calibration is not None
        binding = self.calibration.binding
        if feature.schema != binding.schema:
            return f'features are {feature.schema}, calibrated for {binding.schema}'
        if feature.feature.shape != (self._width,):
            return f'features have {feature.feature.size} values, calibrated for {self._width}'
        if not np.isfinite(feature.feature).all():
            return 'features are not finite'
        if chunk is not None and (chunk.horizon, chunk.step) != (binding.horizon, binding.step):
            return f'chunks have {chunk.horizon} rows of {chunk.step:g} s, unlike the calibration'
        return ''

    def _compare(self, score: float) -> float:
        """Set the verdict of the band; return its threshold."""
        assert self.calibration is not None
        p, band = self.params, self.calibration.band
        k = min(self.index, len(band) - 1)
        base, wide = band.centre[k] + self._shift[min(k, len(self._shift) - 1)], band.width[k]
        limit = float(base + band.height(p.alpha) * wide)
        self._verdict, self._reason = Verdict.OK, ''
        if not score <= limit:
            self._fail(f'score {score:.2f} above {limit:.2f}')
        elif not score <= base + band.height(p.suspect_alpha) * wide:
            self._suspect(f'score {score:.2f} near {limit:.2f}')
        elif self.index >= len(band):
            self._suspect('the attempt is longer than any calibration success')
        return limit

    def _apply_signals(self, row: Array) -> None:
        """Let the free signals raise the verdict."""
        p = self.params
        for value, suspect, fail, reason in (
            (
                row[STUCK],
                p.stuck_suspect,
                p.stuck_fail,
                'motion is commanded but none is measured',
            ),
            (row[EMPTY], p.empty_suspect, p.empty_fail, 'the gripper is closed without an object'),
        ):
            if not value < fail:
                self._fail(f'{reason}, for {value:.1f} s')
            elif not value < suspect:
                self._suspect(f'{reason}, for {value:.1f} s')

    def _fail(self, reason: str) -> None:
        self._verdict, self._reason = Verdict.FAIL, reason
        self._failed = self._failed or reason

    def _suspect(self, reason: str) -> None:
        if self._verdict == Verdict.OK:
            self._verdict, self._reason = Verdict.SUSPECT, reason
