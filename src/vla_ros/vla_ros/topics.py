"""Every topic of the stack: name, type, QoS, who publishes it and who reads it.

Topics at the robot's edge (marked) take their name from the robot's configuration; remapping and
namespaces are launch's business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from geometry_msgs.msg import WrenchStamped
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Bool
from trajectory_msgs.msg import JointTrajectory

from vla_core.robot.config import CameraConfig, RobotConfig
from vla_interfaces import msg
from vla_ros import qos
from vla_ros.convert import action, from_bytes, safety, scene, sensing, steering, task, to_bytes

ROBOT = 'robot'  # the driver of the real robot, or the simulator in its place


@dataclass(frozen=True)
class Topic:
    """One stream; `to_msg` and `from_msg` are None where a node handles the message itself.

    `to_bytes` and `from_bytes` do the same on the wire's bytes, for streams at 100 Hz.
    """

    name: str
    type: type
    qos: QoSProfile
    publishers: tuple[str, ...]
    readers: tuple[str, ...]
    to_msg: Callable[[Any], Any] | None = None
    from_msg: Callable[[Any], Any] | None = None
    to_bytes: Callable[[Any], bytes] | None = None
    from_bytes: Callable[[bytes], Any] | None = None

    def at(self, name: str) -> Topic:
        """Return the same stream under another name."""
        return replace(self, name=name)


JOINT_STATES = Topic(  # edge
    '/joint_states', JointState, qos.SAMPLES, (ROBOT,),
    ('perception', 'policy', 'verifier', 'rules', 'control', 'shield'),
    sensing.joints_to_msg, sensing.joints_from_msg, to_bytes.joints, from_bytes.joints,
)  # fmt: skip
WRENCH = Topic('/wrist/wrench', WrenchStamped, qos.SENSOR, (ROBOT,), ('recorder',))  # edge
COLOUR = Topic('color/image_raw', Image, qos.SENSOR, (ROBOT,), ('perception',))  # edge
DEPTH = Topic('depth/image_raw', Image, qos.SENSOR, (ROBOT,), ('perception',))  # edge
CAMERA_INFO = Topic(  # edge
    'color/camera_info', CameraInfo, qos.SENSOR, (ROBOT,), ('perception',)
)
ARM_COMMAND = Topic(  # edge
    '/arm_controller/joint_trajectory', JointTrajectory, qos.COMMAND, ('shield',), (ROBOT,),
    action.trajectory_to_msg, action.trajectory_from_msg, to_bytes.trajectory,
    from_bytes.trajectory,
)  # fmt: skip
GRIPPER_COMMAND = Topic(  # edge
    '/gripper_controller/joint_trajectory', JointTrajectory, qos.COMMAND, ('shield',), (ROBOT,),
    action.trajectory_to_msg, action.trajectory_from_msg, to_bytes.trajectory,
    from_bytes.trajectory,
)  # fmt: skip
SCENE = Topic(
    'scene', msg.GroundedScene, qos.COMMAND, ('perception',),
    ('policy', 'verifier', 'failure', 'rules', 'control', 'shield', 'supervisor'),
    scene.scene_to_msg, scene.scene_from_msg,
)  # fmt: skip
CANDIDATES = Topic(
    'candidates', msg.ChunkCandidates, qos.COMMAND, ('policy',),
    ('verifier', 'failure', 'recorder'),
    action.candidates_to_msg, action.candidates_from_msg,
)  # fmt: skip
CHUNK = Topic(
    'chunk', msg.ActionChunk, qos.COMMAND, ('verifier',),
    ('policy', 'failure', 'rules', 'control'),
    action.chunk_to_msg, action.chunk_from_msg,
)  # fmt: skip
FEATURES = Topic(
    'features', msg.PolicyFeatures, qos.EVENT, ('policy',), ('failure', 'recorder'),
    action.features_to_msg, action.features_from_msg,
)  # fmt: skip
FAILURE = Topic(
    'failure', msg.FailureScore, qos.EVENT, ('failure',), ('supervisor', 'recorder'),
    safety.score_to_msg, safety.score_from_msg,
)  # fmt: skip
VERDICT = Topic(
    'verdict', msg.AlignmentVerdict, qos.EVENT, ('verifier',), ('supervisor', 'recorder'),
    steering.verdict_to_msg, steering.verdict_from_msg,
)  # fmt: skip
CORRECTIONS = Topic(
    'corrections', msg.Correction, qos.EVENT, ('operator',), ('verifier', 'recorder'),
    steering.correction_to_msg, steering.correction_from_msg,
)  # fmt: skip
TARGET = Topic(
    'target', msg.Target, qos.SENSOR, ('control',), ('shield',),
    action.target_to_msg, action.target_from_msg, to_bytes.target, from_bytes.target,
)  # fmt: skip
CONTROL_STATE = Topic(
    'control_state', msg.ControlState, qos.COMMAND, ('control',), ('failure', 'supervisor'),
    action.control_state_to_msg, action.control_state_from_msg,
)  # fmt: skip
VOTES = Topic(
    'votes', msg.SafetyVote, qos.EVENT,
    ('perception', 'policy', 'verifier', 'failure', 'rules', 'supervisor'), ('shield',),
    safety.vote_to_msg, safety.vote_from_msg, from_bytes=from_bytes.vote,
)  # fmt: skip
REPORT = Topic(
    'report', msg.ShieldReport, qos.SAMPLES, ('shield',), ('failure', 'control', 'supervisor'),
    safety.report_to_msg, safety.report_from_msg, to_bytes.report, from_bytes.report,
)  # fmt: skip
HEARTBEATS = Topic(
    'heartbeats', msg.Heartbeat, qos.SAMPLES,
    (
        'sim', 'perception', 'policy', 'verifier', 'failure', 'rules', 'control', 'shield',
        'supervisor', 'recorder',
    ), ('supervisor',), safety.heartbeat_to_msg, safety.heartbeat_from_msg,
)  # fmt: skip
STATUS = Topic(
    'task', msg.TaskStatus, qos.STATE, ('supervisor',),
    ('perception', 'policy', 'verifier', 'failure', 'rules', 'control'),
    task.status_to_msg, task.status_from_msg,
)  # fmt: skip
DEAD_MAN = Topic('dead_man', Bool, qos.COMMAND, ('operator',), ('supervisor',))
E_STOP = Topic('e_stop', Bool, qos.COMMAND, ('operator',), ('supervisor',))  # True: pressed
SUCCESS = Topic(  # the simulator's truth, for judging; nothing that moves the robot may read it
    'sim/success', Bool, qos.STATE, ('sim',), ('recorder',)
)

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Topic))


def joint_states(robot: RobotConfig) -> Topic:
    return JOINT_STATES.at(robot.joint_states_topic)


def wrench(robot: RobotConfig) -> Topic:
    return WRENCH.at(robot.wrench_topic)


def arm_command(robot: RobotConfig) -> Topic:
    return ARM_COMMAND.at(robot.command_topic)


def gripper_command(robot: RobotConfig) -> Topic:
    return GRIPPER_COMMAND.at(robot.gripper_command_topic)


def camera(config: CameraConfig) -> tuple[Topic, Topic, Topic]:
    """Return colour, depth and camera info of one camera."""
    colour, depth, info = (
        topic.at(f'{config.topic}/{topic.name}') for topic in (COLOUR, DEPTH, CAMERA_INFO)
    )
    return colour, depth, info
