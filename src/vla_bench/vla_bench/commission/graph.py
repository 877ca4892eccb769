"""The graph around a simulated robot: who publishes, who reads, which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

from vla_bench.commission.driver import SimulatedDriver
from vla_commission.checks import edges
from vla_commission.facts import Endpoint, Facts
from vla_core.robot.config import RobotConfig
from vla_core.robot.controller_parameters import expected
from vla_ros import qos
from vla_ros.camera.missing_topic import kind_of
from vla_ros.topics import JOINT_STATES

BOOL = 'std_msgs/msg/Bool'
BEST_EFFORT = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(
    depth=1, reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
)  # fmt: skip
DRIVER, BRIDGE = '/driver', '/e_stop_bridge'


@dataclass(frozen=True)
class GraphFaults:
    """What is wrong around the robot; the default is nothing."""

    rival_command: str = ''  # node that publishes commands of the arm, too
    rival_joints: str = ''  # node that publishes joint states, too
    action_client: str = ''  # node that has a client of the arm's controller
    running_stack: str = ''  # node of a stack on this domain
    is_arm_unheard: bool = False
    is_gripper_unheard: bool = False
    is_e_stop_best_effort: bool = False
    reads_latched: bool = False  # the arm's controller requests transient local
    mistyped: str = ''  # type of the joint states


def add_graph(
    facts: Facts, robot: RobotConfig, driver: SimulatedDriver, faults: GraphFaults
) -> None:
    """Fill in the ends of all topics of the true robot, and the parameters of its controller."""
    true = driver.world.robot
    for edge in edges.inputs_of(true):
        kind = faults.mistyped if faults.mistyped and edge.topic.type is JOINT_STATES.type else ''
        facts.publishers[edge.name] = (Endpoint(DRIVER, kind or edge.type, qos.EVENT),)
    if faults.rival_joints:
        name = true.joint_states_topic
        rival = Endpoint(faults.rival_joints, kind_of(JOINT_STATES), qos.EVENT)
        facts.publishers[name] = (*facts.publishers[name], rival)
    if driver.faults.e_stop is not None:
        offered = BEST_EFFORT if faults.is_e_stop_best_effort else qos.EVENT
        facts.publishers['/e_stop'] = (Endpoint(BRIDGE, BOOL, offered),)
    _add_controllers(facts, true, faults)
    facts.parameters = dict.fromkeys(edges.controller_nodes(robot))
    facts.parameters |= parameters(driver)
    if faults.action_client:
        for action in edges.controller_actions(true):
            facts.action_clients[action] = (faults.action_client,)
    facts.nodes = tuple(filter(None, (DRIVER, BRIDGE, faults.running_stack)))
    facts.topics = dict.fromkeys((*facts.publishers, *facts.subscribers), ())


def _add_controllers(facts: Facts, true: RobotConfig, faults: GraphFaults) -> None:
    for edge in edges.outputs_of(true):
        is_arm = edge.name == true.arm.command_topic
        is_unheard = faults.is_arm_unheard if is_arm else faults.is_gripper_unheard
        requested = LATCHED if faults.reads_latched and is_arm else qos.EVENT
        if not is_unheard:
            node = edge.name.rpartition('/')[0]
            facts.subscribers[edge.name] = (Endpoint(node, edge.type, requested),)
        if faults.rival_command and is_arm:
            facts.publishers[edge.name] = (Endpoint(faults.rival_command, edge.type, qos.EVENT),)
    for gripper in true.grippers:
        if gripper.is_action and not faults.is_gripper_unheard:
            name, kind = edges.listener_topic(gripper)
            node = gripper.command_topic.rpartition('/')[0]
            facts.publishers[name] = (Endpoint(node, kind, qos.EVENT),)


def parameters(driver: SimulatedDriver) -> dict[str, Mapping[str, Any]]:
    """As the parameter service of the true controller answers."""
    arm, contract = driver.world.robot.arm, driver.contract
    return {contract.node_of(arm.command_topic): expected(contract, arm.joint_names)}
