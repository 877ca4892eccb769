"""The robot's URDF as a MuJoCo spec: collision capsules, servos, gravity compensation."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import mujoco
import numpy as np

from vla_core.robot.config import RobotConfig
from vla_core.robot.urdf import finger_joints, urdf_text
from vla_sim.scenes.scene_params import SceneParams

# collision bits
ROBOT, OBJECT, TABLE = 1, 2, 4
VISUAL_GROUP, COLLISION_GROUP = 1, 3
GRIPPER = 'gripper'  # actuator and tendon: mean position of both fingers, m
FINGER_ARMATURE = 0.2  # kg, of the drive as seen at each finger
GRIP_STIFFNESS = 20000.0  # N/m; the grip force is reached 4 mm beyond contact


def robot_spec(robot: RobotConfig, p: SceneParams) -> mujoco.MjSpec:
    """Return a spec of the robot at the origin; actuators are named by joint, and GRIPPER."""
    spec = mujoco.MjSpec.from_string(_urdf_for_mujoco(urdf_text(robot)))
    for body in spec.bodies[1:]:
        body.gravcomp = p.gravity_compensation
    for geom in spec.geoms:
        _dress(geom, p)
    for joint in robot.joints:
        spec.joint(joint.name).armature = p.armature
        _add_servo(spec, joint.name)
    _add_gripper(spec, robot)
    for first, second in robot.disabled_pairs:
        _exclude(spec, first, second)
    _exclude(
        spec,
        *(spec.joint(name).parent.name for name in finger_joints(robot, robot.gripper)),
    )
    return spec


def tune_servos(model: mujoco.MjModel, robot: RobotConfig, p: SceneParams) -> np.ndarray:
    """Set the gains from the inertia at home; return (n,) s, the lead that leaves `servo_lag`."""
    data = mujoco.MjData(model)
    dofs = [int(model.joint(name).dofadr[0]) for name in robot.joint_names]
    for joint in robot.joints:
        data.joint(joint.name).qpos[0] = joint.home
    mujoco.mj_forward(model, data)
    full = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, full)
    inertia = full[dofs, dofs]
    w = p.servo_bandwidth
    for name, m in zip(robot.joint_names, inertia, strict=True):
        k = model.actuator(name).id
        model.actuator_gainprm[k, 0] = m * w * w
        model.actuator_biasprm[k, 1:3] = -m * w * w, -2.0 * m * w
    return np.full(len(dofs), 2.0 / w - (p.servo_lag - p.filtered_lag))


def _urdf_for_mujoco(text: str) -> str:
    """Return the URDF with compiler settings: visuals are kept, frames are not fused."""
    root = ET.fromstring(text)
    extension = ET.SubElement(root, 'mujoco')
    ET.SubElement(extension, 'compiler', {'discardvisual': 'false', 'fusestatic': 'false'})
    return ET.tostring(root, encoding='unicode')


def _dress(geom: mujoco.MjsGeom, p: SceneParams) -> None:
    if geom.contype == 0 and geom.conaffinity == 0:
        geom.group = VISUAL_GROUP
        return
    geom.group = COLLISION_GROUP
    geom.contype, geom.conaffinity = ROBOT, ROBOT | OBJECT | TABLE
    geom.condim, geom.friction = 3, [0.6, 0.005, 0.0001]
    if geom.type == mujoco.mjtGeom.mjGEOM_CYLINDER:  # stands for a capsule (urdf/shapes.xacro)
        geom.type = mujoco.mjtGeom.mjGEOM_CAPSULE
    if geom.name.endswith('_pad'):
        geom.condim, geom.priority, geom.friction = 4, 2, [p.pad_friction, 0.02, 0.001]
        geom.solref, geom.solimp = [0.008, 1.0], [0.97, 0.995, 0.001, 0.5, 2.0]


def _add_servo(spec: mujoco.MjSpec, name: str) -> None:
    joint = spec.joint(name)
    servo = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    servo.set_to_position(kp=1.0)  # tune_servos sets the gains
    servo.forcelimited, servo.forcerange = True, joint.actfrcrange


def _add_gripper(spec: mujoco.MjSpec, robot: RobotConfig) -> None:
    tendon = spec.add_tendon(name=GRIPPER)
    for name in finger_joints(robot, robot.gripper):
        tendon.wrap_joint(name, 0.5)
        spec.joint(name).armature = FINGER_ARMATURE
    force = 2.0 * robot.gripper.force  # on the mean of both; half of it reaches each finger
    servo = spec.add_actuator(name=GRIPPER, target=GRIPPER, trntype=mujoco.mjtTrn.mjTRN_TENDON)
    mass = 2.0 * (FINGER_ARMATURE + 0.06)
    servo.set_to_position(kp=GRIP_STIFFNESS, kv=2.0 * float(np.sqrt(GRIP_STIFFNESS * mass)))
    servo.forcelimited, servo.forcerange = True, [-force, force]


def _exclude(spec: mujoco.MjSpec, first: str, second: str) -> None:
    spec.add_exclude(bodyname1=first, bodyname2=second)
