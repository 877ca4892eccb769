"""The detector: scores, votes, and resets."""

import dataclasses
import math

import numpy as np
import pytest
from attempts import (
    WIDTH,
    calibration,
    chunk,
    features,
    rollouts,
    scene,
    status,
    tool_state,
)

from vla_core.errors import UserError
from vla_core.records.safety import Level, Verdict
from vla_core.records.task import Phase
from vla_monitor.failure.attempt import DetectorParams
from vla_monitor.failure.detector import FREE, FailureDetector

BAD, FINE = (next(t for t in rollouts(8, seed=9) if t.is_failure is k) for k in (True, False))


class Rig:
    """A detector in an attempt, fed one inference at a time."""

    def __init__(self, made, **params):
        self.detector = FailureDetector(DetectorParams(**params), made, 0.2)
        self.now, self.index = 1.0, 0
        self.begin()

    def begin(self, **changes):
        self.detector.observe('status', status(**changes), self.now)
        self.detector.observe('scene', scene(self.now), self.now)
        self.index = 0

    def infer(self, values, **changes):
        """Run one inference; return the published scores."""
        self.now += 0.2
        self.detector.observe(
            'control_state', tool_state(self.now, x=0.4 + 0.05 * self.now), self.now
        )
        self.detector.observe(
            'features', features(self.index, values, self.now, **changes), self.now
        )
        self.detector.observe('candidates', (chunk(self.now),), self.now)
        self.index += 1
        return [score for _, score in self.detector.outputs(self.now)]

    def play(self, trace):
        return [self.infer(values)[0] for values in trace.feature]

    @property
    def vote(self):
        return self.detector.vote(self.now)


@pytest.fixture
def rig(made):
    return Rig(made)


def test_a_failing_attempt_slows_then_holds_and_stays_held(rig):
    scores = [score.verdict for score in rig.play(BAD)]
    first = scores.index(Verdict.FAIL)
    assert Verdict.SUSPECT in scores[:first]
    assert set(scores[first:]) == {Verdict.FAIL}
    assert rig.vote.level == Level.HOLD
    for _ in range(3):
        assert rig.infer(FINE.feature[0])[0].verdict == Verdict.FAIL
    assert 'failure detected: score' in rig.vote.reasons[0]


def test_a_successful_attempt_runs(rig):
    scores = rig.play(FINE)
    assert {score.verdict for score in scores} == {Verdict.OK}
    assert rig.vote.level == Level.RUN
    assert [score.infer_index for score in scores] == list(range(len(FINE)))


def test_scores_are_those_of_the_head_and_name_their_band(rig, made):
    scores = rig.play(BAD)
    np.testing.assert_allclose([s.score for s in scores], made.head.score(BAD), atol=1e-5)
    limit = made.band.threshold(DetectorParams().alpha)
    wanted = limit[np.minimum(np.arange(len(BAD)), len(limit) - 1)]
    np.testing.assert_allclose([s.threshold for s in scores], wanted)
    assert {(s.band_id, s.alpha, s.episode_id) for s in scores} == {
        ('band', DetectorParams().alpha, 't')
    }


def test_a_new_try_starts_over(rig):
    rig.play(BAD)
    rig.begin(attempt=2)
    assert rig.vote.level == Level.RUN
    assert rig.infer(FINE.feature[0])[0].verdict == Verdict.OK


def test_a_policy_that_starts_over_within_a_try_does_not_undo_a_failure(rig):
    rig.play(BAD)
    rig.index = 0
    assert rig.infer(FINE.feature[0])[0].verdict == Verdict.FAIL


def test_outside_of_attempts_it_has_no_objection(rig):
    rig.play(BAD)
    for phase in (Phase.RETREAT, Phase.ROLLBACK, Phase.HOMING, Phase.ASKING, Phase.IDLE):
        rig.detector.observe('status', status(phase=phase), rig.now)
        assert rig.vote.level == Level.RUN
    assert rig.infer(BAD.feature[-1]) == []


def test_silence_is_unknown_and_holds_until_the_policy_speaks(rig):
    rig.infer(FINE.feature[0])
    assert rig.detector.outputs(rig.now + 0.55) == []
    scores = rig.detector.outputs(rig.now + 0.61)
    assert [score.verdict for _, score in scores] == [Verdict.UNKNOWN]
    assert math.isnan(scores[0][1].score)
    assert rig.vote.level == Level.HOLD
    rig.infer(FINE.feature[1])
    assert rig.vote.level == Level.RUN


def test_silence_after_a_failure_is_still_the_failure_with_its_score(rig):
    last = rig.play(BAD)[-1]
    (_, scores), *_ = rig.detector.outputs(rig.now + 0.61)
    assert scores.verdict == Verdict.FAIL
    assert (scores.score, scores.threshold) == (last.score, last.threshold)
    assert rig.infer(np.full(WIDTH, np.nan))[0].score == last.score


def test_a_try_without_any_features_is_unknown(rig):
    assert rig.detector.outputs(rig.now + 1.4) == []
    assert rig.detector.outputs(rig.now + 1.6)[0][1].verdict == Verdict.UNKNOWN


def test_one_unusable_inference_is_unknown_the_second_holds(rig):
    rig.infer(FINE.feature[0])
    assert rig.infer(np.full(WIDTH, np.nan))[0].verdict == Verdict.UNKNOWN
    assert rig.vote.level == Level.RUN
    assert rig.infer(np.full(WIDTH, np.inf))[0].verdict == Verdict.UNKNOWN
    assert rig.vote.level == Level.HOLD
    assert rig.infer(FINE.feature[1])[0].verdict == Verdict.OK


def test_features_of_another_schema_are_not_judged(rig):
    scores = rig.infer(FINE.feature[0], schema='flow/norm/mean/6/other')
    assert scores[0].verdict == Verdict.UNKNOWN
    rig.infer(FINE.feature[0], schema='flow/norm/mean/6/other')
    assert 'calibrated for flow/norm/mean/6/abc' in rig.vote.reasons[0]


@pytest.mark.parametrize('width', [WIDTH - 1, WIDTH + 1, 1])
@pytest.mark.parametrize('inputs', ['features', 'signals', 'both'])
def test_features_of_another_width_are_not_judged_whatever_the_head_looks_at(inputs, width):
    rig = Rig(calibration(inputs))
    rig.infer(FINE.feature[0])
    for _ in range(2):
        scores = rig.infer(np.zeros(width))
        assert [score.verdict for score in scores] == [Verdict.UNKNOWN]
    assert rig.vote.level == Level.HOLD
    assert f'features have {width} values, calibrated for {WIDTH}' in rig.vote.reasons[0]
    assert rig.infer(FINE.feature[1])[0].verdict == Verdict.OK


def test_features_that_are_no_record_are_unknown_at_once_and_the_second_time_hold(rig):
    rig.infer(FINE.feature[0])
    for level in (Level.RUN, Level.HOLD):
        rig.now += 0.2
        rig.detector.observe('unreadable', 'feature is not finite', rig.now)
        scores = [score for _, score in rig.detector.outputs(rig.now)]
        assert [(s.verdict, s.stamp) for s in scores] == [(Verdict.UNKNOWN, rig.now)]
        assert rig.vote.level == level
    assert 'feature is not finite' in rig.vote.reasons[0]
    assert rig.infer(FINE.feature[1])[0].verdict == Verdict.OK


def test_features_that_are_no_record_say_nothing_outside_of_an_attempt(rig):
    rig.begin(phase=Phase.RETREAT)
    rig.detector.observe('unreadable', 'feature is not finite', rig.now)
    assert rig.detector.outputs(rig.now) == []


def test_a_calibration_that_does_not_say_how_wide_features_are_is_refused(made):
    binding = dataclasses.replace(made.binding, schema='flow/norm/mean/abc')
    with pytest.raises(UserError, match='has no feature width'):
        FailureDetector(DetectorParams(), dataclasses.replace(made, binding=binding), 0.2)


def test_chunks_of_another_length_are_not_judged(rig):
    rig.now += 0.2
    rig.detector.observe('candidates', (chunk(rig.now, horizon=8),), rig.now)
    rig.detector.observe('features', features(0, FINE.feature[0], rig.now), rig.now)
    assert rig.detector.outputs(rig.now)[0][1].verdict == Verdict.UNKNOWN


def test_what_the_last_try_left_behind_does_not_count(rig):
    rig.begin(attempt=2)
    rig.index = 7
    assert rig.infer(BAD.feature[-1]) == []
    rig.index = 0
    assert rig.infer(FINE.feature[0], task_id='another') == []


def test_longer_than_any_success_is_suspect(rig, made):
    calm = np.repeat(FINE.feature[:1], len(made.band) + 3, axis=0)
    scores = [rig.infer(values)[0] for values in calm]
    if scores[-1].verdict != Verdict.FAIL:
        assert scores[len(made.band)].verdict == Verdict.SUSPECT
    assert len(scores) == len(made.band) + 3


def test_a_kind_of_task_is_recentred_after_five_successes(rig, made):
    limits = []
    for attempt in range(7):
        rig.begin(attempt=attempt + 10)
        scores = [rig.infer(values)[0] for values in BAD.feature[:12]]
        limits.append(scores[-1].threshold)
        rig.detector.observe('status', status(Phase.DONE, attempt + 10), rig.now)
    assert limits[0] == limits[4]
    assert limits[6] > limits[4]


def test_a_looser_alpha_must_not_be_the_tighter_one():
    with pytest.raises(ValueError, match='suspect_alpha'):
        DetectorParams(alpha=0.4)


def test_without_a_calibration_the_free_signals_speak_and_say_so():
    rig = Rig(None)
    scores = rig.infer(FINE.feature[0])
    assert [(s.verdict, s.band_id, s.alpha) for s in scores] == [(Verdict.OK, FREE, 0.0)]
    assert rig.detector.outputs(rig.now + 60.0) == []
    assert rig.vote.level == Level.RUN


@pytest.mark.parametrize('has_band', [True, False])
def test_an_arm_that_does_not_follow_is_a_failure_in_the_end(made, has_band):
    rig = Rig(made if has_band else None)
    seen = []
    for _ in range(50):
        rig.now += 0.2
        rig.detector.observe('control_state', tool_state(rig.now), rig.now)
        rig.detector.observe('features', features(rig.index, FINE.feature[0], rig.now), rig.now)
        rig.detector.observe('candidates', (chunk(rig.now, speed=0.1),), rig.now)
        rig.index += 1
        seen += [score.verdict for _, score in rig.detector.outputs(rig.now)]
    assert seen[0] == Verdict.OK
    assert Verdict.SUSPECT in seen
    assert seen[-1] == Verdict.FAIL
    assert rig.vote.level == Level.HOLD


def test_free_signals_do_not_lower_what_the_band_says(rig):
    assert rig.play(BAD)[-1].verdict == Verdict.FAIL


def test_a_vacuous_alpha_is_refused_at_once():
    made = calibration()
    few = dataclasses.replace(made.band, excess=made.band.excess[:4])
    with pytest.raises(Exception, match='vacuous'):
        FailureDetector(DetectorParams(), dataclasses.replace(made, band=few), 0.2)
