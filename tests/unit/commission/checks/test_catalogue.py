"""One mistake at a time in clean facts, and the finding that must name it."""

import dataclasses

import numpy as np
import pytest
from clean_robot import NAMES, POSITION, ROBOT, clean_facts, joint_message, put_e_stop

from vla_commission.checks.catalogue import static_findings
from vla_commission.collector import Collector
from vla_commission.facts import Endpoint
from vla_commission.finding import Status
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved
from vla_ros import qos, topics
from vla_ros.convert.image import image_to_msg

ARM, GRIPPER = ROBOT.arm.command_topic, ROBOT.gripper.command_topic
COLOUR, DEPTH, INFO = (topic.name for topic in topics.camera(ROBOT.camera('scene')))


def bad(facts, robot=ROBOT, e_stop='none'):
    found = static_findings(facts, robot, e_stop)
    return [f for f in found if f.status in (Status.FAIL, Status.WARNING)]


def replace_joints(facts, **changes):
    """The same 200 messages with other content, or another time of arrival."""
    rate, ahead = changes.pop('rate', 100.0), changes.pop('ahead', 0.0)
    facts.joints.clear()
    del facts.streams[ROBOT.joint_states_topic]
    for k in range(int(2 * rate)):
        stamp = 100.0 + k / rate
        message = joint_message(stamp + ahead, **changes)
        Collector(facts).put_joints(ROBOT.joint_states_topic, message, stamp + 0.001)


def degrees(facts):
    replace_joints(facts, position=np.degrees(POSITION))


def lost(facts):
    replace_joints(facts, position=POSITION[:2], names=NAMES[:2])


def doubled(facts):
    replace_joints(facts, position=np.r_[POSITION, 0.0], names=(*NAMES, NAMES[0]))


def no_velocity(facts):
    replace_joints(facts, velocity=np.full(len(NAMES), np.nan))


def spurious_velocity(facts):
    replace_joints(facts, velocity=np.full(len(NAMES), 0.3))


def nan(facts):
    replace_joints(facts, position=np.where(np.arange(len(NAMES)) == 2, np.nan, POSITION))


def slow(facts):
    replace_joints(facts, rate=20.0)


def behind(facts):
    replace_joints(facts, ahead=-0.5)


def ahead(facts):
    replace_joints(facts, ahead=0.5)


def unstamped(facts):
    stream = facts.streams[ROBOT.joint_states_topic]
    stream.stamps[:] = [0.0] * len(stream.stamps)


def unpublished(facts):
    facts.publishers[ROBOT.joint_states_topic] = ()


def silent(facts):
    del facts.streams[DEPTH]


def mistyped(facts):
    name = ROBOT.joint_states_topic
    facts.publishers[name] = (Endpoint('/driver', 'control_msgs/msg/X', qos.EVENT),)


def unheard(facts):
    facts.subscribers[ARM] = ()


def gripper_unheard(facts):
    facts.subscribers[GRIPPER] = ()


def latched_reader(facts):
    facts.subscribers[ARM] = (Endpoint('/controller', facts.subscribers[ARM][0].type, qos.STATE),)


def rival(facts):
    facts.publishers[ARM] = (Endpoint('/jog', 'trajectory_msgs/msg/JointTrajectory', qos.EVENT),)


def rival_joints(facts):
    name = ROBOT.joint_states_topic
    facts.publishers[name] *= 2


def action_client(facts):
    facts.action_clients['/arm_controller/follow_joint_trajectory'] = ('/move_group',)


def running_stack(facts):
    facts.nodes = ('/driver', '/supervisor')


def restart(facts):
    node = '/arm_controller'
    facts.parameters[node] = facts.parameters[node] | {'interpolate_from_desired_state': False}


def late_depth(facts):
    facts.streams[DEPTH].stamps[:] = [stamp + 0.04 for stamp in facts.streams[DEPTH].stamps]


def millimetres(facts):
    message = facts.streams[DEPTH].last
    depth = np.frombuffer(message.data, np.float32).reshape(message.height, message.width)
    made = image_to_msg(depth * np.float32(1e3), '32FC1', 100.0, message.header.frame_id)
    facts.streams[DEPTH].last = made


def unaligned(facts):
    message = facts.streams[DEPTH].last
    depth = np.frombuffer(message.data, np.float32).reshape(message.height, message.width)
    moved = np.roll(depth, 12, axis=1)
    facts.streams[DEPTH].last = image_to_msg(moved, '32FC1', 100.0, message.header.frame_id)


def uncalibrated(facts):
    facts.streams[INFO].last.k = np.zeros(9)


CASES = [
    (degrees, 'joints.unit', 'pi/180'), (lost, 'joints.missing', NAMES[3]),
    (doubled, 'joints.doubled', NAMES[0]), (no_velocity, 'joints.velocity', 'false'),
    (spurious_velocity, 'joints.velocity', '0.30 rad/s'), (nan, 'joints.nan', NAMES[2]),
    (slow, 'rate.joints', '20 Hz'), (behind, 'stamps.offset', '0.50 s after'),
    (ahead, 'stamps.offset', 'future'), (unstamped, 'stamps.zero', 'stamp 0'),
    (unpublished, 'topics.missing', '/joint_states'), (silent, 'topics.silent', DEPTH),
    (mistyped, 'topics.type', 'sensor_msgs/msg/JointState'), (unheard, 'topics.unheard', ARM),
    (gripper_unheard, 'topics.unheard', GRIPPER), (latched_reader, 'topics.qos', 'volatile'),
    (rival, 'rival.command', '/jog'), (rival_joints, 'rival.joints', '/driver'),
    (action_client, 'rival.action', '/move_group'), (running_stack, 'rival.stack', '/supervisor'),
    (restart, 'controller.restart', 'restart: measured'), (late_depth, 'camera.pairing', '+40 ms'),
    (millimetres, 'camera.depth_unit', 'depth_unit: 0.001'),
    (unaligned, 'camera.alignment', '+12, +0 px'), (uncalibrated, 'camera.intrinsics', 'K'),
]  # fmt: skip


def test_a_clean_robot_has_no_finding():
    assert [f.line for f in bad(clean_facts())] == []


@pytest.mark.parametrize(
    ('spoil', 'check', 'word'), CASES, ids=[case[0].__name__ for case in CASES]
)
def test_a_mistake_is_named_with_what_to_change(spoil, check, word):
    facts = clean_facts()
    spoil(facts)
    found = [f for f in bad(facts) if f.check == check]
    assert found
    assert word in f'{found[0].text} {found[0].change}'
    assert found[0].change


def test_nothing_observed_is_no_pass():
    facts = clean_facts()
    facts.streams.clear()
    facts.joints.clear()
    facts.publishers.clear()
    assert len([f for f in bad(facts) if f.check == 'topics.missing']) == 8


@pytest.mark.parametrize(
    ('state', 'check'), [(None, 'e_stop.absent'), (True, 'e_stop.pressed'), (False, '')]
)
def test_the_emergency_stop_is_published_and_released(state, check):
    facts = clean_facts()
    if state is not None:
        put_e_stop(facts, state)
    assert [f.check for f in bad(facts, e_stop='topic')] == [check] * bool(check)


def test_a_best_effort_emergency_stop_does_not_reach_the_stack():
    facts = clean_facts()
    put_e_stop(facts, False, qos.SENSOR)
    assert [f.check for f in bad(facts, e_stop='topic')] == ['topics.qos']


def with_joint(**values):
    joints = list(ROBOT.arm.joints)
    joints[0] = dataclasses.replace(joints[0], **values)
    arm = dataclasses.replace(ROBOT.arm, joints=tuple(joints))
    return dataclasses.replace(ROBOT, arms=(arm,))


@pytest.mark.parametrize(
    ('values', 'check'),
    [({'upper': 7.0}, 'limits.upper'), ({'lower': -7.0}, 'limits.lower'),
     ({'velocity': 4.0}, 'limits.velocity'), ({'upper': 6.0}, '')],
)  # fmt: skip
def test_limits_of_the_robot_file_are_within_those_of_the_urdf(values, check):
    assert [f.check for f in bad(clean_facts(), with_joint(**values))] == [check] * bool(check)


def test_a_tip_at_the_flange_is_not_between_the_pads():
    arm = dataclasses.replace(ROBOT.arm, tip_frame='tool0')
    found = bad(clean_facts(), dataclasses.replace(ROBOT, arms=(arm,)))
    assert [f.check for f in found] == ['tip.frame']


@pytest.mark.parametrize('namespace', ['', 'lab/left'])
def test_a_stack_of_another_namespace_is_another_robots(namespace):
    robot = resolved(load_robot('ur5e'), namespace)
    facts = clean_facts(robot)
    facts.namespace, facts.nodes = namespace, ('/lab/right/shield', '/lab/right/control')
    assert bad(facts, robot) == []
    facts.nodes += (facts.full('control'),)
    (found,) = bad(facts, robot)
    assert (found.check, facts.full('control') in found.text) == ('rival.stack', True)


def test_names_in_findings_are_those_of_the_graph():
    robot = resolved(load_robot('ur5e'), 'left')
    facts = clean_facts(robot)
    facts.namespace = 'left'
    del facts.publishers['/left/joint_states']
    lines = [f.line for f in bad(facts, robot, 'topic')]
    assert any('nobody publishes /left/joint_states' in line for line in lines)
    assert any('emergency stop on /left/e_stop' in line for line in lines)
