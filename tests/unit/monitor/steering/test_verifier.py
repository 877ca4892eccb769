"""Choice, refusal, HOLD votes, and operator corrections."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.monitor.steering.table import (
    CUBE,
    ROBOT,
    TASK,
    chunk,
    joint_state,
    joints_at,
    scene,
    verifier,
)
from vla_core.monitor import Reporter
from vla_core.records.alignment import NONE, Correction, Priority
from vla_core.records.safety import Level
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_monitor.steering.params import TwinParams, VerifierParams, ranks

HIGH = 0.16
QUICK = TwinParams(is_on=False)


@pytest.fixture(scope='module')
def above():
    return joints_at((*CUBE, HIGH))


def down(q, seq=1, candidate=0):
    return chunk(q, [(*CUBE, HIGH), (*CUBE, 0.06)], seq=seq, candidate=candidate)


def away(q, seq=1, candidate=0):
    return chunk(q, [(*CUBE, HIGH), (CUBE[0], CUBE[1] - 0.2, HIGH)], seq=seq, candidate=candidate)


def say(made, text, ttl=1.0, stamp=1.0, now=1.0, **given):
    made.observe('corrections', Correction(stamp, 'me', TASK, text, ttl, **given), now)


def test_the_candidate_that_does_what_was_said_is_chosen(above):
    made = verifier(above, twin=QUICK)
    chosen, verdict = made.choose((away(above), down(above, candidate=1)), 1.1)
    assert chosen.candidate == verdict.chosen == 1
    assert verdict.plan_step == 'reach the red cube'
    assert verdict.scores[1] > verdict.scores[0]
    assert isinstance(made, Reporter)
    assert [record for _, record in made.outputs(1.1)] == [verdict]
    assert made.outputs(1.1) == []


def test_the_first_keeps_its_place_unless_another_is_better_by_the_margin(above):
    better = chunk(above, [(*CUBE, HIGH), (*CUBE, 0.05)], candidate=1)
    chosen, _ = verifier(above, twin=QUICK, margin=0.0).choose((down(above), better), 1.1)
    assert chosen.candidate == 1
    chosen, _ = verifier(above, twin=QUICK, margin=0.5).choose((down(above), better), 1.1)
    assert chosen.candidate == 0


def test_with_no_good_candidate_nothing_goes_on_and_after_more_of_them_it_holds(above):
    made = verifier(above, twin=QUICK, patience=2)
    for seq in range(3):
        assert made.vote(1.0).level == Level.RUN
        chosen, verdict = made.choose((away(above, seq),), 1.1)
        assert chosen is None
        assert verdict.chosen == NONE
    vote = made.vote(1.2)
    assert vote.level == Level.HOLD
    assert 'progress' in vote.reasons[0]
    assert made.choose((down(above, 4),), 1.3)[0] is not None
    assert made.vote(1.3).level == Level.RUN


def test_a_new_attempt_begins_without_blame(above):
    made = verifier(above, twin=QUICK, patience=1)
    for seq in range(2):
        made.choose((away(above, seq),), 1.1)
    assert made.vote(1.1).level == Level.HOLD
    made.observe('status', TaskStatus(2.0, TASK, 'x', Phase.RETREAT, 1), 2.0)
    made.observe('status', TaskStatus(3.0, TASK, 'x', Phase.RUNNING, 2), 3.0)
    assert made.vote(3.0).level == Level.RUN


def test_without_joints_or_scene_of_that_time_nothing_goes_on(above):
    made = verifier(above, twin=QUICK)
    late = replace(down(above), stamp=3.0)
    chosen, verdict = made.choose((late,), 3.1)
    assert chosen is None
    assert verdict.verifier == 'no joint states at the stamp of the candidates'


def test_off_means_the_first(above):
    chosen, verdict = verifier(above, is_on=False).choose((away(above), down(above)), 1.1)
    assert verdict.chosen == 0
    assert chosen.candidate == 0


def test_a_correction_takes_the_place_of_the_motion_until_it_expires(above):
    made = verifier(above, twin=QUICK)
    say(made, 'move arm left', ttl=1.0)
    chosen, verdict = made.choose((down(above),), 1.1)
    assert chosen.language_motion == 'move arm left'
    assert verdict.verifier == 'a person'
    travel = chosen.values[-1, :3] - chosen.values[0, :3]
    assert travel[1] == pytest.approx(made.params.correction_speed * 1.0)
    assert abs(travel[0]) + abs(travel[2]) < 1e-9
    assert chosen.values[10, 1] == pytest.approx(chosen.values[-1, 1])  # it ended at 1 s
    chosen, verdict = made.choose((down(above),), 2.01)
    assert chosen.language_motion != 'move arm left'
    assert verdict.verifier == 'stage A'


def test_a_correction_keeps_what_is_held_held_unless_it_says_otherwise(above):
    made = verifier(above, opening=0.038, twin=QUICK)
    gripping = chunk(above, [(*CUBE, HIGH)] * 2, (0.0, 0.0), step='')
    made.choose((gripping,), 1.0)
    say(made, 'move arm up')
    assert np.all(made.choose((gripping,), 1.1)[0].values[:, 6] == 0.0)
    say(made, 'open gripper', now=1.1)
    assert np.all(made.choose((gripping,), 1.2)[0].values[:, 6] == 0.08)


@pytest.mark.parametrize(
    ('text', 'given', 'why'),
    [
        ('fly', {}, 'nearest'),
        ('move arm left', {'ttl': 3.5}, 'must be in (0, 3'),
        ('move arm left', {'ttl': float('nan')}, 'age of'),
        ('move arm left', {'stamp': -5.0}, 'age of'),
        ('move arm left', {'stamp': 9.0}, 'age of'),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_with_the_reason(above, text, given, why):
    made = verifier(above, twin=QUICK)
    say(made, text, **given)
    assert why in made.remark
    assert made.choose((down(above),), 1.1)[1].verifier == 'stage A'


def test_a_hint_tips_the_scale_and_no_more(above):
    left = chunk(above, [(*CUBE, HIGH), (CUBE[0], CUBE[1] + 0.02, 0.07)], candidate=1)
    made = verifier(above, twin=QUICK)
    assert made.choose((down(above), left), 1.1)[1].chosen == 0
    say(made, 'move arm left', priority=Priority.HINT)
    assert made.choose((down(above), left), 1.1)[1].chosen == 1
    say(made, 'move arm right', priority=Priority.HINT)
    assert made.choose((away(above),), 1.1)[0] is None


def test_a_clock_that_jumps_back_forgets(above):
    made = verifier(above, twin=QUICK)
    made.observe('joint_states', joint_state(above, stamp=-10.0), -10.0)
    assert made.choose((down(above),), -9.9)[0] is None


def test_the_twin_has_a_budget(above):
    low = joints_at((*CUBE, 0.03))
    close = [
        chunk(low, [(*CUBE, 0.03), (*CUBE, 0.02)], (0.08, 0.0), 'grasp the red cube', candidate=k)
        for k in range(3)
    ]
    ticks = iter(np.arange(0.0, 1e3, 0.2))
    made = verifier(low, scene(), clock=lambda: float(next(ticks)))
    _, verdict = made.choose(tuple(close), 1.1)
    assert verdict.timed_out
    assert verdict.used > verdict.budget


def test_the_twin_is_shown_the_first_before_one_that_is_hardly_better():
    params = VerifierParams(margin=0.03)
    assert np.argmax(ranks(np.array([0.50, 0.52, 0.1]), params)) == 0
    assert np.argmax(ranks(np.array([0.50, 0.54, 0.1]), params)) == 1
    assert ranks(np.zeros(0), params).size == 0


def test_an_arm_and_a_gripper_that_speak_apart_are_one_sample(above):
    made, whole = verifier(above), joint_state(above)
    arm, finger = ROBOT.joint_names, (ROBOT.gripper.joint,)
    made.observe('joint_states', JointState(1.52, finger, [0.011], [np.nan]), 1.52)
    assert made.inputs.newest()[0] == 1.0
    made.observe('joint_states', JointState(1.5, arm, *whole.select(arm)), 1.52)
    stamp, q, opening = made.inputs.newest()
    assert (stamp, opening) == (1.5, pytest.approx(0.022))
    assert np.array_equal(q, above)


def test_a_fast_driver_does_not_shorten_what_is_remembered(above):
    made = verifier(above)
    for k in range(1, 501):
        made.observe('joint_states', joint_state(above, stamp=1.0 + 0.002 * k), 1.0 + 0.002 * k)
        made.observe('joint_states', JointState(1.0, ('wheel',), [0.0], [0.0]), 1.0 + 0.002 * k)
    assert not isinstance(made.inputs.present(1.3, TASK), str)
    assert made.inputs.newest()[0] == pytest.approx(2.0)
    assert len(made.stage_a.dry_run._world._past) <= 101
    assert made.stage_a.dry_run._world._past[0][0] == pytest.approx(1.0, abs=0.02)


def test_late_joint_states_are_dropped_and_the_history_stays(above):
    made = verifier(above, twin=QUICK)
    before = made.inputs.newest()
    made.observe('joint_states', joint_state(above + 0.3, stamp=before[0] - 0.005), 1.1)
    assert made.inputs.newest() is before


def test_after_the_clock_was_set_nothing_from_before_counts(above):
    made = verifier(above, twin=QUICK)
    say(made, 'move arm left')
    made.on_clock_jump()
    assert made.corrections.at(1.1) is None
    assert made.choose((down(above),), 1.1)[0] is None
