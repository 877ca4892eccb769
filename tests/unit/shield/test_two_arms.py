"""Two arms under one shield: they keep clear of each other, and each has its own target."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rig import DT, load
from two_arms import LEFT, RIGHT, TwoArmRig

from vla_core.records.safety import Decision
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Role, TargetStatus
from vla_core.robot.model import RobotModel, collision_model
from vla_core.robot.obstacle import ObstacleConfig

TIPS = ('left_tcp', 'right_tcp')


@pytest.fixture
def rig():
    return TwoArmRig().armed()


@pytest.fixture(scope='module')
def kinematics():
    return RobotModel(load('two_arms'))


def inwards(rig, turn=0.6):
    """Positions that turn both arms towards each other, far enough to meet."""
    left, right = (rig.home[part].copy() for part in rig.parts)
    left[0], right[0] = -turn, turn
    return left, right


def nearest_between_arms(robot, q):
    """m, by an independent collision model of the robot."""
    import pinocchio as pin

    model, shapes = collision_model(robot)
    data, found = model.createData(), shapes.createData()
    pin.computeDistances(model, data, shapes, found, q)
    arm = [str(model.frames[s.parentFrame].name)[:4] for s in shapes.geometryObjects]
    return min(
        result.min_distance
        for pair, result in zip(shapes.collisionPairs, found.distanceResults, strict=True)
        if arm[pair.first] != arm[pair.second]
    )


def test_arms_that_are_sent_into_each_other_stop_at_their_clearance(rig):
    goals = inwards(rig)
    together = np.concatenate(goals)
    assert nearest_between_arms(rig.robot, together) < 0.0
    least = []
    for k in range(300):
        report = rig.step(*goals).report
        if k % 10 == 0:
            least.append(nearest_between_arms(rig.robot, rig.q))
    assert rig.params.arm_clearance - 1e-4 < min(least) < rig.params.arm_clearance + 0.02
    assert any('left' in rule and 'right' in rule for rule in report.rules)


def test_an_arm_without_a_target_stands_still_while_the_other_follows(rig):
    goal = rig.home[rig.parts[LEFT]].copy()
    for k in range(40):
        goal[0] += 0.001
        report = rig.step(goal, velocity=np.eye(7)[0] * 0.1).report
        assert k < 15 or report.held == (f'right: target {0.01 * (k + 1):.2f} s old',)
    assert report.decision == Decision.PASS
    still = np.array(rig.commands)[:, rig.parts[RIGHT]]
    assert np.ptp(still, axis=0).max() == 0.0
    assert rig.q[rig.parts[LEFT]][0] > 0.02


def test_an_arm_whose_target_ceases_plays_its_certified_stop_exactly(rig):
    goals = inwards(rig, 0.3)
    for _ in range(30):
        rig.step(*goals)
    promised, stop = None, rig.command_of(RIGHT)
    for _ in range(60):
        report = rig.step(goals[LEFT]).report
        if promised is None and report.held:
            promised, start = stop, len(rig.commands) - 1
        stop = rig.command_of(RIGHT)
    assert report.held == ('right: target 0.60 s old',)
    played = np.array(rig.commands)[start:, rig.parts[RIGHT]]
    ahead = slice(promised.next_row + 1, None)  # of the state that was due when it was sent
    times = promised.time_from_start[ahead] - promised.time_from_start[promised.next_row]
    steps = np.round(times / DT).astype(int)
    whole = np.abs(steps * DT - times) < 1e-6  # there are points between two cycles, too
    assert whole.sum() > 3
    np.testing.assert_allclose(
        played[steps[whole] - 1], promised.position[ahead][whole], atol=1e-9
    )
    assert not rig.speed(RIGHT).any()
    assert np.abs(rig.speed(LEFT)).max() > 1e-3 or report.decision != Decision.PASS


def test_a_corrupt_target_stops_its_arm_alone(rig):
    goals = inwards(rig, 0.3)
    for _ in range(20):
        rig.step(*goals)
    bad = goals[LEFT].copy()
    bad[3] = np.nan
    for _ in range(40):
        report = rig.step(bad, goals[RIGHT]).report
    assert report.held == ('left: target is not finite',)
    assert not rig.speed(LEFT).any()
    assert np.abs(rig.speed(RIGHT)).max() > 0.01


def test_with_no_valid_target_at_all_the_decision_is_that_of_the_arms(rig):
    for _ in range(15):
        report = rig.step().report
    assert (report.decision, report.rules) == (Decision.HOLD, ('target:stale',))
    assert report.reason.startswith('left: target 0.1')
    bad = np.full(7, np.inf)
    assert rig.step(None, bad).report.decision == Decision.REJECTED
    assert rig.step(None, bad).report.reason == 'right: target is not finite'


def test_the_reason_is_that_of_an_arm_that_had_a_target():
    rig = TwoArmRig()
    rig.sense()
    assert rig.shield.arm(rig.now) == ''
    assert rig.step().report.reason == 'left: no target'
    for _ in range(5):
        rig.step(None, rig.home[rig.parts[RIGHT]])
    for _ in range(20):
        report = rig.step().report
    assert report.reason == 'right: target 0.20 s old'


def test_a_target_is_of_one_arm(rig):
    both = rig.target(LEFT, np.concatenate(inwards(rig)), names=rig.robot.joint_names)
    rig.shield.on_target(both, rig.now)
    report = rig.step().report
    assert report.decision == Decision.REJECTED
    assert report.reason == ('left: target has joints of left and right: send one target per arm')


def test_joint_states_of_one_arm_that_cease_brake_both(rig):
    goals = inwards(rig, 0.3)
    for _ in range(20):
        rig.step(*goals)
    rig.silent.add(RIGHT)
    for _ in range(40):
        report = rig.step(*goals).report
    assert report.decision == Decision.BRAKE
    assert report.reason == 'right: joint states 0.40 s old'
    assert not np.concatenate([rig.speed(LEFT), rig.speed(RIGHT)]).any()


def test_an_arm_that_does_not_follow_holds_both_and_only_its_command_returns(rig):
    goals = inwards(rig, 0.4)
    for _ in range(15):
        rig.step(*goals)
    rig.stuck.add(RIGHT)
    at = rig.q[rig.parts[RIGHT]].copy()
    errors, decided = [], []
    for _ in range(150):
        decided.append(rig.step(*goals).report.reason)
        if decided[-1].startswith('right: tracking error'):
            errors.append(np.abs(rig.commands[-1][rig.parts[RIGHT]] - at).max())
    assert not any(reason.startswith('left: tracking') for reason in decided)
    assert max(errors) < 1.5 * rig.params.tracking_limit
    assert min(errors) < 0.5 * rig.params.tracking_limit


def test_each_gripper_follows_the_target_of_its_arm(rig):
    for _ in range(80):
        rig.step(rig.home[rig.parts[LEFT]], gripper=0.02)
    left, right = rig.out.grippers
    assert left.names == ('left_gripper_left_finger_joint',)
    assert left.position[-1, 0] == pytest.approx(0.01)
    assert right.position[-1, 0] == pytest.approx(0.04)


def test_arming_needs_the_joint_states_of_both_arms():
    rig = TwoArmRig()
    rig.silent.add(RIGHT)
    rig.sense()
    assert rig.shield.arm(0.0).startswith('right: joint states never received')


def test_the_tool_turns_no_faster_than_its_limit(kinematics):
    robot = load('two_arms')
    slow = replace(robot.arms[LEFT], tcp_rotation=0.4)
    rig = TwoArmRig(replace(robot, arms=(slow, robot.arms[RIGHT]))).armed()
    goals = [rig.home[part].copy() for part in rig.parts]
    for goal in goals:
        goal[6] += 1.5
    fastest = np.zeros(2)
    for _ in range(100):
        before = rig.q.copy()
        rig.step(*goals)
        for arm in (LEFT, RIGHT):
            turn = kinematics.jacobian(before, TIPS[arm])[3:, rig.parts[arm]] @ rig.speed(arm)
            fastest[arm] = max(fastest[arm], np.linalg.norm(turn))
    assert 0.35 < fastest[LEFT] < 0.4 * 1.03  # between the samples of a stop
    assert fastest[RIGHT] > 0.8


def show(rig, *objects):
    scene = GroundedScene(rig.now, 't', ParsedTask(), objects, TargetStatus.PRESENT)
    rig.shield.on_scene(scene, rig.now)


def held_at(position, size):
    return GroundedObject(
        1, 'rod', 'red', 'box', Role.TARGET, 1.0, np.array(position), 0.0, np.array(size), 0.0,
        is_held=True,
    )  # fmt: skip


def test_the_end_of_a_long_object_in_the_gripper_is_no_faster_than_a_link(rig, kinematics):
    tip = kinematics.fk(rig.q, 'left_tcp')
    show(rig, held_at(tip[:3, 3], (0.04, 1.0, 0.04)))
    end = np.linalg.inv(tip) @ np.r_[tip[:3, 3] + [0.0, 0.5, 0.0], 1.0]
    goal = rig.home[rig.parts[LEFT]].copy()
    goal[6] += 1.5
    before, fastest = kinematics.fk(rig.q, 'left_tcp') @ end, 0.0
    for _ in range(100):
        rig.step(goal)
        now = kinematics.fk(rig.q, 'left_tcp') @ end
        fastest, before = max(fastest, np.linalg.norm(now - before) / DT), now
    assert 0.3 < fastest < rig.params.link_speed + 0.01


def test_an_object_that_one_arm_holds_keeps_clear_of_the_other(rig, kinematics):
    tip = kinematics.fk(rig.q, 'left_tcp')[:3, 3]
    goals = rig.home[rig.parts[LEFT]], inwards(rig, 0.5)[RIGHT]
    assert nearest_between_arms(rig.robot, np.concatenate(goals)) > rig.params.arm_clearance
    show(rig, held_at(tip + [-0.05, -0.15, 0.0], (0.04, 0.46, 0.04)))
    shapes, rules, least = rig.shield._model, set(), np.inf
    pairs = np.flatnonzero((shapes.first == shapes.held[LEFT]) & shapes.is_active)
    for _ in range(150):
        rules |= set(rig.step(*goals).report.rules)
        least = min(least, shapes.distances(rig.q, pairs).min())
    assert any('held object of left' in rule and 'right' in rule for rule in rules)
    assert rig.params.held_clearance - 2e-4 < least < 0.0


def test_a_static_obstacle_is_not_touched(kinematics):
    tip = kinematics.fk(load('two_arms').home, 'left_tcp')[:3, 3]
    fence = ObstacleConfig('fence', 'box', (0.4, 0.02, 0.6), (tip[0], tip[1] + 0.25, 0.3))
    rig = TwoArmRig(replace(load('two_arms'), obstacles=(fence,))).armed()
    goal = rig.home[rig.parts[LEFT]].copy()
    goal[0] += 1.0
    rules = set()
    for _ in range(250):
        rules |= set(rig.step(goal).report.rules)
    assert any(rule.endswith('-fence') for rule in rules)
    assert kinematics.fk(rig.q, 'left_tcp')[1, 3] < tip[1] + 0.25
    assert kinematics.fk(rig.q, 'left_tcp')[1, 3] > tip[1] + 0.05


def test_each_tip_stays_in_its_own_workspace(kinematics):
    robot = load('two_arms')
    box = ((0.05, 0.1, 0.0), (0.9, 0.75, 1.0))
    arms = replace(robot.arms[LEFT], workspace=box), robot.arms[RIGHT]
    rig = TwoArmRig(replace(robot, arms=arms)).armed()
    goals = [rig.home[part].copy() for part in rig.parts]
    for goal in goals:
        goal[0] -= 0.7
    rules = set()
    for _ in range(250):
        rules |= set(rig.step(*goals).report.rules)
    assert 'workspace:y:left' in rules
    assert 0.1 - 1e-3 < kinematics.fk(rig.q, 'left_tcp')[1, 3] < 0.12
    assert kinematics.fk(rig.q, 'right_tcp')[1, 3] < -0.5


@pytest.fixture
def walled(kinematics):
    """The left gripper between two low walls, its fingers 2 cm apart."""
    tip = kinematics.fk(load('two_arms').home, 'left_tcp')
    walls = [
        ObstacleConfig(
            f'wall {side}', 'box', (0.1, 0.01, 0.06), tuple(tip[:3, 3] + side * 0.047 * tip[:3, 1])
        )
        for side in (-1, 1)
    ]
    rig = TwoArmRig(replace(load('two_arms'), obstacles=tuple(walls)))
    rig.fingers, rig.finger_delay = dict.fromkeys(rig.fingers, 0.01), 10
    return rig.armed(gripper=0.02)


def test_a_gripper_opens_no_further_than_its_fingers_keep_clear(walled):
    homes = [walled.home[part] for part in walled.parts]
    for _ in range(120):
        walled.step(*homes, gripper=0.08)
    left, right = (gripper.position[-1, 0] for gripper in walled.out.grippers)
    # 42 mm to the wall, less 8 mm of a pad and its clearance
    assert left == pytest.approx(0.034 - walled.params.gripper_clearance, abs=1.1e-3)
    assert right == pytest.approx(0.04)


def test_a_gripper_does_not_close_on_a_static_obstacle(kinematics):
    tip = kinematics.fk(load('two_arms').home, 'left_tcp')
    post = ObstacleConfig('post', 'box', (0.1, 0.02, 0.06), tuple(tip[:3, 3]))
    rig = TwoArmRig(replace(load('two_arms'), obstacles=(post,)))
    rig.fingers = dict.fromkeys(rig.fingers, 0.04)
    rig.armed(gripper=0.08)
    for _ in range(120):
        rig.step(*[rig.home[part] for part in rig.parts], gripper=0.0)
    left, right = (gripper.position[-1, 0] for gripper in rig.out.grippers)
    assert left == pytest.approx(0.01 + rig.params.gripper_clearance, abs=1.1e-3)
    assert right == pytest.approx(0.0)


def test_an_arm_does_not_move_to_where_its_opening_fingers_will_touch(walled):
    homes = [walled.home[part].copy() for part in walled.parts]
    homes[LEFT][0] += 0.06  # 27 mm to one side
    shapes, least = walled.shield._model, []
    pairs = np.flatnonzero([name.endswith(('-wall -1', '-wall 1')) for name in shapes.names])
    for _ in range(120):
        walled.step(*homes, gripper=0.08)
        least.append(shapes.distances(walled.q, pairs).min())
    assert min(least) > walled.params.gripper_clearance - 3e-4
