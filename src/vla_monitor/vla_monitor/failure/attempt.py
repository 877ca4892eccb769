"""What is known of one attempt: scores against the band, and what the free signals say."""

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
    """When the detector warns, alarms, and gives up."""

    alpha: float = param(
        0.05, 'false alarms among successes: FAIL, which costs a try', lo=0.01, hi=0.5
    )
    suspect_alpha: float = param(0.15, 'the same for SUSPECT', lo=0.01, hi=0.9)
    slow_scale: float = param(0.5, 'of full speed while SUSPECT', lo=0.05, hi=1.0)
    silence: float = param(3.0, 'periods without features: UNKNOWN', lo=1.0, hi=20.0)
    grace: float = param(1.5, 's, for the first features of an attempt', lo=0.1, hi=10.0)
    broken: int = param(2, 'unusable features in a row before holding', lo=1, hi=10)
    stuck_suspect: float = param(1.5, 's, stuck', lo=0.2, hi=60.0)
    stuck_fail: float = param(6.0, 's, stuck', lo=0.2, hi=60.0)
    empty_suspect: float = param(1.5, 's, the hand closed on nothing', lo=0.2, hi=60.0)
    empty_fail: float = param(5.0, 's, the hand closed on nothing', lo=0.2, hi=60.0)
    vote_ttl: float = param(0.3, 's', lo=0.05, hi=1.0)
    signals: SignalParams = field(default_factory=SignalParams)

    def __post_init__(self) -> None:
        check(self)
        if not self.alpha <= self.suspect_alpha:
            raise ValueError('suspect_alpha must not be smaller than alpha')
        early = self.stuck_suspect <= self.stuck_fail and self.empty_suspect <= self.empty_fail
        if not early:
            raise ValueError('suspicion must not come after failure')


@dataclass(frozen=True)
class AttemptJudgement:
    """Of one inference."""

    score: float  # NaN: it cannot be told
    threshold: float


UNTOLD = AttemptJudgement(math.nan, math.nan)


class Attempt:
    """One try. FAIL stays for the rest of it; the free signals may raise a verdict, never lower
    it."""

    def __init__(self, params: DetectorParams, made: Calibration | None) -> None:
        self.params, self.made = params, made
        self._width = made.binding.width if made else 0
        self._failed = ''  # why
        self._last = UNTOLD  # of the last inference that could be judged
        self.restart(np.zeros(1))

    def restart(self, shift: Array) -> None:
        """The policy begins anew; its band is raised by `shift` (T,). A failure stays."""
        self.index = -1  # of the last inference
        self.scores: list[float] = []
        self._shift = shift
        self._stream = self.made.head.stream() if self.made else None
        self._verdict, self._why = Verdict.OK, ''
        self._bad = 0  # unusable features in a row

    @property
    def verdict(self) -> Verdict:
        return Verdict.FAIL if self._failed else self._verdict

    @property
    def why(self) -> str:
        return self._failed or self._why

    def permission(self) -> tuple[Level, float, str]:
        """Return level, speed scale and reason of a vote."""
        if self._failed:
            return Level.HOLD, 0.0, f'it is failing: {self._failed}'
        if self._verdict == Verdict.UNKNOWN:
            is_once = 0 < self._bad < self.params.broken
            return (Level.RUN, 1.0, '') if is_once else (Level.HOLD, 0.0, self._why)
        if self._verdict == Verdict.SUSPECT:
            return Level.SLOW, self.params.slow_scale, f'it may fail: {self._why}'
        return Level.RUN, 1.0, ''

    def silent(self) -> AttemptJudgement:
        """The policy says nothing."""
        self._verdict, self._why, self._bad = Verdict.UNKNOWN, 'no features from the policy', 0
        return self._untold

    def unusable(self, why: str) -> AttemptJudgement:
        """One inference that cannot be judged."""
        self._bad += 1
        self._verdict, self._why = Verdict.UNKNOWN, why
        return self._untold

    @property
    def _untold(self) -> AttemptJudgement:
        """No score; after a failure, which stays, the last one: a verdict has a number with it."""
        return self._last if self._failed else UNTOLD

    def on_signals(self, row: Array) -> AttemptJudgement:
        """One inference of a policy without features."""
        self.index += 1
        self._verdict, self._why = Verdict.OK, ''
        self._weigh(row)
        p = self.params
        worst = max(row[STUCK] / p.stuck_fail, row[EMPTY] / p.empty_fail)
        self._last = AttemptJudgement(float(worst), 1.0)
        return self._last

    def on_features(
        self, feature: PolicyFeatures, row: Array, chunk: ActionChunk | None
    ) -> AttemptJudgement:
        """One inference: score against threshold, then the free signals."""
        assert self._stream is not None
        self.index = feature.infer_index
        problem = self._misfit(feature, chunk)
        score = math.nan if problem else self._stream.step(feature.feature, row)
        if not math.isfinite(score):
            return self.unusable(problem or 'the score is no number')
        self._bad = 0
        self.scores.append(score)
        self._last = AttemptJudgement(score, self._compare(score))
        self._weigh(row)
        return self._last

    def _misfit(self, feature: PolicyFeatures, chunk: ActionChunk | None) -> str:
        """Return why these features cannot be judged; '' when they can."""
        assert self.made is not None
        binding = self.made.binding
        if feature.schema != binding.schema:
            return f'features are {feature.schema}, calibrated for {binding.schema}'
        if feature.feature.shape != (self._width,):
            return f'features are {feature.feature.size} numbers, calibrated for {self._width}'
        if not np.isfinite(feature.feature).all():
            return 'features are not finite'
        if chunk is not None and (chunk.horizon, chunk.step) != (binding.horizon, binding.step):
            return f'chunks have {chunk.horizon} rows of {chunk.step:g} s, not as calibrated'
        return ''

    def _compare(self, score: float) -> float:
        """Set the verdict of the band; return its threshold."""
        assert self.made is not None
        p, band = self.params, self.made.band
        k = min(self.index, len(band) - 1)
        base, wide = band.centre[k] + self._shift[min(k, len(self._shift) - 1)], band.width[k]
        limit = float(base + band.height(p.alpha) * wide)
        self._verdict, self._why = Verdict.OK, ''
        if not score <= limit:
            self._fail(f'score {score:.2f} above {limit:.2f}')
        elif not score <= base + band.height(p.suspect_alpha) * wide:
            self._suspect(f'score {score:.2f} near {limit:.2f}')
        elif self.index >= len(band):
            self._suspect('it takes longer than any success did')
        return limit

    def _weigh(self, row: Array) -> None:
        """Let the free signals raise the verdict."""
        p = self.params
        for value, suspect, fail, why in (
            (row[STUCK], p.stuck_suspect, p.stuck_fail, 'motion is asked for and none comes'),
            (row[EMPTY], p.empty_suspect, p.empty_fail, 'the hand is closed on nothing'),
        ):
            if not value < fail:
                self._fail(f'{why}, for {value:.1f} s')
            elif not value < suspect:
                self._suspect(f'{why}, for {value:.1f} s')

    def _fail(self, why: str) -> None:
        self._verdict, self._why = Verdict.FAIL, why
        self._failed = self._failed or why

    def _suspect(self, why: str) -> None:
        if self._verdict == Verdict.OK:
            self._verdict, self._why = Verdict.SUSPECT, why
