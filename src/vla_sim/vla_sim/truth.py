"""What perception ought to say: a GroundedScene from the simulator's state, to measure perception against.

Follows perception's conventions: a drawer is its handle bar plus a 'housing', a button is the top of its dome.
"""

from __future__ import annotations

import itertools

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.robot import CameraConfig
from vla_core.scene import GroundedObject, GroundedScene, Role, TargetStatus
from vla_sim.camera import camera_model
from vla_sim.episode import Thing
from vla_sim.furniture import BUTTON_BASE, HANDLE_SIZE, handle_offset, slide_name
from vla_sim.judge import touching
from vla_sim.world import SimWorld


def true_scene(world: SimWorld, task_id: str = '') -> GroundedScene:
    """Return every thing on the table with its true pose, and what the instruction refers to."""
    episode = world.episode
    objects = [part for thing in episode.things for part in _parts(world, thing)]
    numbered = tuple(GroundedObject(id=i, **part) for i, part in enumerate(objects))
    status = TargetStatus.AMBIGUOUS if episode.ambiguous else TargetStatus.PRESENT
    if episode.absent:
        status = TargetStatus.ABSENT
    return GroundedScene(world.time, task_id, episode.parsed, numbered, status)


def _parts(world: SimWorld, thing: Thing) -> list[dict[str, object]]:
    """Return the fields of the objects that a thing is perceived as."""
    pose = np.eye(4)
    body = world.data.body(thing.name)
    pose[:3, :3], pose[:3, 3] = body.xmat.reshape(3, 3), body.xpos
    if thing.shape == 'drawer':
        housing = _fields(world, pose, thing.size, 'housing', 'brown', Role.OTHER)
        opening = float(world.data.joint(slide_name(thing)).qpos[0])
        bar = pose @ geometry.pose((*(handle_offset(thing) - [opening, 0, 0]),))
        return [_fields(world, bar, HANDLE_SIZE, 'drawer', thing.colour, thing.role), housing]
    size = thing.size
    if thing.shape == 'button':
        pressed = float(world.data.joint(slide_name(thing)).qpos[0])
        pose = pose @ geometry.pose((0.0, 0.0, 0.5 * size[2] - pressed))
        size = np.array([0.66 * size[0], 0.66 * size[1], size[2] - BUTTON_BASE])
    fields = _fields(world, pose, size, thing.shape, thing.colour, thing.role)
    fingers = world.finger_bodies
    fields['is_held'] = touching(world.model, world.data, world.model.body(thing.name).id, fingers) == fingers
    return [fields]


def _fields(
    world: SimWorld, pose: Array, size: Array, shape: str, colour: str, role: Role
) -> dict[str, object]:
    camera = next((c for c in world.robot.cameras if c.kind == 'scene'), None)
    return {
        'label': f'{colour} {shape}', 'colour': colour, 'shape': shape, 'role': role,
        'score': 0.0 if role == Role.OTHER else 1.0, 'position': pose[:3, 3].copy(),
        'yaw': float(geometry.yaw(pose)), 'size': np.asarray(size), 'sigma': 0.0,
        'box': image_box(camera, pose, np.asarray(size)) if camera else (0.0, 0.0, 0.0, 0.0),
    }  # fmt: skip


def image_box(camera: CameraConfig, base_from_thing: Array, size: Array) -> tuple[float, float, float, float]:
    """Return x0 y0 x1 y1 in px around a bounding box, as the nominal scene camera sees it."""
    corners = np.array(list(itertools.product((-0.5, 0.5), repeat=3))) * size
    seen = geometry.transform(geometry.inverse(camera.base_from_camera) @ base_from_thing, corners)
    model = camera_model(camera)
    u = model.fx * seen[:, 0] / seen[:, 2] + model.cx
    v = model.fy * seen[:, 1] / seen[:, 2] + model.cy
    u, v = np.clip(u, 0, model.width - 1), np.clip(v, 0, model.height - 1)
    return float(u.min()), float(v.min()), float(u.max()), float(v.max())
