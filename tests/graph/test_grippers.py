"""The shield commands the simulated gripper through each interface: it grasps, holds and opens."""

import re
import time
from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest
import rclpy
from rclpy.action import ActionClient, ActionServer
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import Bool

from vla_commission.checks.edges import listener_topic
from vla_core.records.action import Source, Target
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import ArmState, Level, SafetyVote
from vla_core.records.scene import Role
from vla_core.robot.config import load_robot
from vla_interfaces.srv import Arm, Lease
from vla_ros import topics
from vla_ros.entities import destroy, destroy_with_actions
from vla_ros.gripper.action_goal import action_type, goal_of
from vla_ros.gripper.server import GripperServers
from vla_ros.node import ManagedNode
from vla_shield.node import ShieldNode
from vla_sim.controllers.gripper_action_controller import GripperActionController
from vla_sim.node import SimNode

CONFIG = Path(__file__).resolve().parents[2] / 'config' / 'robots' / 'ur5e.yaml'
HOLDER = '/tester'
INTERFACES = {  # command: its topic or action, and what the position is
    'joint_trajectory': ('/gripper_controller/joint_trajectory', 'joint'),
    'gripper_command': ('/gripper_controller/gripper_cmd', 'joint'),
    'parallel_gripper_command': ('/gripper_controller/gripper_cmd', 'opening'),
    'float64_multi_array': ('/gripper_controller/commands', 'opening'),
    'float64': ('/gripper_controller/command', 'joint'),
}


def robot_file(folder, command, topic, position='joint'):
    """ur5e with another interface of its gripper."""
    lines = f'command_topic: {topic}\n  command: {command}\n  command_position: {position}'
    text = CONFIG.read_text().replace('file: urdf/', f'file: {CONFIG.parents[2]}/urdf/')
    file = folder / f'{command}{topic.replace("/", "_")}.yaml'
    file.write_text(re.sub(r'command_topic: gripper_controller\S*', lines, text))
    return file


class Operator(ManagedNode):
    """The only voter, and a teleoperation that keeps the arm where it is."""

    name = 'tester'

    def configure(self):
        self.robot = load_robot('ur5e')
        self.opening, self.level, self.votes = self.robot.gripper.open_width, Level.RUN, 0
        self.send_vote = self.advertise(topics.VOTES)
        self.send_target = self.advertise(topics.TARGET)
        self.send_dead_man = self.advertise(topics.DEAD_MAN)

    def tick(self):
        self.votes += 1
        if self.votes % 5 == 0:
            self.send_vote(SafetyVote(self.now, 'tester', self.votes, self.level, 1.0, 0.3))
        self.send_dead_man(Bool(data=True))
        home = np.array(self.robot.home)
        self.send_target(Target(
            self.now, 'test', self.robot.joint_names, home, np.zeros(len(home)), self.opening,
            Source.TELEOP, holder=HOLDER,
        ))  # fmt: skip


class Graph:
    """Nodes in this process, active, one thread."""

    def __init__(self, *classes):
        self.executor = SingleThreadedExecutor()
        self.nodes = [kind() for kind in classes]
        for node in self.nodes:
            self.executor.add_node(node)
            assert node.trigger_configure().name == 'SUCCESS'
        for node in self.nodes:
            assert node.trigger_activate().name == 'SUCCESS'

    def until(self, condition, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not condition():
            self.executor.spin_once(timeout_sec=0.005)
        return bool(condition())

    def close(self):
        self.executor.shutdown()
        for node in self.nodes:
            destroy_with_actions(node)
        rclpy.shutdown()


@pytest.fixture
def start():
    graphs = []

    def make(file, *classes):
        rclpy.init(args=[
            '--ros-args', '-p', f'robot:={file}', '-p', 'shield:shield.required_voters:=[tester]',
        ])  # fmt: skip
        graphs.append(Graph(*classes))
        return graphs[-1]

    yield make
    for graph in graphs:
        graph.close()


def service(shield, name):
    return next(s.callback for s in shield.services if s.srv_name.endswith(name))


def arm(shield):
    shield.configured_at -= 10.0
    return service(shield, 'shield/arm')(Arm.Request(), Arm.Response()).message


def take_over(graph, shield):
    """Get the lease of the arm, and arm the shield."""
    graph.until(lambda: False, 0.5)
    request = Lease.Request(holder=HOLDER, kind=int(LeaseKind.TELEOP))
    assert service(shield, 'shield/lease')(request, Lease.Response()).success
    assert graph.until(lambda: arm(shield) == '', 5.0), arm(shield)


def put_object(world):
    """Hold the target between the pads, as a hand would, until the fingers have it."""
    name = next(thing.name for thing in world.episode.things if thing.role == Role.TARGET)
    joint = world.model.body(name).jntadr[0]
    at, speed = world.model.jnt_qposadr[joint], world.model.jnt_dofadr[joint]
    pose = world.base_from_tcp()
    world.data.qpos[at : at + 3] = pose[:3, 3]
    mujoco.mju_mat2Quat(world.data.qpos[at + 3 : at + 7], pose[:3, :3].flatten())
    world.data.qvel[speed : speed + 6] = 0.0


@pytest.mark.parametrize('command', INTERFACES)
def test_a_grasp_closes_holds_and_opens(command, start, tmp_path):
    topic, position = INTERFACES[command]
    graph = start(robot_file(tmp_path, command, topic, position), SimNode, ShieldNode, Operator)
    sim, shield, operator = graph.nodes
    gripper = sim.robot.gripper

    def opening():
        return gripper.opening(sim.world.finger()[0])

    take_over(graph, shield)
    operator.opening = 0.0
    graph.until(lambda: put_object(sim.world), 1.2)
    graph.until(lambda: False, 1.0)  # beyond the stall time of the controller
    grasped = opening()
    assert 0.02 < grasped < 0.06
    operator.level = Level.HOLD
    graph.until(lambda: False, 0.6)
    assert opening() == pytest.approx(grasped, abs=0.001)
    operator.level, operator.opening = Level.RUN, gripper.open_width
    assert graph.until(lambda: opening() > 0.075, 4.0), shield.grippers.problem
    assert shield.grippers.problem == ''
    goals = [output.goals for output in shield.grippers.outputs if sim.robot.gripper.is_action]
    assert goals in ([], [2])  # closed and opened; nothing while the object was held
    assert shield.shield.state == ArmState.ARMED


def test_the_simulator_rejects_what_the_real_controller_rejects(start, tmp_path):
    command = 'parallel_gripper_command'
    graph = start(robot_file(tmp_path, command, INTERFACES[command][0]), SimNode, Operator)
    sim, operator = graph.nodes
    client = ActionClient(
        operator, action_type(replace(sim.robot.gripper, command=command)), INTERFACES[command][0]
    )
    assert graph.until(client.server_is_ready, 5.0)
    feedback, kind = listener_topic(sim.robot.gripper)  # where ./vla commission looks
    assert [p.topic_type for p in operator.get_publishers_info_by_topic(feedback)] == [kind]
    accepted = []
    for positions in ([0.01, 0.01], [0.01]):
        goal = goal_of(sim.robot.gripper, 0.02)
        goal.command.position = positions
        answer = client.send_goal_async(goal)
        assert graph.until(answer.done, 5.0)
        accepted.append(answer.result().accepted)
    assert accepted == [False, True]
    assert graph.until(lambda: sim.world.finger()[0] < 0.011, 3.0)


def test_fingers_that_move_stop_on_hold_and_go_on_after_it(start, tmp_path):
    file = robot_file(tmp_path, 'gripper_command', '/gripper_controller/gripper_cmd')
    graph = start(file, SimNode, ShieldNode, Operator)
    sim, shield, operator = graph.nodes
    take_over(graph, shield)
    operator.opening = 0.0
    gripper = sim.robot.gripper
    assert graph.until(lambda: gripper.opening(sim.world.finger()[0]) < 0.06, 4.0)
    operator.level = Level.HOLD
    graph.until(lambda: False, 0.4)
    stopped = gripper.opening(sim.world.finger()[0])
    assert stopped > 0.02
    graph.until(lambda: False, 0.4)
    assert gripper.opening(sim.world.finger()[0]) == pytest.approx(stopped, abs=0.002)
    operator.level = Level.RUN
    assert graph.until(lambda: gripper.opening(sim.world.finger()[0]) < 0.005, 4.0)


def test_a_server_that_vanishes_makes_the_shield_unhealthy_and_gets_the_goal_again(
    start, tmp_path
):
    file = robot_file(tmp_path, 'gripper_command', '/gripper_controller/gripper_cmd')
    graph = start(file, SimNode, ShieldNode, Operator)
    sim, shield, operator = graph.nodes
    take_over(graph, shield)
    operator.opening = 0.0
    assert graph.until(lambda: sim.world.finger()[0] < 0.002, 4.0)
    destroy(sim, [w for w in sim.waitables if isinstance(w, ActionServer)])
    reason = 'gripper: no action server /gripper_controller/gripper_cmd'
    assert graph.until(lambda: shield.problem.startswith(reason), 4.0), shield.problem
    goals = shield.grippers.outputs[0].goals
    sim.grippers = GripperServers(
        sim, sim.robot.grippers, topics.gripper_commands(sim.robot), sim.on_gripper,
        GripperActionController,
    )  # fmt: skip
    assert graph.until(lambda: shield.grippers.outputs[0].goals > goals, 4.0)
    assert graph.until(lambda: shield.problem == '', 4.0), shield.problem


@pytest.mark.parametrize(
    ('command', 'reason'),
    [
        ('gripper_command', 'no action server /nobody (control_msgs/action/GripperCommand)'),
        (
            'parallel_gripper_command',
            'no action server /nobody (control_msgs/action/ParallelGripperCommand)',
        ),
        (
            'float64_multi_array',
            'nobody subscribes to /nobody (std_msgs/msg/Float64MultiArray)',
        ),
        ('float64', 'nobody subscribes to /nobody (std_msgs/msg/Float64)'),
    ],
)
def test_a_gripper_that_nobody_drives_is_named_and_the_robot_not_armed(
    command, reason, start, tmp_path
):
    graph = start(robot_file(tmp_path, command, '/nobody'), ShieldNode)
    assert arm(graph.nodes[0]) == f'gripper: {reason}: is the controller active?'
