"""Ground truth of perception: a GroundedScene from the simulator's state.

As in perception, a drawer is its handle bar plus a 'housing', a button the top of its dome.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, Role, TargetStatus
from vla_core.robot.camera import CameraConfig
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.furniture import BUTTON_BASE, CAP, HANDLE_SIZE, handle_offset, slide_name
from vla_sim.scenes.task_truth import touching
from vla_sim.world import SimWorld


def true_scene(world: SimWorld, task_id: str = '') -> GroundedScene:
    """Return all objects on the table with true poses and roles."""
    episode = world.episode
    objects = [part for obj in episode.things for part in _parts(world, obj)]
    numbered = tuple(dataclasses.replace(part, id=i) for i, part in enumerate(objects))
    status = TargetStatus.AMBIGUOUS if episode.ambiguous else TargetStatus.PRESENT
    if episode.absent:
        status = TargetStatus.ABSENT
    return GroundedScene(world.time, task_id, episode.parsed, numbered, status)


def _parts(world: SimWorld, obj: SceneObject) -> list[GroundedObject]:
    """Return the objects as which a scene object is perceived."""
    pose = np.eye(4)
    body = world.data.body(obj.name)
    pose[:3, :3], pose[:3, 3] = body.xmat.reshape(3, 3), body.xpos
    if obj.shape == 'drawer':
        housing = _object(
            world,
            pose,
            dataclasses.replace(obj, shape='housing', colour='brown', role=Role.OTHER),
        )
        opening = float(world.data.joint(slide_name(obj)).qpos[0])
        bar = pose @ geometry.pose((*(handle_offset(obj) - [opening, 0, 0]),))
        return [_object(world, bar, dataclasses.replace(obj, size=HANDLE_SIZE)), housing]
    if obj.shape == 'button':
        pressed = float(world.data.joint(slide_name(obj)).qpos[0])
        width, _, height = obj.size
        pose = pose @ geometry.pose((0.0, 0.0, 0.5 * height - pressed))
        obj = dataclasses.replace(
            obj, size=np.array([CAP * width, CAP * width, height - BUTTON_BASE])
        )
    return [_object(world, pose, obj)]


def _object(world: SimWorld, base_from_box: Array, obj: SceneObject) -> GroundedObject:
    """Return the object with its box at this pose; its id is set later."""
    camera = next((c for c in world.robot.cameras if c.kind == 'scene'), None)
    body = world.model.body(obj.name).id
    return GroundedObject(
        id=-1,
        label=f'{obj.colour} {obj.shape}',
        colour=obj.colour,
        shape=obj.shape,
        role=obj.role,
        score=0.0 if obj.role == Role.OTHER else 1.0,
        position=base_from_box[:3, 3],
        yaw=float(geometry.yaw(base_from_box)),
        size=obj.size,
        sigma=0.0,
        box=image_box(camera, base_from_box, obj.size) if camera else (0.0, 0.0, 0.0, 0.0),
        is_held=any(
            touching(world.model, world.data, body, gripper.pads) == gripper.pads
            for gripper in world.grippers
        ),
    )


def image_box(
    camera: CameraConfig, base_from_object: Array, size: Array
) -> tuple[float, float, float, float]:
    """Return x0 y0 x1 y1 in px of a bounding box in the image of the nominal scene camera."""
    corners = np.array(list(itertools.product((-0.5, 0.5), repeat=3))) * size
    seen = geometry.transform(
        geometry.inverse(camera.base_from_camera) @ base_from_object, corners
    )
    model = camera.model
    u = model.fx * seen[:, 0] / seen[:, 2] + model.cx
    v = model.fy * seen[:, 1] / seen[:, 2] + model.cy
    u, v = np.clip(u, 0, model.width - 1), np.clip(v, 0, model.height - 1)
    return float(u.min()), float(v.min()), float(u.max()), float(v.max())
