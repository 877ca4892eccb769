"""The bundler: aligned by stamp, skew measured, silence holds, skew slows."""

import dataclasses

import numpy as np
import pytest
from toy import scene_of

from vla_core.records.safety import Level
from vla_core.records.scene import Verb
from vla_core.records.sensing import CameraModel, JointState, RgbdFrame
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.model import RobotModel
from vla_policy.align import Bundler, BundlerParams
from vla_policy.experts.scripted import ScriptedPolicy

RUNNING = TaskStatus(0.0, 't', 'put it', Phase.RUNNING, 1)


@pytest.fixture
def bundler(ur5e):
    return Bundler(BundlerParams(), ur5e)


def joints(ur5e, stamp, offset=0.0, opening=0.08):
    names = (*ur5e.joint_names, ur5e.gripper.joint)
    velocity = np.full(len(names), 0.1)
    return JointState(stamp, names, np.r_[ur5e.home + offset, opening / 2], velocity)


def scene(stamp):
    toy = scene_of(Verb.PUT_IN, 1)
    toy.time = stamp
    return toy.observe().scene


def fed(bundler, ur5e, until=1.0, scene_stamp=0.955):
    for k in range(round(until / 0.01) + 1):
        bundler.on_joints(joints(ur5e, 0.01 * k, 0.001 * k))
    bundler.on_scene(scene(scene_stamp))
    return bundler


def test_joints_are_interpolated_to_the_stamp_of_the_scene(bundler, ur5e):
    observation = fed(bundler, ur5e).bundle(1.0, RUNNING)
    assert observation.stamp == 0.955
    np.testing.assert_allclose(observation.joints, ur5e.home + 0.0955)
    assert observation.gripper == pytest.approx(0.08)
    model = RobotModel(ur5e)
    np.testing.assert_allclose(observation.base_from_tcp, model.fk(observation.joints))
    expected = model.jacobian(observation.joints) @ np.full(6, 0.1)
    np.testing.assert_allclose(observation.tcp_velocity, expected)
    assert observation.skew <= 0.005 + 1e-9


def test_a_scene_newer_than_every_joint_sample_leaves_its_skew_in_the_bundle(bundler, ur5e):
    fed(bundler, ur5e, until=0.9, scene_stamp=0.97)
    bundler.on_chunk(ScriptedPolicy().act(scene_of(Verb.PUT_IN, 1).observe()).chunks[0], 0.97)
    observation = bundler.bundle(0.98, RUNNING)
    assert observation.skew == pytest.approx(0.07)
    assert observation.stamp == pytest.approx(0.9)
    vote = bundler.vote(0.98)
    assert vote.level == Level.SLOW
    assert 0.0 < vote.speed_scale < 1.0
    assert 'skew 70 ms' in vote.reasons[0]


@pytest.mark.parametrize(
    ('now', 'words'), [(1.2, 'joint'), (3.0, 'joint'), (0.5, 'joint'), (float('nan'), 'joint')]
)
def test_old_or_impossible_joints_hold(bundler, ur5e, now, words):
    fed(bundler, ur5e)
    assert bundler.bundle(now, RUNNING) is None or now == 0.5
    if now != 0.5:
        assert bundler.vote(now).level == Level.HOLD
        assert words in bundler.vote(now).reasons[0]


def test_an_old_scene_holds(bundler, ur5e):
    fed(bundler, ur5e, until=3.0, scene_stamp=1.5)
    assert bundler.bundle(3.0, RUNNING) is None
    assert bundler.vote(3.0).level == Level.HOLD
    assert 'scene' in bundler.vote(3.0).reasons[0]


def test_a_scene_that_is_only_remembered_holds(bundler, ur5e):
    fed(bundler, ur5e, until=3.0, scene_stamp=1.5)
    bundler.on_scene(dataclasses.replace(scene(2.95), trouble='the camera is dark'))
    assert bundler.bundle(3.0, RUNNING) is None
    assert 'scene' in bundler.vote(3.0).reasons[0]
    bundler.on_scene(scene(2.95))
    assert bundler.bundle(3.0, RUNNING) is not None


def test_a_scene_of_another_task_holds(bundler, ur5e):
    fed(bundler, ur5e)
    other = TaskStatus(0.0, 'u', 'stack it', Phase.RUNNING, 1)
    assert bundler.bundle(1.0, other) is None
    assert 'another task' in bundler.vote(1.0).reasons[0]


def test_a_silent_policy_holds_and_speaking_again_runs(bundler, ur5e):
    fed(bundler, ur5e)
    bundler.bundle(1.0, RUNNING)
    assert bundler.vote(1.0).level == Level.RUN
    for k in range(1, 130):
        bundler.on_joints(joints(ur5e, 1.0 + 0.01 * k))
    bundler.on_scene(scene(2.25))
    assert bundler.vote(2.29).level == Level.HOLD
    assert 'no chunk' in bundler.vote(2.29).reasons[0]
    chunk = ScriptedPolicy().act(scene_of(Verb.PUT_IN, 1).observe()).chunks[0]
    bundler.on_chunk(chunk, 2.29)
    assert bundler.vote(2.29).level == Level.RUN


def test_nothing_is_asked_and_nothing_held_while_no_task_runs(bundler, ur5e):
    idle = TaskStatus(0.0, '', '', Phase.IDLE)
    assert bundler.bundle(1.0, idle) is None
    vote = bundler.vote(1.0)
    assert (vote.level, vote.speed_scale, vote.voter) == (Level.RUN, 1.0, 'policy')


def test_a_clock_that_jumps_back_empties_the_history(bundler, ur5e):
    fed(bundler, ur5e)
    bundler.on_joints(joints(ur5e, 0.1))
    assert bundler.bundle(0.1, RUNNING) is None


def test_samples_that_are_not_finite_are_not_kept(bundler, ur5e):
    bundler.on_joints(joints(ur5e, 0.0, float('nan')))
    bundler.on_scene(scene(0.0))
    assert bundler.bundle(0.0, RUNNING) is None


def apart(ur5e, stamp, offset=0.0, half=0.02):
    """Return separate joint states of arm and gripper; the gripper's clock is a little ahead."""
    arm = np.full(len(ur5e.joint_names), 0.1)
    yield JointState(stamp + 0.002, (ur5e.gripper.joint,), [half], [np.nan])
    yield JointState(stamp, ('wheel',), [1.0], [np.nan])
    yield JointState(stamp, ur5e.joint_names, ur5e.home + offset, arm)


def test_an_arm_and_a_gripper_that_speak_apart_are_one_observation(bundler, ur5e):
    for k in range(101):
        for state in apart(ur5e, 0.01 * k, 0.001 * k):
            bundler.on_joints(state)
    bundler.on_scene(scene(0.955))
    observation = bundler.bundle(1.0, RUNNING)
    np.testing.assert_allclose(observation.joints, ur5e.home + 0.0955)
    np.testing.assert_allclose(observation.joint_velocity, 0.1)
    assert observation.gripper == pytest.approx(0.04)


def test_joints_are_not_fresh_because_the_gripper_speaks(bundler, ur5e):
    fed(bundler, ur5e)
    for k in range(30):
        bundler.on_joints(next(apart(ur5e, 1.0 + 0.01 * k)))
    bundler.on_scene(scene(1.25))
    assert bundler.bundle(1.3, RUNNING) is None
    assert bundler.vote(1.3).reasons == ('no fresh joint states',)


def test_an_arm_that_does_not_say_how_fast_it_is_is_not_kept(bundler, ur5e):
    whole = joints(ur5e, 0.0)
    bundler.on_joints(dataclasses.replace(whole, velocity=np.full(len(whole.names), np.nan)))
    bundler.on_scene(scene(0.0))
    assert bundler.bundle(0.0, RUNNING) is None


@pytest.mark.parametrize('late', [0.005, 0.2])
def test_a_late_sample_is_dropped_and_the_history_stays(bundler, ur5e, late):
    fed(bundler, ur5e)
    bundler.on_joints(joints(ur5e, 1.0 - late, 0.5))
    observation = bundler.bundle(1.0, RUNNING)
    np.testing.assert_allclose(observation.joints, ur5e.home + 0.0955)


@pytest.mark.parametrize('step', [-3600.0, 3600.0])
def test_after_the_clock_was_set_the_policy_is_fed_and_its_silence_counts_again(
    bundler, ur5e, step
):
    start = 5000.0

    def feed(begin):
        for k in range(10):
            bundler.on_joints(joints(ur5e, begin + 0.01 * k))
        bundler.on_scene(scene(begin + 0.08))
        return begin + 0.09

    now = feed(start)
    assert bundler.bundle(now, RUNNING) is not None
    bundler.on_clock_jump(start + step)
    assert bundler.bundle(start + step, RUNNING) is None
    now = feed(start + step)
    assert bundler.bundle(now, RUNNING) is not None
    assert bundler.vote(now).level == Level.RUN
    now = feed(start + step + 2.0)
    assert 'no chunk' in bundler.vote(now).reasons[0]


MODEL = CameraModel('optical', 4, 2, 4.0, 4.0, 1.5, 0.5)


def frame(camera, stamp):
    return RgbdFrame(
        camera, stamp, MODEL, np.zeros((2, 4, 3), np.uint8), np.ones((2, 4), np.float32)
    )


@pytest.fixture
def looking(ur5e):
    return fed(Bundler(BundlerParams(), ur5e, ('scene', 'wrist')), ur5e, scene_stamp=0.6)


def test_joints_are_interpolated_to_the_stamp_of_the_picture(looking, ur5e):
    looking.on_frame(frame('scene', 0.955))
    looking.on_frame(frame('wrist', 0.935))
    looking.on_frame(frame('side', 0.1))  # of a camera that the policy does not read
    observation = looking.bundle(1.0, RUNNING)
    np.testing.assert_allclose(observation.joints, ur5e.home + 0.0955)
    assert observation.stamp == 0.935
    assert observation.skew == pytest.approx(0.02)
    assert set(observation.frames) == {'scene', 'wrist'}


def test_without_a_fresh_picture_of_each_camera_there_is_no_observation(looking):
    looking.on_frame(frame('scene', 0.955))
    assert looking.bundle(1.0, RUNNING) is None
    vote = looking.vote(1.0)
    assert (vote.level, vote.reasons) == (Level.HOLD, ('no fresh picture of camera wrist',))
    looking.on_frame(frame('wrist', 0.6))
    assert looking.bundle(1.0, RUNNING) is None
    looking.on_frame(frame('wrist', 0.9))
    assert looking.bundle(1.0, RUNNING) is not None


def test_pictures_that_are_far_apart_slow_the_arm(looking):
    looking.on_frame(frame('scene', 0.98))
    looking.on_frame(frame('wrist', 0.85))
    assert looking.bundle(1.0, RUNNING).skew == pytest.approx(0.13)
    looking.on_chunk(ScriptedPolicy().act(scene_of(Verb.PUT_IN, 1).observe()).chunks[0], 1.0)
    assert looking.vote(1.0).level == Level.SLOW


def test_a_picture_that_comes_late_is_left_out(looking):
    for stamp in (0.98, 0.96):
        looking.on_frame(frame('scene', stamp))
    looking.on_frame(frame('wrist', 0.98))
    assert looking.bundle(1.0, RUNNING).frames['scene'].stamp == 0.98


def test_why_there_is_no_chunk_reaches_the_vote(bundler, ur5e):
    fed(bundler, ur5e).bundle(1.0, RUNNING)
    for k in range(120):
        bundler.on_joints(joints(ur5e, 1.01 + 0.01 * k))
    bundler.on_scene(scene(2.15))
    bundler.on_silence('ws://robot:8000: no answer within 0.8 s')
    assert bundler.vote(2.2).reasons == (
        'no chunk for 1.2 s: ws://robot:8000: no answer within 0.8 s',
    )
    bundler.on_silence('')
    assert bundler.vote(2.2).reasons == ('no chunk for 1.2 s',)
