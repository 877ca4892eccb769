"""The shield reads the parameters and the speed scaling of a live controller."""

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import rclpy
from graph import Client
from std_msgs.msg import Float64

from vla_core.robot.config import load_robot
from vla_core.robot.controller import ControllerContract
from vla_core.robot.controller_parameters import expected
from vla_interfaces.srv import Arm
from vla_ros import node as node_shell
from vla_ros.entities import destroy_with_actions
from vla_ros.remote_parameters import offer_parameters
from vla_shield.node import ShieldNode

TOPIC = '/speed_scaling_state_broadcaster/speed_scaling'
ROBOT = load_robot('ur5e')
SCALED = replace(
    ROBOT,
    arms=(
        replace(
            ROBOT.arms[0],
            controller=ControllerContract(restart='measured', scaling_topic=TOPIC),
        ),
    ),
)


@pytest.fixture
def client():
    client = Client()
    yield client
    client.close()


@contextmanager
def running_shield(monkeypatch, robot):
    """An active shield and the response of its service; it ticks while the client waits."""
    monkeypatch.setattr(node_shell, 'load_robot', lambda _: robot)
    rclpy.init()
    shield = ShieldNode()
    executor = rclpy.executors.SingleThreadedExecutor()
    executor.add_node(shield)
    shield.trigger_configure()
    shield.trigger_activate()
    shield.configured_at -= 10.0
    try:
        yield shield, executor
    finally:
        executor.shutdown()
        destroy_with_actions(shield)
        rclpy.shutdown()


def arm(shield):
    service = next(s for s in shield.services if s.srv_name.endswith('shield/arm'))
    return service.callback(Arm.Request(), Arm.Response())


def until(client, executor, condition, seconds=10.0):
    def spin():
        executor.spin_once(timeout_sec=0.01)
        return condition()

    return client.until(spin, seconds)


def controller(client, **changes):
    """The node of a joint_trajectory_controller with these parameters."""
    values = expected(ControllerContract(), ROBOT.joint_names) | changes
    node = rclpy.create_node('arm_controller', context=client.context)
    for name, value in values.items():
        if name != 'open_loop_control':  # newer controllers do not declare it
            node.declare_parameter(name, value)
    client.executor.add_node(node)
    return node


def test_a_controller_that_restarts_otherwise_is_not_armed_and_the_line_is_named(
    client, monkeypatch
):
    controller(client, interpolate_from_desired_state=False)
    with running_shield(monkeypatch, ROBOT) as (shield, executor):
        wanted = 'put "interpolate_from_desired_state: true" into its YAML'
        assert until(client, executor, lambda: wanted in arm(shield).message), arm(shield).message
        assert not arm(shield).success


def test_a_controller_as_in_the_robot_file_is_no_obstacle(client, monkeypatch):
    controller(client)
    with running_shield(monkeypatch, ROBOT) as (shield, executor):
        assert until(client, executor, lambda: 'joint states' in arm(shield).message)
        # the service may be discovered after the first attempt
        assert until(client, executor, lambda: arm(shield) and not shield.controllers.warning)


def test_the_simulator_offers_them_without_a_node_of_its_own(client, monkeypatch):
    offer_parameters(client.node, '/arm_controller', {'joints': ['a', 'b']})
    with running_shield(monkeypatch, ROBOT) as (shield, executor):
        assert until(client, executor, lambda: 'joints is [a, b]' in arm(shield).message)


def test_without_a_parameter_service_arming_warns(client, monkeypatch):
    with running_shield(monkeypatch, ROBOT) as (shield, executor):
        assert until(client, executor, lambda: 'joint states' in arm(shield).message)
        assert (
            shield.controllers.warning == '/arm_controller has no parameter service: not checked'
        )


def test_the_speed_slider_reaches_the_shield(client, monkeypatch):
    publisher = client.node.create_publisher(Float64, TOPIC, 10)
    with running_shield(monkeypatch, SCALED) as (shield, executor):
        scaling = shield.shield.inputs.scaling

        def received():
            publisher.publish(Float64(data=10.0))
            return scaling.share == 0.1

        assert 'no speed scaling received' in scaling.fault(shield.now)
        assert until(client, executor, received)
        assert scaling.fault(shield.now) == ''
