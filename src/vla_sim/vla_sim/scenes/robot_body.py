"""The robot's description as a MuJoCo spec: shapes, servos, grippers, gravity compensation."""

from __future__ import annotations

import functools
import itertools
import xml.etree.ElementTree as ET
from typing import Any

import mujoco
import numpy as np

from vla_core import geometry
from vla_core.robot.config import RobotConfig
from vla_core.robot.description.hulls import collision_pieces
from vla_core.robot.description.mesh import decimated, load_mesh
from vla_core.robot.description.urdf import describe, finger_joints, mimic_joints, pad_links
from vla_core.robot.description.urdf_assembly import MeshShape
from vla_core.robot.gripper import GripperConfig
from vla_core.robot.model import collision_model, link_of
from vla_sim.scenes.scene_params import SceneParams

# collision bits
ROBOT, OBJECT, TABLE = 1, 2, 4
VISUAL_GROUP, COLLISION_GROUP = 1, 3
FINGER_ARMATURE = 0.2  # kg, of the drive as seen at each finger
GRIP_STIFFNESS = 5000.0  # N/m of the opening; the grip force is reached 8 mm beyond contact
FACES = 3000  # of a visual mesh at most
GREY = (0.75, 0.76, 0.78, 1.0)  # of a mesh whose URDF gives no colour
STIFF = [0.004, 1.0]  # s and damping ratio, of the coupling of mimic joints


def robot_spec(robot: RobotConfig, p: SceneParams) -> mujoco.MjSpec:
    """Return a spec of the mounted robot; actuators are named by joint, and by gripper."""
    description = describe(robot)
    spec = mujoco.MjSpec.from_string(_urdf_for_mujoco(description.text))
    spec.compiler.boundmass, spec.compiler.boundinertia = 1e-3, 1e-6
    spec.compiler.balanceinertia = True
    _mount(spec, robot)
    _add_meshes(spec, robot)
    for body in spec.bodies[1:]:
        body.gravcomp = p.gravity_compensation
    named_pads = [geom.name for geom in spec.geoms if geom.name.endswith('_pad')]
    pads = {link for gripper in robot.grippers for link in pad_links(robot, gripper)}
    for geom in spec.geoms:
        is_pad = geom.name in named_pads if named_pads else geom.parent.name in pads
        _dress(geom, p, is_pad)
    for joint in robot.joints:
        spec.joint(joint.name).armature = p.armature
        _add_servo(spec, joint.name)
    for gripper in robot.grippers:
        _add_gripper(spec, robot, gripper)
    _exclude_disabled(spec, robot)
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


def driven(model: mujoco.MjModel, actuator: int) -> np.ndarray:
    """Indices in qpos of the joints whose mean the actuator of a gripper drives."""
    joints = [int(model.actuator_trnid[actuator, 0])]
    if model.actuator_trntype[actuator] == mujoco.mjtTrn.mjTRN_TENDON:
        start, count = (int(x[joints[0]]) for x in (model.tendon_adr, model.tendon_num))
        joints = [int(k) for k in model.wrap_objid[start : start + count]]
    return np.asarray(model.jnt_qposadr[joints])


def _urdf_for_mujoco(text: str) -> str:
    """Return the URDF with compiler settings: visuals are kept, frames are not fused."""
    root = ET.fromstring(text)
    extension = ET.SubElement(root, 'mujoco')
    ET.SubElement(extension, 'compiler', {'discardvisual': 'false', 'fusestatic': 'false'})
    return ET.tostring(root, encoding='unicode')


def _mount(spec: mujoco.MjSpec, robot: RobotConfig) -> None:
    """Place the root link at the mount of the robot."""
    mount = robot.mount.matrix
    for item in (*spec.worldbody.bodies, *spec.worldbody.geoms):
        _place(item, mount @ _pose(item))


def _pose(item: Any) -> np.ndarray:
    w, x, y, z = item.quat
    return geometry.pose(item.pos, (x, y, z, w))


def _place(item: Any, pose: np.ndarray) -> None:
    x, y, z, w = geometry.quat_from_matrix(pose[:3, :3])
    item.pos, item.quat = pose[:3, 3], [w, x, y, z]


def _add_meshes(spec: mujoco.MjSpec, robot: RobotConfig) -> None:
    """Add visual meshes with few faces, and the convex pieces that the shield checks."""
    description = describe(robot)
    for k, shape in enumerate(description.meshes):
        if not shape.is_collision:
            _add_visual(spec, f'visual_{k}', shape)
    for k, piece in enumerate(collision_pieces(description, robot.urdf.pieces)):
        mesh = spec.add_mesh(name=f'piece_{k}', uservert=piece.points.ravel())
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
        body = spec.body(piece.link)
        body.add_geom(name=f'piece_{k}', type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh.name)


def _add_visual(spec: mujoco.MjSpec, name: str, shape: MeshShape) -> None:
    vertices, faces = _visual(shape)
    mesh = spec.add_mesh(name=name, uservert=vertices.ravel(), userface=faces.ravel())
    mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
    geom = spec.body(shape.link).add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH, meshname=name, rgba=shape.rgba or GREY,
        contype=0, conaffinity=0, mass=0.0,
    )  # fmt: skip
    _place(geom, shape.link_from_mesh)


@functools.lru_cache(maxsize=128)
def _visual(shape: MeshShape) -> tuple[np.ndarray, np.ndarray]:
    return decimated(*load_mesh(shape.path, shape.scale), FACES)


def _dress(geom: mujoco.MjsGeom, p: SceneParams, is_pad: bool) -> None:
    if geom.contype == 0 and geom.conaffinity == 0:
        geom.group = VISUAL_GROUP
        return
    geom.group = COLLISION_GROUP
    geom.contype, geom.conaffinity = ROBOT, ROBOT | OBJECT | TABLE
    geom.condim, geom.friction = 3, [0.6, 0.005, 0.0001]
    if geom.type == mujoco.mjtGeom.mjGEOM_CYLINDER:  # stands for a capsule (urdf/shapes.xacro)
        geom.type = mujoco.mjtGeom.mjGEOM_CAPSULE
    if is_pad:
        geom.condim, geom.priority, geom.friction = 4, 2, [p.pad_friction, 0.02, 0.001]
        geom.solref, geom.solimp = [0.008, 1.0], [0.97, 0.995, 0.001, 0.5, 2.0]


def _add_servo(spec: mujoco.MjSpec, name: str) -> None:
    joint = spec.joint(name)
    servo = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    servo.set_to_position(kp=1.0)  # tune_servos sets the gains
    limit = float(joint.actfrcrange[1])
    if limit > 0.0:  # a description without effort limits does not limit the servo
        servo.forcelimited, servo.forcerange = True, [-limit, limit]


def _add_gripper(spec: mujoco.MjSpec, robot: RobotConfig, gripper: GripperConfig) -> None:
    """Add the servo of a gripper. Two fingers that slide alike share it by a tendon, so that each
    presses with half of its force wherever the object is; other joints are coupled rigidly."""
    names = finger_joints(robot, gripper)
    mimics = mimic_joints(describe(robot).text, gripper.joint)
    is_pair = len(mimics) == 1 and (mimics[0].multiplier, mimics[0].offset) == (1.0, 0.0)
    kinds = {spec.joint(name).type for name in names}
    rate = gripper.opening_rate  # m of the opening per rad or m of the joint
    armature = FINGER_ARMATURE * (1.0 if is_pair else 0.5 * rate * rate)
    for name in names:
        spec.joint(name).armature = armature
        spec.joint(name).actfrclimited = False
    if is_pair and kinds == {mujoco.mjtJoint.mjJNT_SLIDE}:
        tendon = spec.add_tendon(name=gripper.name)
        for name in names:
            tendon.wrap_joint(name, 0.5)
        target, kind, mass = gripper.name, mujoco.mjtTrn.mjTRN_TENDON, 2.0 * (armature + 0.06)
    else:
        for m in mimics:
            coupling = spec.add_equality(
                type=mujoco.mjtEq.mjEQ_JOINT, objtype=mujoco.mjtObj.mjOBJ_JOINT,
                name1=m.name, name2=gripper.joint, solref=STIFF,
            )  # fmt: skip
            coupling.data[:5] = [m.offset, m.multiplier, 0.0, 0.0, 0.0]
        target, kind = gripper.joint, mujoco.mjtTrn.mjTRN_JOINT
        mass = armature * len(names) + 0.06 * rate * rate
    servo = spec.add_actuator(name=gripper.name, target=target, trntype=kind)
    stiffness = GRIP_STIFFNESS * rate * rate
    servo.set_to_position(kp=stiffness, kv=2.0 * float(np.sqrt(stiffness * mass)))
    force = gripper.force * rate  # the work of both fingers on an object between them
    servo.forcelimited, servo.forcerange = True, [-force, force]


def _exclude_disabled(spec: mujoco.MjSpec, robot: RobotConfig) -> None:
    """Let only those links collide that the shield keeps apart, and fingers not with the rest of
    their gripper; what the first joint of an arm moves may be at the table."""
    model, shapes = collision_model(robot)
    items = shapes.geometryObjects
    links = [link_of(model, shape) for shape in items]
    checked = {
        frozenset((links[pair.first], links[pair.second])) for pair in shapes.collisionPairs
    }
    for first, second in itertools.combinations(dict.fromkeys(links), 2):
        if frozenset((first, second)) not in checked:
            spec.add_exclude(bodyname1=first, bodyname2=second)
