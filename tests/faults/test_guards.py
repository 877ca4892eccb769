"""Every guard is needed: with it taken out, the check of its fault fails.

The checks are those of the tests beside this one and of the units; here each is run once more on
logic from which one guard was cut. Nothing in the product can do that.
"""

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / 'unit' / 'shield'))
sys.path.insert(0, str(Path(__file__).parents[1] / 'unit' / 'perception'))
sys.path.insert(0, str(Path(__file__).parents[1] / 'unit' / 'monitor' / 'failure'))
import attempts
import test_detector as detector
import test_grounder as looks
import test_shield_faults as checks
from rig import model

from vla_core.records.action import Trajectory
from vla_core.records.safety import ArmState, Heartbeat
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Role, TargetStatus
from vla_core.robot import arm
from vla_core.robot.config import load_robot
from vla_monitor.failure.attempt import Attempt, AttemptJudgement
from vla_perception.camera import preprocessing
from vla_perception.detection import assembly
from vla_perception.grounding.roles import RoleKeeper
from vla_ros import endpoints, qos
from vla_shield.command.reference import Reference
from vla_shield.command.timeline import CommandTimeline
from vla_shield.constraints.collision_scene import CollisionScene
from vla_shield.inputs.buffer import InputBuffer
from vla_shield.inputs.target_validator import TargetValidator
from vla_shield.inputs.votes import Votes
from vla_shield.monitoring.loop_timing import LoopTiming
from vla_shield.monitoring.tracking_faults import TrackingFaultDetector
from vla_shield.shield import Shield
from vla_sim.controllers.joint_trajectory_controller import JointTrajectoryController
from vla_supervisor.monitors.heartbeats import HeartbeatParams, Heartbeats


def moving():
    """As the fixture beside this: an arm under way to a far goal."""
    return checks.moving.__wrapped__()


def nothing_wrong(*_, **__):
    return ''


def none(*_, **__):
    return None


def false(*_, **__):
    return False


def nominal_judgement(attempt, why):
    return AttemptJudgement(0.0, 1.0)


def disarm_at_once(shield, now):
    shield.state = ArmState.DISARMED


def advance_one_period(shield, now, verdict):
    """A cycle that does not know how much time has passed."""
    timeline, shield._step = shield._timeline, None
    timeline.jump(now)
    shield._move(verdict)
    timeline.put(shield.reference.state)


reset = Reference.reset
stop_with_ramp = CommandTimeline.message


def reset_without_limits(reference, q):
    reference._low, reference._high = np.full(len(q), -100.0), np.full(len(q), 100.0)
    reset(reference, q)


def states_only(timeline, names, candidate, share):
    """A command without its stop."""
    whole = stop_with_ramp(timeline, names, candidate, share)
    end = whole.next_row + 1
    velocity = whole.velocity[:end].copy()
    velocity[-1] = 0.0
    times, position = whole.time_from_start[:end], whole.position[:end]
    return Trajectory(whole.stamp, names, times, position, velocity, whole.next_row)


# fault: the guard that is cut out, what it is replaced by, the check that then fails
SHIELD = {
    'F1 a number in a target': (
        TargetValidator, '_value_fault', nothing_wrong,
        lambda: checks.test_f1_a_target_with_a_broken_number_brakes_in_the_same_cycle(
            moving(), np.nan, 'position'
        ),
    ),
    'F1 a good target hides a broken one': (
        InputBuffer, 'refuse_target', none,
        lambda: checks.test_f1_a_good_target_in_the_same_cycle_does_not_hide_a_broken_one(
            moving()
        ),
    ),
    'F1 joint states that are not finite': (
        InputBuffer, 'refuse_joints', none,
        lambda: checks.
        test_f1_joints_that_are_no_numbers_brake_in_the_same_cycle_even_beside_good_ones(moving()),
    ),
    'F2 targets cease': (
        InputBuffer, 'target_staleness', nothing_wrong,
        lambda: checks.test_f2_a_target_that_ceases_holds_within_100_ms(moving()),
    ),
    'F4 the command after a pause': (
        Shield, '_advance', advance_one_period,
        lambda: checks.test_f4_after_a_pause_of_the_shield_the_command_does_not_jump(moving()),
    ),
    'F5 joint states cease': (
        InputBuffer, 'joints_fault', nothing_wrong,
        lambda: checks.test_f5_silent_joint_states_brake_within_70_ms(moving()),
    ),
    'F6 joint states freeze': (
        TrackingFaultDetector, '_frozen', none,
        lambda: frozen_joints_hold(moving()),
    ),
    'F9 targets out of order': (
        TargetValidator, '_order_fault', nothing_wrong,
        lambda: checks.test_f9_a_target_late_doubled_or_from_the_future_is_not_followed(
            moving(), -0.05
        ),
    ),
    'F9 an old observation': (
        Shield, '_own_hold', none,
        lambda: checks.test_f9_a_chunk_from_an_old_observation_is_not_followed(moving()),
    ),
    'F10 the clock jumps back': (
        Shield, '_check_clock', none,
        lambda: checks.test_f10_after_a_jump_back_old_inputs_are_gone(moving()),
    ),
    'F11 F18 F21 F22 a voter is silent': (
        Votes, 'missing', nothing_wrong,
        lambda: checks.test_f11_each_required_voter_that_goes_silent_holds(moving(), 'grounding'),
    ),
    'F13 the shield is late': (
        LoopTiming, 'has_long_overrun', false,
        lambda: checks.test_three_late_cycles_slow_the_arm_and_a_long_one_holds_it(moving()),
    ),
    'F14 disarmed during motion': (
        Shield, 'disarm', disarm_at_once,
        lambda: checks.test_f14_disarming_while_moving_brakes_first(moving()),
    ),
    'F15 a joint is missing': (
        TargetValidator, '_shape_fault', nothing_wrong,
        lambda: checks.test_f15_permuted_joints_are_followed_and_missing_ones_rejected(moving()),
    ),
    'F16 a limit ahead': (
        Reference, 'reset', reset_without_limits,
        lambda: checks.test_f16_at_full_speed_towards_a_limit_the_arm_stops_before_its_margin(
            0, 1.0
        ),
    ),
    'F17 an obstacle ahead': (
        CollisionScene, 'update', nothing_wrong, lambda: obstacle_is_avoided()
    ),
}  # fmt: skip

OTHERS = {
    'F3 the stop in every command': (
        CommandTimeline, 'message', states_only, lambda: arm_stops_gently_when_commands_cease()
    ),
    'F3 F4 the supervisor monitors the shield': (
        Heartbeats, 'is_shield_lost', false, lambda: silence_of_the_shield_is_noticed()
    ),
    'F8 a camera that sees nothing': (
        preprocessing, 'frame_fault', nothing_wrong, lambda: blind_camera_holds()
    ),
    'F19 a target that is taken away': (
        RoleKeeper, 'misses_target', false,
        looks.test_a_target_taken_away_holds_after_two_empty_looks,
    ),
    'F12 a publisher with an incompatible QoS': (
        endpoints, 'qos_mismatch', nothing_wrong, lambda: misfit_is_named()
    ),
    'F20 paper on top of a thing': (
        assembly, '_is_flat', false,
        lambda: looks.test_paper_in_the_colour_of_the_target_is_no_target('on top of a thing'),
    ),
    'F21 features that cannot be scored': (
        Attempt, 'unusable', nominal_judgement, lambda: features_that_are_none_hold()
    ),
    'F26 limits that are none': (
        arm, 'check', none, lambda: robots_without_limits_are_refused()
    ),
}  # fmt: skip
GUARDS = {**SHIELD, **OTHERS}


@pytest.mark.parametrize('name', GUARDS)
def test_the_check_of_a_fault_fails_without_its_guard(monkeypatch, name):
    owner, attribute, other, check = GUARDS[name]
    check()
    monkeypatch.setattr(owner, attribute, other)
    with pytest.raises((AssertionError, pytest.fail.Exception, ValueError, TypeError)):
        check()


# -- checks that no other test has ----------------------------------------------------------------


@cache
def calibration():
    return attempts.calibration()


def features_that_are_none_hold():
    detector.test_one_unusable_inference_is_unknown_the_second_holds(detector.Rig(calibration()))


def frozen_joints_hold(rig):
    """As F6 beside this, and before the arm is behind its command."""
    q, v = rig.q.copy(), rig.v.copy()

    def freeze(rig):
        rig.q, rig.v = q, v

    checks.run(rig, 0.25, each=freeze)
    assert 'joint states do not change' in rig.out.report.reason


def obstacle_is_avoided():
    """F17: 5 cm ahead of the fingers of an arm on its way."""
    rig = moving()
    kinematics = model('ur5e')
    tip = kinematics.fk(rig.q)[:3, 3]
    velocity = (kinematics.jacobian(rig.q) @ rig.v)[:3]
    place = tip + 0.10 * velocity / np.linalg.norm(velocity)
    size = np.full(3, 0.04)
    thing = GroundedObject(
        1, 'obstacle', 'black', 'cube', Role.OBSTACLE, 0.0, place, 0.0, size, 0.0
    )
    scene = GroundedScene(rig.now, 't', ParsedTask(), (thing,), TargetStatus.PRESENT)
    rig.shield.on_scene(scene, rig.now)
    nearest = np.inf
    for _ in range(150):
        rig.step(rig.target(rig.goal))
        away = np.abs(kinematics.fk(rig.q)[:3, 3] - place) - size / 2
        nearest = min(nearest, float(np.linalg.norm(np.maximum(away, 0.0))))
    assert nearest > 0.01


def arm_stops_gently_when_commands_cease():
    """F3: what the controller has is enough to stop within the acceleration of the robot."""
    rig, dt = moving(), 0.002
    player = JointTrajectoryController(rig.robot.joint_names, rig.q, dt)
    speeds = []
    for cycle in range(200):
        if cycle < 5:
            last = rig.step(rig.target(rig.goal)).arm
            assert player.accept(last, rig.now) == ''
        for k in range(5):
            player.update(rig.now + 0.01 * max(cycle - 4, 0) + k * dt, lambda: (rig.q, rig.v))
            speeds.append(player.velocity)
    speeds = np.array(speeds[20:])
    assert np.abs(speeds[0]).max() > 0.1
    assert not speeds[-1].any()
    hardest = np.abs(np.diff(speeds, axis=0)).max(axis=0) / dt
    assert np.all(hardest <= 1.5 * rig.robot.limits.acceleration)


def silence_of_the_shield_is_noticed():
    beats = Heartbeats(HeartbeatParams())
    beats.on_heartbeat(Heartbeat(0.0, 'shield', 1, True), 5.0)
    assert not beats.is_shield_lost(5.0 + beats.params.shield_max_age)
    assert beats.is_shield_lost(5.0 + beats.params.shield_max_age + 0.001)


def blind_camera_holds():
    looks.test_a_covered_blind_or_moved_camera_holds_and_memory_stays(
        lambda f: replace(f, depth=np.zeros_like(f.depth)), 'depth'
    )


def misfit_is_named():
    assert (
        endpoints.qos_mismatch(qos.SENSOR, qos.EVENT) == 'best effort offered, reliable requested'
    )
    assert endpoints.qos_mismatch(qos.EVENT, qos.STATE) == 'volatile offered, latched requested'


def robots_without_limits_are_refused():
    joint = load_robot('ur5e').joints[0]
    for value in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match='velocity'):
            replace(joint, velocity=value)
