"""Drafts a robot file from a URDF: chain, gripper, tip, limits, mount, home, disabled pairs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

import numpy as np

from vla_core import geometry
from vla_core.authoring.chain import ArmDraft, JointDraft, find_arms, movable
from vla_core.authoring.clearance import PairReport, pair_reports
from vla_core.authoring.grasp import GripperDraft, measure
from vla_core.authoring.gripper_interface import command_of
from vla_core.authoring.mount import placed, standing
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.arm import ArmConfig, JointConfig
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.description import urdf_tree as tree
from vla_core.robot.description.urdf import Description, described, mimic_joints
from vla_core.robot.description.urdf_config import FrameConfig, MimicConfig, UrdfConfig
from vla_core.robot.gripper import GripperConfig

FASTEST = 3.2  # rad/s, a URDF that gives more is not trusted
ACCELERATION, JERK = 9.0, 250.0  # rad/s^2, rad/s^3: gentle for a full-size arm
SAME = (0.015, 0.05)  # m and rad, a frame of the URDF this near to the tip is the tip
CAMERA = CameraConfig(
    'scene', 'scene', 'scene_camera', 'scene_camera_optical_frame',
    width=320, height=240, fov_y=50.0, position=(1.25, 0.0, 0.85), look_at=(0.42, 0.0, 0.1),
)  # fmt: skip


@dataclass(frozen=True)
class RobotDraft:
    """A robot file before it is written, and what a person must check."""

    robot: RobotConfig
    pairs: tuple[PairReport, ...]
    notes: dict[str, str]  # key of the file: comment beside it


def draft_robot(
    name: str, urdf: UrdfConfig, driver: str = '', command: tuple[str, str] = ('', '')
) -> RobotDraft:
    """The draft; `driver`: joint of the gripper when the URDF has several; `command`: interface
    of the gripper and its topic or action."""
    interface = command_of(*command)
    description = described(urdf)
    arm = _chosen(find_arms(description, driver), driver)
    if arm.gripper is None:
        raise UserError(
            'no joint of the URDF is that of a gripper: attach one '
            '(--gripper FILE --flange LINK), or name its joint (--joint NAME)'
        )
    measured = measure(description, arm.gripper, urdf.pieces)
    urdf, tip, notes = _tip(urdf, description, measured)
    if arm.gripper.pair:
        mimic = MimicConfig(arm.gripper.pair, arm.gripper.driver.name, arm.gripper.sign)
        urdf = replace(urdf, mimics=(*urdf.mimics, mimic))
    joints = tuple(_joint(joint, notes) for joint in arm.joints)
    robot = RobotConfig(
        name=name,
        urdf=urdf,
        base_frame='table',
        arms=(
            ArmConfig(
                tip_frame=tip, tcp_speed=0.5, joints=joints,
                command_topic='arm_controller/joint_trajectory',
            ),
        ),
        grippers=(_gripper(arm.gripper.driver.name, measured, interface),),
        joint_states_topic='joint_states',
        cameras=(CAMERA,),
        fixed_joints=_others(description, arm),
    )  # fmt: skip
    robot = standing(robot, notes)
    pairs = pair_reports(robot)
    disabled = tuple((pair.first, pair.second) for pair in pairs if pair.reason)
    robot = placed(replace(robot, disabled_pairs=disabled), notes)
    return RobotDraft(robot, pairs, notes)


def _gripper(joint: str, measured: GripperDraft, interface: tuple[str, str]) -> GripperConfig:
    command, topic = interface
    pads = measured.pads
    return GripperConfig(joint, topic, measured.opening_map, command=command, pads=pads)


def _chosen(arms: tuple[ArmDraft, ...], driver: str) -> ArmDraft:
    """The arm whose gripper has that joint; without one the arm with the most joints."""
    if not driver:
        return arms[0]
    for arm in arms:
        if arm.gripper is not None and arm.gripper.driver.name == driver:
            return arm
    known = ', '.join(arm.gripper.driver.name for arm in arms if arm.gripper)
    raise UserError(f'no gripper with joint {driver!r}; found: {known or "none"}')


def _joint(joint: JointDraft, notes: dict[str, str]) -> JointConfig:
    velocity = joint.velocity
    if not 0.0 < velocity <= FASTEST:
        notes[joint.name] = f'the URDF says {velocity:g} rad/s: take that of the data sheet'
        velocity = FASTEST
    if joint.kind == 'continuous':
        notes[joint.name] = 'continuous in the URDF: bounded here to one turn each way'
    middle = float(np.clip(0.0, joint.lower, joint.upper))
    return JointConfig(joint.name, middle, joint.lower, joint.upper, velocity, ACCELERATION, JERK)


def _others(description: Description, arm: ArmDraft) -> dict[str, float]:
    """Joints of neither arm nor gripper, kept at the position nearest to zero."""
    assert arm.gripper is not None
    driver = arm.gripper.driver.name
    used = {joint.name for joint in arm.joints} | {driver, arm.gripper.pair}
    used |= {mimic.name for mimic in mimic_joints(description.text, driver)}
    mimics = {
        name
        for name, joint in tree.joints_of(ET.fromstring(description.text)).items()
        if joint.find('mimic') is not None
    }
    return {
        name: float(np.clip(0.0, joint.lower, joint.upper))
        for name, joint in movable(description).items()
        if name not in used | mimics
    }


def _tip(
    urdf: UrdfConfig, description: Description, measured: GripperDraft
) -> tuple[UrdfConfig, str, dict[str, str]]:
    """The link between the fingers: one that the URDF has there, else a new one."""
    root = ET.fromstring(description.text)
    joints = tree.joints_of(root)
    for link in tree.below(root, measured.base):
        pose, at = np.eye(4), link
        while at != measured.base:
            joint = next(j for j in joints.values() if tree.end(j, 'child') == at)
            if joint.get('type') != 'fixed':
                break
            pose, at = tree.origin_of(joint) @ pose, tree.end(joint, 'parent')
        if at == measured.base and _is_same(pose, measured.base_from_tip):
            return urdf, link, {}
    names = [tree.name_of(link) for link in root.iter('link')]
    name = next(n for n in ('tcp', 'stack_tcp', 'stack_tcp_2') if n not in names)
    pose = measured.base_from_tip
    x, y, z = (round(float(v), 5) + 0.0 for v in pose[:3, 3])
    roll, pitch, yaw = (round(float(v), 6) + 0.0 for v in tree.rpy_of(pose[:3, :3]))
    frame = FrameConfig(name, measured.base, (x, y, z), (roll, pitch, yaw))
    notes = {'frames': 'z out of the gripper, y along the closing direction'}
    return replace(urdf, frames=(*urdf.frames, frame)), name, notes


def _is_same(pose: Array, tip: Array) -> bool:
    """True when a frame is the tip, or the tip with the fingers exchanged."""
    turned = tip @ geometry.pose_of(geometry.rotation_z(np.pi), (0.0, 0.0, 0.0))
    errors = [geometry.pose_error(pose, other) for other in (tip, turned)]
    return any(
        np.linalg.norm(e[:3]) <= SAME[0] and np.linalg.norm(e[3:]) <= SAME[1] for e in errors
    )
