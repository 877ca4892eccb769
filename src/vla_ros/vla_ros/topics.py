"""Every topic of the stack: name, type, QoS, publishers and readers.

Topics at the robot's edge (marked) take their name from the robot's configuration. All names are
relative: the namespace of the nodes and remapping are set at launch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from action_msgs.msg import GoalStatusArray
from geometry_msgs.msg import WrenchStamped
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Bool, Float64, Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from vla_core.robot.camera import COLOUR_TOPIC, DEPTH_TOPIC, INFO_TOPIC, CameraConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.gripper import DEFAULT_TOPICS
from vla_core.robot.ros_names import ACTION_STATUS
from vla_interfaces import msg
from vla_ros import qos
from vla_ros.convert import action, safety, scene, sensing, steering, task, trajectory

ROBOT = 'robot'  # the driver of the real robot, or the simulator in its place


@dataclass(frozen=True)
class Topic:
    """One topic; `to_msg` and `from_msg` are None where nodes use the message itself.

    `to_bytes` and `from_bytes` do without the message, in control cycles (decision 008).
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
    table: Callable[[str], Any] | None = None  # converters by base frame; None: it carries none

    def at(self, name: str) -> Topic:
        """Return the same topic under another name."""
        return replace(self, name=name)

    def in_frame(self, frame: str) -> Topic:
        """Return the same topic of a robot whose base frame is `frame`: its messages carry it."""
        if self.table is None:
            return self
        table = self.table(frame)
        return replace(
            self,
            to_msg=self.to_msg and table.to_msg,
            from_msg=self.from_msg and table.from_msg,
            to_bytes=self.to_bytes and table.to_bytes,
            from_bytes=self.from_bytes and table.from_bytes,
        )


JOINT_STATES = Topic(  # edge
    'joint_states', JointState, qos.SAMPLES, (ROBOT,),
    ('perception', 'policy', 'verifier', 'rules', 'control', 'shield'),
    sensing.JOINTS.to_msg, sensing.JOINTS.from_msg,
    sensing.JOINTS.to_bytes, sensing.JOINTS.from_bytes,
)  # fmt: skip
WRENCH = Topic('wrist/wrench', WrenchStamped, qos.SENSOR, (ROBOT,), ('recorder',))  # edge
COLOUR = Topic(COLOUR_TOPIC, Image, qos.SENSOR, (ROBOT,), ('perception',))  # edge
DEPTH = Topic(DEPTH_TOPIC, Image, qos.SENSOR, (ROBOT,), ('perception',))  # edge
CAMERA_INFO = Topic(INFO_TOPIC, CameraInfo, qos.SENSOR, (ROBOT,), ('perception',))  # edge
ARM_COMMAND = Topic(  # edge
    'arm_controller/joint_trajectory', JointTrajectory, qos.COMMAND, ('shield',), (ROBOT,),
    trajectory.trajectory_to_msg, trajectory.trajectory_from_msg,
    trajectory.trajectory_to_bytes,
)  # fmt: skip
GRIPPER_COMMAND = Topic(  # edge
    DEFAULT_TOPICS['joint_trajectory'], JointTrajectory, qos.COMMAND, ('shield',), (ROBOT,),
    trajectory.trajectory_to_msg, trajectory.trajectory_from_msg,
    trajectory.trajectory_to_bytes,
)  # fmt: skip
GRIPPER_FLOATS = {  # edge; by `command` of the robot file
    'float64': Topic(DEFAULT_TOPICS['float64'], Float64, qos.COMMAND, ('shield',), (ROBOT,)),
    'float64_multi_array': Topic(
        DEFAULT_TOPICS['float64_multi_array'],
        Float64MultiArray,
        qos.COMMAND,
        ('shield',),
        (ROBOT,),
    ),
}
SPEED_SCALING = Topic(  # edge
    'speed_scaling_state_broadcaster/speed_scaling', Float64, qos.SENSOR, (ROBOT,), ('shield',)
)
GOALS = Topic(  # edge; below the name of a controller, of which the simulator's take no goals
    f'/follow_joint_trajectory{ACTION_STATUS}', GoalStatusArray, qos.STATE,
    ('controller',), ('shield',),
)  # fmt: skip
SCENE = Topic(
    'scene', msg.GroundedScene, qos.COMMAND, ('perception',),
    ('policy', 'verifier', 'failure', 'rules', 'control', 'shield', 'supervisor'),
    scene.SCENE.to_msg, scene.SCENE.from_msg, table=scene.scene_table,
)  # fmt: skip
CANDIDATES = Topic(
    'candidates', msg.ChunkCandidates, qos.COMMAND, ('policy',),
    ('verifier', 'failure', 'recorder'),
    action.CANDIDATES.to_msg, action.CANDIDATES.from_msg, table=action.candidates_table,
)  # fmt: skip
CHUNK = Topic(
    'chunk', msg.ActionChunk, qos.COMMAND, ('verifier',),
    ('policy', 'failure', 'rules', 'control'),
    action.CHUNK.to_msg, action.CHUNK.from_msg, table=action.chunk_table,
)  # fmt: skip
FEATURES = Topic(
    'features', msg.PolicyFeatures, qos.EVENT, ('policy',), ('failure', 'recorder'),
    action.FEATURES.to_msg, action.FEATURES.from_msg, table=action.features_table,
)  # fmt: skip
FAILURE = Topic(
    'failure', msg.FailureScore, qos.EVENT, ('failure',), ('supervisor', 'recorder'),
    safety.FAILURE.to_msg, safety.FAILURE.from_msg,
)  # fmt: skip
VERDICT = Topic(
    'verdict', msg.AlignmentVerdict, qos.EVENT, ('verifier',), ('supervisor', 'recorder'),
    steering.VERDICT.to_msg, steering.VERDICT.from_msg,
)  # fmt: skip
CORRECTIONS = Topic(
    'corrections', msg.Correction, qos.EVENT, ('operator',), ('verifier', 'recorder'),
    steering.CORRECTION.to_msg, steering.CORRECTION.from_msg, table=steering.correction_table,
)  # fmt: skip
TARGET = Topic(
    'target', msg.Target, qos.SENSOR, ('control',), ('shield',),
    action.TARGET.to_msg, action.TARGET.from_msg,
    action.TARGET.to_bytes, action.TARGET.from_bytes, action.target_table,
)  # fmt: skip
LEASES = Topic(
    'leases', msg.Leases, qos.STATE, ('shield',), ('control', 'recorder'),
    safety.LEASES.to_msg, safety.LEASES.from_msg,
)  # fmt: skip
CONTROL_STATE = Topic(
    'control_state', msg.ControlState, qos.COMMAND, ('control',), ('failure', 'supervisor'),
    action.CONTROL_STATE.to_msg, action.CONTROL_STATE.from_msg,
    table=action.control_state_table,
)  # fmt: skip
VOTES = Topic(
    'votes', msg.SafetyVote, qos.EVENT,
    ('perception', 'policy', 'verifier', 'failure', 'rules', 'supervisor'), ('shield',),
    safety.VOTE.to_msg, safety.VOTE.from_msg, safety.VOTE.to_bytes, safety.VOTE.from_bytes,
)  # fmt: skip
REPORT = Topic(
    'report', msg.ShieldReport, qos.SAMPLES, ('shield',), ('failure', 'control', 'supervisor'),
    safety.REPORT.to_msg, safety.REPORT.from_msg,
    safety.REPORT.to_bytes, safety.REPORT.from_bytes, safety.report_table,
)  # fmt: skip
HEARTBEATS = Topic(
    'heartbeats', msg.Heartbeat, qos.SAMPLES,
    (
        'sim', 'perception', 'policy', 'verifier', 'failure', 'rules', 'control', 'shield',
        'supervisor', 'recorder',
    ), ('supervisor',), safety.HEARTBEAT.to_msg, safety.HEARTBEAT.from_msg,
)  # fmt: skip
STATUS = Topic(
    'task', msg.TaskStatus, qos.STATE, ('supervisor',),
    ('perception', 'policy', 'verifier', 'failure', 'rules', 'control'),
    task.STATUS.to_msg, task.STATUS.from_msg,
)  # fmt: skip
DEAD_MAN = Topic('dead_man', Bool, qos.COMMAND, ('operator',), ('supervisor', 'shield'))
E_STOP = Topic('e_stop', Bool, qos.COMMAND, ('operator',), ('supervisor',))  # True: pressed
SUCCESS = Topic(  # ground truth for evaluation; nothing that moves the robot may read it
    'sim/success', Bool, qos.STATE, ('sim',), ('recorder',)
)

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Topic))


def joint_states(robot: RobotConfig) -> Topic:
    return JOINT_STATES.at(robot.joint_states_topic)


def wrench(robot: RobotConfig) -> Topic:
    return WRENCH.at(robot.arm.wrench_topic)


def arm_command(robot: RobotConfig) -> Topic:
    return ARM_COMMAND.at(robot.arm.command_topic)


def gripper_command(robot: RobotConfig) -> Topic:
    return GRIPPER_COMMAND.at(robot.gripper.command_topic)


def arm_commands(robot: RobotConfig) -> tuple[Topic, ...]:
    """The command topic of each arm, in the order of the robot file."""
    return tuple(ARM_COMMAND.at(arm.command_topic) for arm in robot.arms)


def gripper_commands(robot: RobotConfig) -> tuple[Topic, ...]:
    """The command topic of each gripper, in the order of the robot file. A gripper commanded by
    an action has none: its entry names the action, and nothing is published there."""
    kinds = {**GRIPPER_FLOATS, 'joint_trajectory': GRIPPER_COMMAND}
    return tuple(
        kinds.get(gripper.command, GRIPPER_COMMAND).at(gripper.command_topic)
        for gripper in robot.grippers
    )


def speed_scalings(robot: RobotConfig) -> tuple[Topic, ...]:
    """The speed scaling of each arm's controller, in the order of the robot file; without a name
    where the controller does not scale."""
    return tuple(SPEED_SCALING.at(arm.controller.scaling_topic) for arm in robot.arms)


def goals(robot: RobotConfig) -> tuple[Topic, ...]:
    """States of the trajectory actions of the arms' controllers; none for one without a name."""
    owners = (arm.controller.node_of(arm.command_topic) for arm in robot.arms)
    return tuple(GOALS.at(f'{owner}{GOALS.name}') for owner in owners if owner)


def wrenches(robot: RobotConfig) -> tuple[Topic, ...]:
    """The wrench topic of each arm, in the order of the robot file."""
    return tuple(WRENCH.at(arm.wrench_topic) for arm in robot.arms)


def camera(config: CameraConfig) -> tuple[Topic, Topic, Topic]:
    """Return colour, depth and camera info of one camera."""
    colour, depth, info = config.topics
    return COLOUR.at(colour), DEPTH.at(depth), CAMERA_INFO.at(info)


def latched(topic: Topic) -> Topic:
    """Return the topic as a late reader of a latched publisher subscribes to it."""
    return replace(topic, qos=qos.STATE)
