"""The rule monitor: inputs, votes, and the rules that the reasons name."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tabletop import HOME, ROBOT, box, chunk, cube, hand, joints, rows, scene, status

from vla_core.records.safety import Level
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase
from vla_monitor.rules.monitor import RuleMonitor, RuleMonitorParams
from vla_monitor.rules.ruleset import load_rules

TIP = HOME[:3, 3]


@pytest.fixture(scope='module')
def rules():
    return load_rules()


@pytest.fixture
def watch(rules):
    return RuleMonitor(RuleMonitorParams(), ROBOT, rules)


def tell(watch, *objects, values=None, now=10.0, phase=Phase.RUNNING, **more):
    """Feed all inputs of a running robot, and return the vote."""
    watch.observe('joint_states', joints(now), now)
    watch.observe('status', status(phase), now)
    watch.observe('scene', scene(*objects, stamp=now, **more), now)
    if values is not None:
        watch.observe('chunk', chunk(values, now), now)
    return watch.vote(now)


def path(*steps):
    """Return a chunk of offsets from the tool."""
    return rows(*[TIP + np.array(step) for step in steps])


GENTLE = path((0, 0, 0), (0, 0, -0.01), (0, 0, -0.02), (0, 0, -0.03))


def test_before_anything_is_heard_it_holds_and_says_what_is_not_known(watch):
    vote = watch.vote(10.0)
    assert vote.level == Level.HOLD
    assert any('person_distance is unknown' in reason for reason in vote.reasons)


def test_an_ordinary_motion_runs(watch):
    vote = tell(watch, cube(), box(), values=GENTLE)
    assert (vote.level, vote.speed_scale, vote.reasons) == (Level.RUN, 1.0, ())
    assert (vote.voter, vote.task_id) == ('rules', 'task')


def test_the_reason_names_the_rule_and_its_line(watch, rules):
    near = TIP + [0.0, 0.25, 0.0]
    vote = tell(watch, cube(), box(), hand(near), values=GENTLE)
    rule = rules.rule('people-1')
    assert vote.level == Level.HOLD
    assert vote.speed_scale == 0.0
    assert any(
        reason.startswith(f'people-1 (general.md:{rule.line}): ') for reason in vote.reasons
    )
    assert any('chunk_person_distance 0.2 m' in reason for reason in vote.reasons)


def test_it_goes_on_when_the_person_has_gone(watch):
    tell(watch, cube(), box(), hand(TIP + [0.0, 0.25, 0.0]), values=GENTLE)
    vote = tell(watch, cube(), box(), values=GENTLE, now=10.2)
    assert vote.level == Level.RUN


def test_who_was_close_once_slows_what_follows_in_this_task(watch):
    fast = path(*[(0, 0, -0.019 * k) for k in range(6)])
    tell(watch, cube(), box(), hand(TIP + [0.0, 0.3, 0.0]))
    vote = tell(watch, cube(), box(), values=fast, now=10.2)
    assert vote.level == Level.SLOW
    assert 0.0 < vote.speed_scale < 1.0
    assert vote.reasons[0].startswith('people-5')
    watch.observe('status', status(task='next'), 10.3)
    watch.observe('chunk', chunk(fast, 10.2, task='next'), 10.3)
    assert watch.vote(10.3).level == Level.RUN


def test_moving_on_a_body_stops_for_good(watch):
    watch.observe('joint_states', joints(10.0, velocity=0.3), 10.0)
    watch.observe('status', status(), 10.0)
    watch.observe('scene', scene(cube(), box(), hand(TIP + [0.0, 0.1, 0.0])), 10.0)
    vote = watch.vote(10.0)
    assert vote.level == Level.STOP
    assert vote.reasons[0].startswith('people-4')


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_a_chunk_without_finite_rows_holds(watch, value):
    values = GENTLE.copy()
    values[1, 2] = value
    assert tell(watch, cube(), box(), values=values).level == Level.HOLD


def test_a_chunk_of_another_task_is_not_judged(watch):
    tell(watch, cube(), box())
    dig = path((0, 0, 0), (0, 0, -1.0))
    watch.observe('chunk', chunk(dig, 10.0, task='other'), 10.0)
    assert watch.vote(10.0).level == Level.RUN
    watch.observe('chunk', chunk(dig, 10.0), 10.0)
    assert watch.vote(10.0).level == Level.HOLD


def test_silence_of_joints_or_scene_holds(watch):
    assert tell(watch, cube(), box(), values=GENTLE).level == Level.RUN
    watch.observe('joint_states', joints(11.2), 11.2)
    watch.observe('chunk', chunk(GENTLE, 11.2), 11.2)
    assert watch.vote(11.2).level == Level.HOLD  # the scene is old
    watch.observe('scene', scene(cube(), box(), stamp=11.2), 11.2)
    assert watch.vote(11.3).level == Level.RUN
    assert watch.vote(11.65).level == Level.HOLD  # the joints are


def test_a_broken_rule_is_named_again_as_long_as_it_is_broken(watch):
    near = hand(TIP + [0.0, 0.25, 0.0])
    for now in (10.0, 10.1, 10.2, 10.3):
        assert tell(watch, cube(), box(), near, values=GENTLE, now=now).level == Level.HOLD


def test_a_candidate_is_judged_without_being_remembered(watch):
    assert tell(watch, cube(), box(), values=GENTLE).level == Level.RUN
    dig = chunk(path((0, 0, 0), (0, 0, -1.0)))
    result = watch.judge(dig, 10.0)
    assert {'contact-1'} <= {broken.rule.id for broken in result.hard}
    assert watch.vote(10.1).level == Level.RUN


def test_an_arm_and_a_gripper_that_speak_apart_are_one_sample(watch):
    tell(watch, cube(), box())
    before = watch.situation(10.0)
    whole = joints(10.5)
    finger, arm = (ROBOT.gripper.joint,), ROBOT.joint_names
    watch.observe('joint_states', JointState(10.51, finger, [0.011], [np.nan]), 10.51)
    assert watch.situation(10.51).opening is None  # the arm is silent
    watch.observe('joint_states', JointState(10.5, arm, *whole.select(arm)), 10.51)
    after = watch.situation(10.51)
    assert after.opening == pytest.approx(0.022)
    assert np.array_equal(after.base_from_tcp, before.base_from_tcp)


def test_half_an_arm_is_no_sample(watch):
    names = ROBOT.joint_names[1:]
    watch.observe(
        'joint_states', JointState(10.0, names, 0 * ROBOT.home[1:], ROBOT.home[1:]), 10.0
    )
    assert watch.situation(10.0).opening is None


def test_a_late_joint_state_is_dropped_and_after_a_jump_of_the_clock_all_is_unknown(watch):
    tell(watch, cube(), box(), values=GENTLE)
    watch.observe('joint_states', joints(9.995), 10.0)
    assert watch.vote(10.0).level == Level.RUN
    watch.clear()
    assert watch.vote(10.0 - 3600.0).level == Level.HOLD
    later = tell(watch, cube(), box(), values=GENTLE, now=10.0 + 3600.0)
    assert later.level == Level.RUN
