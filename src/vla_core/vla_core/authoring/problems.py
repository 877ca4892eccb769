"""Checks a robot file against its description: each problem with what to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vla_core.authoring.camera_problems import camera_problems
from vla_core.authoring.chain import ArmDraft, find_arms, movable
from vla_core.authoring.clearance import TOUCHING, Clearance
from vla_core.authoring.grasp import GripperDraft, measure
from vla_core.authoring.gripper_interface import interface_problems
from vla_core.authoring.pair_problems import pair_problems
from vla_core.authoring.place_problems import place_problems
from vla_core.authoring.reach import FLOOR, DownReach
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.arm import ArmConfig
from vla_core.robot.config import RobotConfig, load_robot
from vla_core.robot.description.hulls import merged
from vla_core.robot.description.mesh import convex_pieces, hull_points, volume
from vla_core.robot.description.surface import hull_triangles
from vla_core.robot.description.urdf import Description, describe, described
from vla_core.robot.gripper import GripperConfig
from vla_core.robot.model import RobotModel

TILT = 0.12  # rad, largest angle between the tip frame and the gripper that was measured
OFF = 0.02  # m, largest distance of the tip from the middle between the pads
WIDTH = 0.006  # m, largest error of the opening map
ROOM = 0.03  # m, that the shield keeps between the arm and obstacles
MASS = 0.02  # kg, a link with more is a body
COARSE = 1.6  # volume of one hull over that of its pieces


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to change."""

    text: str
    change: str


def find_problems(name_or_path: str | Path) -> list[Problem]:
    """The problems of a robot file; none: it can be used."""
    try:
        robot = load_robot(name_or_path)
        model = RobotModel(robot)
    except UserError as error:
        return [Problem(str(error), 'correct the file')]
    found = [*_joints(robot), *_shapes(robot), *_home(robot, model)]
    found += [Problem(*place) for place in place_problems(robot, model)]
    found += [Problem(*view) for view in camera_problems(robot)]
    for gripper in robot.grippers:
        arm = next(arm for arm in robot.arms if arm.name == gripper.arm)
        found += _gripper(robot, arm, gripper)
        found += [Problem(*pair) for pair in interface_problems(gripper)]
    return found


def _joints(robot: RobotConfig) -> Iterator[Problem]:
    """Limits of the file beyond those of the URDF."""
    given = movable(described(robot.urdf))
    for joint in robot.joints:
        urdf = given.get(joint.name)
        if urdf is None or urdf.kind == 'continuous':
            continue
        if joint.lower < urdf.lower - 1e-3 or joint.upper > urdf.upper + 1e-3:
            yield Problem(
                f'joint {joint.name}: limits {joint.lower:g} to {joint.upper:g} exceed those of '
                f'the URDF, {urdf.lower:g} to {urdf.upper:g}',
                'take those of the URDF, or narrower ones',
            )
        if 0.0 < urdf.velocity < joint.velocity - 1e-3:
            yield Problem(
                f'joint {joint.name}: velocity {joint.velocity:g} exceeds that of the URDF, '
                f'{urdf.velocity:g}',
                f'set velocity: {urdf.velocity:g}',
            )


def _shapes(robot: RobotConfig) -> Iterator[Problem]:
    """Links without shape, meshes that one hull does not fit, wrong disabled pairs."""
    description = describe(robot)
    model = RobotModel(robot)
    shaped = set(Clearance(robot).links)
    for link in _moving_bodies(model):
        if link not in shaped:
            yield Problem(
                f'link {link} moves but has no collision shape',
                'add one to its URDF, or a capsule to urdf.capsules',
            )
    if robot.urdf.pieces == 1:
        yield from _coarse(description)
    yield from (Problem(*pair) for pair in pair_problems(robot, model))


def _moving_bodies(model: RobotModel) -> list[str]:
    """Links with a mass that a joint moves."""
    links = set(model.frame_names)
    frames = [frame for frame in model.pin_model.frames if frame.name in links]
    return [str(f.name) for f in frames if f.parentJoint > 0 and f.inertia.mass > MASS]


def _coarse(description: Description) -> Iterator[Problem]:
    for link in dict.fromkeys(m.link for m in description.meshes if m.is_collision):
        meshes = [m for m in description.meshes if m.is_collision and m.link == link]
        vertices, faces = merged(meshes)
        whole = volume(hull_triangles(hull_points(vertices[faces])))
        parts = sum(volume(hull_triangles(p)) for p in convex_pieces(vertices, faces, 4))
        if whole > COARSE * parts:
            yield Problem(
                f'link {link}: one convex hull has {whole / parts:.1f} times the volume of four '
                f'pieces',
                'set urdf.pieces: 4, or run ./vla robot shapes FILE',
            )


def _home(robot: RobotConfig, model: RobotModel) -> Iterator[Problem]:
    clearance = Clearance(robot)
    distance, names = clearance.of_self(robot.home)
    if distance < TOUCHING:
        yield Problem(
            f'at home {names} are {distance * 1e3:.0f} mm apart; the shield keeps 10 mm',
            'give another home, or add the pair to disabled_pairs when it cannot collide',
        )
    room, names = clearance.of_obstacles(robot.home)
    if room < ROOM:
        yield Problem(
            f'at home {names} are {room * 1e3:.0f} mm apart; the shield keeps {ROOM * 1e3:.0f} mm',
            'give another home, or correct the obstacle',
        )
    height, link = clearance.of_table(robot.home)
    if height < 0.03:
        yield Problem(
            f'at home {link} is {height * 1e3:.0f} mm above the table', 'give another home'
        )
    for arm in robot.arms:
        pose = model.fk(robot.home, arm.tip_frame)
        tilt = float(np.arccos(np.clip(-pose[2, 2], -1.0, 1.0)))
        if tilt > 0.2:
            yield Problem(
                f'at home the tool of {arm.name} is {np.degrees(tilt):.0f} degrees from pointing '
                f'down',
                f'give a home with {arm.tip_frame} pointing down, or correct tip_frame',
            )
    if len(robot.arms) == 1:
        yield from _reach(robot, clearance)


def _reach(robot: RobotConfig, clearance: Clearance) -> Iterator[Problem]:
    reach = DownReach(clearance)
    if reach.model.smallest_singular_value(robot.home) < FLOOR:
        yield Problem('home is at a singularity', 'give another home')
    pose = reach.model.fk(robot.home)
    x, y = (float(v) for v in pose[:2, 3])
    if not reach.descends(robot.home, x, y):
        yield Problem(
            f'from home the tool does not reach the table below it (x {x:.2f}, y {y:.2f})',
            'give another home, mount or tip_frame',
        )


def _gripper(robot: RobotConfig, arm: ArmConfig, gripper: GripperConfig) -> Iterator[Problem]:
    """The opening map, pads and tip against what the shapes of the fingers say."""
    description = described(replace(robot.urdf, capsules=()))
    drafts = [d for d in find_arms(description) if d.gripper is not None]
    draft = next((d for d in drafts if _drives(d, gripper.joint)), None)
    if draft is None or draft.gripper is None:
        known = ', '.join(d.gripper.driver.name for d in drafts if d.gripper)
        yield Problem(
            f'gripper {gripper.name}: {gripper.joint} drives no finger',
            f'set joint to {known or "the joint that drives the fingers"}',
        )
        return
    try:
        measured = measure(description, draft.gripper, robot.urdf.pieces)
    except UserError as error:
        yield Problem(f'gripper {gripper.name}: {error}', 'check joint, opening_map and pads')
        return
    yield from _opening(gripper, measured)
    yield from _tip(robot, arm, gripper, measured)


def _drives(draft: ArmDraft, joint: str) -> bool:
    return draft.gripper is not None and draft.gripper.driver.name == joint


def _opening(gripper: GripperConfig, measured: GripperDraft) -> Iterator[Problem]:
    other = replace(gripper, opening_map=measured.opening_map)
    joints = [joint for joint, _ in measured.opening_map]
    low, high = min(joints), max(joints)
    for joint, width in gripper.opening_map:
        inside = float(np.clip(joint, low, high))
        shown = other.opening(inside)
        if abs(shown - width) > WIDTH or abs(joint - inside) > 0.05 * (high - low):
            text = ', '.join(f'[{q:g}, {w:g}]' for q, w in measured.opening_map)
            yield Problem(
                f'gripper {gripper.name}: at {gripper.joint} = {joint:g} the map says '
                f'{width * 100:.1f} cm, the shapes of the fingers {shown * 100:.1f} cm',
                f'set opening_map: [{text}]',
            )
            return
    if gripper.pads and set(gripper.pads) != set(measured.pads):
        yield Problem(
            f'gripper {gripper.name}: pads are {", ".join(gripper.pads)}; by their shapes '
            f'{", ".join(measured.pads)} touch what is held',
            f'set pads: [{", ".join(measured.pads)}]',
        )


def _tip(
    robot: RobotConfig, arm: ArmConfig, gripper: GripperConfig, measured: GripperDraft
) -> Iterator[Problem]:
    model = RobotModel(robot)
    q = robot.home
    base_from_tip: Array = np.linalg.inv(model.fk(q, measured.base)) @ model.fk(q, arm.tip_frame)
    wanted = measured.base_from_tip
    out = float(base_from_tip[:3, 2] @ wanted[:3, 2])
    across = abs(float(base_from_tip[:3, 1] @ wanted[:3, 1]))
    away = float(np.linalg.norm(base_from_tip[:3, 3] - wanted[:3, 3]))
    x, y, z = (round(float(v), 4) + 0.0 for v in wanted[:3, 3])
    frame = f'a frame on {measured.base} at [{x}, {y}, {z}]'
    if out < np.cos(TILT):
        angle = np.degrees(np.arccos(np.clip(out, -1.0, 1.0)))
        yield Problem(
            f'tip frame {arm.tip_frame}: its z axis is {angle:.0f} degrees from the direction of '
            f'the fingers',
            f'add {frame} with z out of the gripper to urdf.frames',
        )
    elif across < np.cos(TILT):
        yield Problem(
            f'tip frame {arm.tip_frame}: its y axis is not the direction in which {gripper.name} '
            f'closes',
            f'add {frame} with y along the closing direction to urdf.frames',
        )
    if away > OFF:
        yield Problem(
            f'tip frame {arm.tip_frame} is {away * 100:.1f} cm from the middle between the pads',
            f'add {frame} to urdf.frames',
        )
