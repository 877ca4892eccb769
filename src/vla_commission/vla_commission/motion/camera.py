"""Pose of a fixed camera, by the robot's own shape in its depth images from several poses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vla_commission.finding import Finding, fail, ok, skipped
from vla_commission.motion.guide import Guide, MotionError
from vla_commission.motion.poses import poses
from vla_commission.motion.registration import (
    PoseView,
    Registration,
    back_projected,
    moved_points,
    register,
)
from vla_commission.motion.sine import stopped
from vla_commission.motion.surface import RobotSurface
from vla_core import geometry
from vla_core.frozen import Array
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel

SPEED = 0.12  # m/s, of the tip between the poses
SHIFT, TURN = 0.02, 1.5  # m, degrees: the pose of the camera or the mount must be mended
LEAST_GAIN = 0.002  # m, of that distance, by which a correction must fit better
GOOD = 0.012  # m, median distance of points and shape after the registration
LEAST_VIEWS = 3
PLANE = 0.015, 1.0  # m, degrees: the work surface is where the robot file says
BAND = 0.1  # m, points that may be of the work surface


@dataclass(frozen=True)
class CameraMeasurement:
    """The registration of one camera, and the work surface that it sees."""

    camera: str
    registration: Registration
    surface: tuple[float, float] | None  # m, degrees: height and tilt in the robot file's frame
    views: list[PoseView]


def visit(guide: Guide, cameras: tuple[str, ...]) -> dict[str, list[PoseView]]:
    """Images of each camera from several poses; the arm returns to where it was."""
    robot, start = guide.rig.robot, guide.begin()
    views: dict[str, list[PoseView]] = {name: [] for name in cameras}
    model, here = RobotModel(robot), start
    for goal in [*poses(robot, start), start]:
        guide.move(here, goal, _length(model, here, goal) / SPEED)
        here = goal
        if goal is start and views[cameras[0]]:
            break
        for name in cameras:
            frame = guide.rig.frame(name)
            if not isinstance(frame, str):
                views[name].append(PoseView(guide.q, frame))
    return views


def _length(model: RobotModel, a: Array, b: Array) -> float:
    """m, about the longest path of a link's end, at least 0.1."""
    line = [model.fk(a + s * (b - a))[:3, 3] for s in np.linspace(0.0, 1.0, 6)]
    path = float(sum(np.linalg.norm(q - p) for p, q in pairwise(line)))
    return max(1.9 * path, 0.4 * float(np.abs(b - a).max()), 0.1)  # peak speed is 1.9 times mean


def measured(
    robot: RobotConfig, camera: CameraConfig, views: list[PoseView], width: float | None
) -> CameraMeasurement | str:
    """Register the views of one camera, or why that is not possible."""
    if len(views) < LEAST_VIEWS:
        return f'{len(views)} images, {LEAST_VIEWS} are needed'
    pose, surface = camera.base_from_camera, RobotSurface(robot, width)
    clouds = [geometry.transform(pose, points) for points in moved_points(views)]
    shapes = [surface.at(view.q) for view in views]
    registration = register(clouds, shapes, pose[:3, 3])
    if registration is None:
        return 'it sees too little of the moving arm'
    plane = work_surface(geometry.transform(pose, back_projected(
        views[0].frame.model, np.where(views[0].frame.depth > 0.0, views[0].frame.depth, np.nan)
    )))  # fmt: skip
    return CameraMeasurement(camera.name, registration, plane, views)


def work_surface(points: Array) -> tuple[float, float] | None:
    """Height in m and tilt in degrees of the largest plane near z = 0; None without one."""
    near = points[np.abs(points[:, 2]) < BAND]
    if len(near) < 500:
        return None
    rng, best = np.random.default_rng(0), (0, np.zeros(3), np.zeros(3))
    for _ in range(60):
        a, b, c = near[rng.choice(len(near), 3, replace=False)]
        normal = np.cross(b - a, c - a)
        length = float(np.linalg.norm(normal))
        if length < 1e-4 or abs(normal[2]) < 0.9 * length:
            continue
        normal = normal / length
        count = int(np.sum(np.abs((near - a) @ normal) < 0.006))
        if count > best[0]:
            best = (count, normal, a)
    count, normal, a = best
    if count < 300:
        return None
    inliers = near[np.abs((near - a) @ normal) < 0.006]
    centre = inliers.mean(axis=0)
    normal = np.linalg.svd(inliers - centre, full_matrices=False)[2][2]
    return float(centre[2]), float(np.degrees(np.arccos(min(1.0, abs(normal[2])))))


def judged(robot: RobotConfig, m: CameraMeasurement) -> list[Finding]:
    """Findings on one camera."""
    r, camera = m.registration, robot.camera(m.camera)
    pose = camera.base_from_camera
    corrected = r.correction @ pose
    shift = float(np.linalg.norm(corrected[:3, 3] - pose[:3, 3]))
    moved = float(np.linalg.norm(
        geometry.transform(r.correction, r.points).mean(axis=0) - r.points.mean(axis=0)
    ))  # fmt: skip
    turn = float(np.degrees(np.linalg.norm(geometry.log_rotation(r.correction[:3, :3]))))
    text = (
        f'camera {m.camera}: the arm is {moved * 1e3:.0f} mm and {turn:.1f} degrees from where it '
        f'should be seen ({r.count} points, {r.before * 1e3:.0f} mm off, '
        f'{r.residual * 1e3:.0f} mm after the correction)'
    )
    if not r.residual <= GOOD:
        return [fail(
            'camera.shape', f'{text}: no pose of the camera explains that',
            'check that the picture is neither mirrored nor upside down, the shapes of the robot, '
            'its joint offsets, and the unit and scale of depth',
        )]  # fmt: skip
    is_explained = r.before - r.residual < LEAST_GAIN  # a small or flat arm fixes no rotation
    if is_explained or (moved <= SHIFT and turn <= TURN):
        return [ok('camera.pose', text)]
    is_level = m.surface is not None and abs(m.surface[0]) < PLANE[0] and m.surface[1] < PLANE[1]
    if is_level and _leaves_surface(r.correction):
        return [_mount(robot, text, r.correction)]
    also = '' if not is_level else '; if the camera was measured, correct mount instead'
    return [fail(
        'camera.extrinsics', f'{text}; camera off by {shift * 1e3:.0f} mm and {turn:.1f} degrees',
        f'{SAME_LOOK} put "position: {_row(corrected[:3, 3])}, quaternion: '
        f'{_row(geometry.quat_from_matrix(corrected[:3, :3]), 5)}" (without look_at, rpy, axes) '
        f'into camera {m.camera} of the robot file{also}',
    )]  # fmt: skip


# a few percent of any of these is nearly a motion of the camera
SAME_LOOK = (
    'a wrong focal length in camera_info, a wrong scale of depth and a wrong zero of a joint look '
    'alike: measure one distance in the picture and one angle first. If they are right,'
)


def _leaves_surface(correction: Array) -> bool:
    """True when the correction would lift or tilt the work surface, which is seen in place."""
    tilt = float(np.degrees(np.arccos(min(1.0, correction[2, 2]))))
    centre = geometry.transform(correction, np.array([[0.4, 0.0, 0.0]]))[0]
    return abs(float(centre[2])) > PLANE[0] or tilt > PLANE[1]


def _mount(robot: RobotConfig, text: str, correction: Array) -> Finding:
    mount = geometry.inverse(correction) @ robot.mount.matrix
    return fail(
        'mount', f'{text}; the work surface is seen in place: the robot stands elsewhere',
        f'{SAME_LOOK} put "mount: {{position: {_row(mount[:3, 3])}, rpy: '
        f'{_row(rpy_of(mount))}}}" into the robot file',
    )  # fmt: skip


def rpy_of(pose: Array) -> Array:
    """(3,) rad, roll, pitch, yaw about fixed axes."""
    r = pose[:3, :3]
    pitch = np.arctan2(-r[2, 0], np.hypot(r[0, 0], r[1, 0]))
    return np.array([np.arctan2(r[2, 1], r[2, 2]), pitch, np.arctan2(r[1, 0], r[0, 0])])


def _row(values: Array, digits: int = 4) -> str:
    return '[' + ', '.join(f'{value:.{digits}f}' for value in values) + ']'


def camera_findings(guide: Guide) -> tuple[list[Finding], list[CameraMeasurement]]:
    """All fixed cameras."""
    robot, found, results = guide.rig.robot, list[Finding](), list[CameraMeasurement]()
    names = tuple(camera.name for camera in robot.cameras if camera.kind == 'scene')
    if not names:
        return [skipped('camera.pose', 'no fixed camera')], []
    try:
        views = visit(guide, names)
    except MotionError as fault:
        guide.finish()
        return [stopped('camera.stopped', fault)], []
    guide.finish()
    for name in names:
        result = measured(robot, robot.camera(name), views[name], guide.opening)
        if isinstance(result, str):
            found.append(skipped('camera.pose', f'camera {name}: {result}'))
        else:
            found += judged(robot, result)
            results.append(result)
    return found, results
