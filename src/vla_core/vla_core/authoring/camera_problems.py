"""Checks that the cameras of a robot file stand near the workspace and see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vla_core import geometry
from vla_core.authoring.place_problems import point_text
from vla_core.frozen import Array
from vla_core.robot.arm import WORKSPACE
from vla_core.robot.camera import BODY, OPTICAL, CameraConfig
from vla_core.robot.config import RobotConfig

FAR = 4.0  # m, from a camera to the middle of the workspace; depth is poor beyond it
ON_LINK = 1.0  # m, from a link to the camera that it carries
SEEN = 0.1  # least share of the workspace on the table that is in the image
GRID = 9  # points along each side of the workspace


def camera_problems(robot: RobotConfig) -> Iterator[tuple[str, str]]:
    """What is wrong with the place of a camera, and what to change."""
    grounds = [_ground(arm.workspace or WORKSPACE) for arm in robot.arms]
    for camera in robot.cameras:
        if camera.kind == 'scene':
            yield from _scene(camera, grounds)
        elif camera.position is not None and np.linalg.norm(camera.position) > ON_LINK:
            yield (
                f'camera {camera.name}: position {point_text(camera.position)} is '
                f'{np.linalg.norm(camera.position):.1f} m from {camera.parent}, which carries it',
                'give the position in m, in parent',
            )


def _scene(camera: CameraConfig, grounds: list[Array]) -> Iterator[tuple[str, str]]:
    pose = camera.base_from_camera
    start = f'camera {camera.name}: position {point_text(pose[:3, 3])}'
    away = min(float(np.linalg.norm(pose[:3, 3] - ground.mean(axis=0))) for ground in grounds)
    if away > FAR:
        yield (
            f'{start} is {away:.1f} m from the middle of the workspace',
            'give the position in m, in base_frame',
        )
    elif pose[2, 3] <= 0.0:
        yield f'{start} is below the table, z = 0', 'give the position in m, in base_frame'
    elif (share := _best(camera, grounds)) < SEEN:
        where = 'up, ' if pose[2, 2] > 0.0 else ''
        yield (
            f'{start}; it looks {where}along {point_text(pose[:3, 2])} and sees {share:.0%} of '
            f'the workspace on the table',
            _meant(camera, grounds),
        )


def _meant(camera: CameraConfig, grounds: list[Array]) -> str:
    """What to change so that the camera sees the workspace."""
    if camera.look_at is not None:
        return 'correct position or look_at (m, base_frame)'
    key = 'rpy' if camera.rpy is not None else 'quaternion'
    axes = OPTICAL if camera.axes == BODY else BODY
    if _best(replace(camera, axes=axes), grounds) >= SEEN:
        return f'correct {key}, or did you mean axes: {axes}?'
    if camera.quaternion is not None:
        w, *xyz = camera.quaternion
        x, y, z = xyz
        if _best(replace(camera, quaternion=(x, y, z, w)), grounds) >= SEEN:
            return f'the order is x y z w: did you mean quaternion: [{x:g}, {y:g}, {z:g}, {w:g}]?'
    return f'correct {key}, or give look_at instead'


def _best(camera: CameraConfig, grounds: list[Array]) -> float:
    """Largest share of one workspace that is in the image."""
    camera_from_base = geometry.inverse(camera.base_from_camera)
    model = camera.model
    shares = []
    for ground in grounds:
        x, y, z = geometry.transform(camera_from_base, ground).T
        front = np.where(z > 0.01, z, np.inf)
        u, v = model.fx * x / front + model.cx, model.fy * y / front + model.cy
        is_in = (z > 0.01) & (u >= 0) & (u < model.width) & (v >= 0) & (v < model.height)
        shares.append(float(is_in.mean()))
    return max(shares)


def _ground(box: tuple[tuple[float, float, float], tuple[float, float, float]]) -> Array:
    """(GRID^2, 3) m, points of a workspace on the table."""
    (x0, y0, z0), (x1, y1, _) = box
    x, y = np.meshgrid(np.linspace(x0, x1, GRID), np.linspace(y0, y1, GRID))
    return np.stack([x.ravel(), y.ravel(), np.full(x.size, max(z0, 0.0))], axis=1)
