"""Drafts a robot file from a URDF: chain, gripper, tip, limits, mount, home, disabled pairs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

import numpy as np

from vla_core import geometry
from vla_core.authoring.chain import ArmDraft, JointDraft, find_arms, movable
from vla_core.authoring.clearance import Clearance, PairReport, pair_reports
from vla_core.authoring.grasp import GripperDraft, measure
from vla_core.authoring.reach import (
    AREA_X,
    AREA_Y,
    DownReach,
    WorkArea,
    covers_default,
    rectangles,
)
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot import urdf_tree as tree
from vla_core.robot.arm import ArmConfig, JointConfig
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.gripper import GripperConfig
from vla_core.robot.obstacle import ObstacleConfig, PlacementConfig
from vla_core.robot.surface import surfaces
from vla_core.robot.urdf import Description, describe, described, mimic_joints
from vla_core.robot.urdf_config import FrameConfig, MimicConfig, UrdfConfig

FASTEST = 3.2  # rad/s, a URDF that gives more is not trusted
ACCELERATION, JERK = 9.0, 250.0  # rad/s^2, rad/s^3: gentle for a full-size arm
LIFTS = (0.0, 0.05, 0.1, 0.15, 0.2)  # m, of the base above the table, tried in turn
ABOVE = 0.03  # m, from the home pose to the top of a workspace that is not the usual one
ENOUGH = 0.08  # m^2, an area of this size needs no pedestal
PEDESTAL = 0.1  # m, its sides
PLATE = 0.025  # m, below the base, left out of it: the shield keeps the first link away from it
MOST = 6  # areas that are tried, the largest first
SAME = (0.015, 0.05)  # m and rad, a frame of the URDF this near to the tip is the tip
CAMERA = CameraConfig(
    'scene', 'scene', '/scene_camera', 'scene_camera_optical_frame',
    width=320, height=240, fov_y=50.0, position=(1.25, 0.0, 0.85), look_at=(0.42, 0.0, 0.1),
)  # fmt: skip


@dataclass(frozen=True)
class RobotDraft:
    """A robot file before it is written, and what a person must check."""

    robot: RobotConfig
    pairs: tuple[PairReport, ...]
    notes: dict[str, str]  # key of the file: comment beside it


def draft_robot(name: str, urdf: UrdfConfig, driver: str = '') -> RobotDraft:
    """The draft; `driver`: joint of the gripper when the URDF has several."""
    description = described(urdf)
    arm = _chosen(find_arms(description), driver)
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
    gripper = GripperConfig(
        joint=arm.gripper.driver.name,
        command_topic='/gripper_controller/joint_trajectory',
        opening_map=measured.opening_map,
        pads=measured.pads,
    )
    robot = RobotConfig(
        name=name,
        urdf=urdf,
        base_frame='table',
        arms=(
            ArmConfig(
                tip_frame=tip, tcp_speed=0.5, joints=joints,
                command_topic='/arm_controller/joint_trajectory',
            ),
        ),
        grippers=(gripper,),
        joint_states_topic='/joint_states',
        cameras=(CAMERA,),
        fixed_joints=_others(description, arm),
    )  # fmt: skip
    robot = replace(robot, mount=PlacementConfig((0.0, 0.0, _height(robot, notes))))
    pairs = pair_reports(robot)
    disabled = tuple((pair.first, pair.second) for pair in pairs if pair.reason)
    robot = _placed(replace(robot, disabled_pairs=disabled), notes)
    return RobotDraft(robot, pairs, notes)


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


def _height(robot: RobotConfig, notes: dict[str, str]) -> float:
    """m, of the root link so that the lowest point of what does not move is on the table."""
    model = Clearance(robot).model.pin_model
    lowest = np.inf
    for link, triangles in surfaces(describe(robot), model, robot.urdf.pieces).items():
        frame = model.frames[model.getFrameId(link)]
        if frame.parentJoint == 0:
            points = geometry.transform(frame.placement.homogeneous, triangles.reshape(-1, 3))
            lowest = min(lowest, float(points[:, 2].min()))
    if not np.isfinite(lowest) or abs(lowest) < 0.002:
        return 0.0
    notes['mount'] = 'z: the lowest point of the base is on the table'
    return round(-lowest, 4)


def _placed(robot: RobotConfig, notes: dict[str, str]) -> RobotConfig:
    """The robot where it reaches the work area, with its home pose: on the table, or on a
    pedestal when its tool points down only below its base."""
    found: list[tuple[float, float, WorkArea]] = []  # m^2, m, area
    for lift in LIFTS:
        raised = _lifted(robot, lift)
        reach = DownReach(Clearance(raised))
        cells = reach.area(0.1, 0.75, 0.3)
        placed = covers_default(cells, reach.step) and _with_home(
            raised, reach, WorkArea(AREA_X, AREA_Y), notes
        )
        if placed:
            return placed
        found += [(area.size, lift, area) for area in rectangles(cells, reach.step)]
        if max((size for size, _, _ in found), default=0.0) >= ENOUGH:
            break
    for _, lift, area in sorted(found, key=lambda item: -item[0])[:MOST]:
        placed = _shifted(_lifted(robot, lift), area, lift, notes)
        if placed is not None:
            return placed
    raise UserError(
        f'{robot.name}: the tool cannot point down at a part of the table worth working on: check '
        f'the tip frame and the limits of the joints'
    )


def _lifted(robot: RobotConfig, lift: float) -> RobotConfig:
    x, y, z = robot.mount.position
    return replace(robot, mount=PlacementConfig((x, y, round(z + lift, 4))))


def _shifted(
    robot: RobotConfig, area: WorkArea, lift: float, notes: dict[str, str]
) -> RobotConfig | None:
    """The robot moved so that the area that it reaches begins where the objects are."""
    shift = round(AREA_X[0] - area.x[0], 2)
    notes['mount'] = 'x: the part of the table that it reaches begins where the objects are'
    notes['workspace'] = 'what the tool reaches when it points down'
    edge = 0.5 * DownReach(Clearance(robot)).step
    lower = (round(area.x[0] + shift - edge, 3), round(area.y[0] - edge, 3), 0.0)
    upper = (round(area.x[1] + shift + edge, 3), round(area.y[1] + edge, 3), 1.0)
    arm = replace(robot.arm, workspace=(lower, upper))
    height = robot.mount.position[2]
    moved = replace(
        robot, mount=PlacementConfig((shift, 0.0, height)), arms=(arm, *robot.arms[1:])
    )
    if lift > 0.0:
        notes['mount'] += f'; it stands on a pedestal of {lift:.2f} m'
        side, tall = PEDESTAL, lift - PLATE
        box = ObstacleConfig('pedestal', 'box', (side, side, tall), (shift, 0.0, 0.5 * tall))
        moved = replace(moved, obstacles=(box,))
    here = WorkArea((area.x[0] + shift, area.x[1] + shift), area.y)
    return _with_home(moved, DownReach(Clearance(moved)), here, notes)


def _with_home(
    robot: RobotConfig, reach: DownReach, area: WorkArea, notes: dict[str, str]
) -> RobotConfig | None:
    """The robot with a home pose from which the corners of the area are reached, if any."""
    corners = [(x, y) for x in area.x for y in area.y]
    found = reach.home(float(np.mean(area.x)), corners)
    if found is None:
        return None
    notes['home'] = f'the tool points down, {found[1]:.2f} m above the middle of the work area'
    joints = tuple(
        replace(joint, home=_nearest_turn(joint, float(q)))
        for joint, q in zip(robot.arm.joints, found[0], strict=True)
    )
    arm = replace(robot.arm, joints=joints)
    if arm.workspace is not None:
        lower, upper = arm.workspace
        arm = replace(arm, workspace=(lower, (*upper[:2], round(found[1] + ABOVE, 3))))
    return replace(robot, arms=(arm, *robot.arms[1:]))


def _nearest_turn(joint: JointConfig, q: float) -> float:
    """rad, the same angle nearest to zero, when a joint may turn more than once."""
    if joint.upper - joint.lower > 2.0 * np.pi:
        q = float(np.arctan2(np.sin(q), np.cos(q)))
    return round(q, 6)
