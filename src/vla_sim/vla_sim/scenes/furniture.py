"""Bodies of the objects on the table: movable objects, open box, button, drawer."""

from __future__ import annotations

import mujoco
import numpy as np

from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.robot_body import OBJECT, ROBOT, TABLE

G = mujoco.mjtGeom
DARK = (0.20, 0.21, 0.23, 1.0)
WALNUT = (0.36, 0.31, 0.27, 1.0)
WALL, FLOOR = 0.005, 0.008  # m, of the open box; falling objects penetrate thinner ones
BOX_MASS = 0.4  # kg
BUTTON_TRAVEL = 0.012  # m
BUTTON_BASE = 0.024  # m, height
CAP = 0.66  # width of the dome, of the base's
DRAWER_TRAVEL = 0.12  # m
HANDLE_OUT = 0.045  # m, middle of the handle bar in front of the drawer's front
HANDLE_HEIGHT = 0.055  # m, middle of the bar above the table
HANDLE_SIZE = np.array([0.014, 0.104, 0.014])  # m, the bar; its length lies along the drawer's y
PANEL = 0.008  # m, of the drawer and its housing
Rgba = tuple[float, float, float, float]


def slide_name(obj: SceneObject) -> str:
    """Return the joint of a button or drawer."""
    return f'{obj.name}_slide'


def moving_part(obj: SceneObject) -> str:
    """Return the body that moves: the cap, the drawer, or the object itself."""
    return f'{obj.name}_part' if obj.shape in ('button', 'drawer') else obj.name


def handle_offset(obj: SceneObject) -> np.ndarray:
    """Return (3,) m from the centre of the housing to that of the bar of the closed drawer."""
    return np.array(
        [-0.5 * obj.size[0] - PANEL - HANDLE_OUT, 0.0, HANDLE_HEIGHT - 0.5 * obj.size[2]]
    )


def set_slide(data: mujoco.MjData, obj: SceneObject, fraction: float) -> None:
    """Set a button or drawer to this fraction of its travel."""
    joint = data.joint(slide_name(obj))
    joint.qpos[0] = fraction * (BUTTON_TRAVEL if obj.shape == 'button' else DRAWER_TRAVEL)


def add_object(
    spec: mujoco.MjSpec, obj: SceneObject, rgba: Rgba, density: float, friction: float
) -> None:
    """Add the object's body at its pose, with the object's name."""
    body = spec.worldbody.add_body(name=obj.name, pos=obj.position)
    body.quat = [np.cos(obj.yaw / 2), 0.0, 0.0, np.sin(obj.yaw / 2)]
    if obj.shape == 'button':
        _button(spec, body, obj, rgba)
    elif obj.shape == 'drawer':
        _drawer(spec, body, obj, rgba)
    else:
        body.add_freejoint(name=obj.name)
        _carried(body, obj, rgba, density)
    for part in (body, *body.bodies):
        for geom in part.geoms:
            if geom.contype:
                _collide(geom, friction)


def _collide(geom: mujoco.MjsGeom, friction: float) -> None:
    geom.contype, geom.conaffinity = OBJECT, ROBOT | OBJECT | TABLE
    geom.condim = 6 if geom.type == G.mjGEOM_SPHERE else 4
    geom.priority, geom.friction = 1, [friction, 0.01, 0.001]
    geom.solref, geom.solimp = [0.005, 1.0], [0.95, 0.99, 0.001, 0.5, 2.0]


def _carried(body: mujoco.MjsBody, obj: SceneObject, rgba: Rgba, density: float) -> None:
    x, y, z = 0.5 * np.asarray(obj.size)
    if obj.shape == 'cube':
        body.add_geom(
            type=G.mjGEOM_BOX, size=[x, y, z], rgba=rgba, density=density, material='plastic'
        )
    elif obj.shape == 'cylinder':
        body.add_geom(
            type=G.mjGEOM_CYLINDER, size=[x, z, 0], rgba=rgba, density=density, material='plastic'
        )
    elif obj.shape == 'ball':
        body.add_geom(
            type=G.mjGEOM_SPHERE, size=[x, 0, 0], rgba=rgba, density=density, material='plastic'
        )
    else:
        _tray(body, (x, y, z), rgba)


def _tray(body: mujoco.MjsBody, half: tuple[float, float, float], rgba: Rgba) -> None:
    """Add a floor and four walls that fill the box of half sizes `half`."""
    x, y, z = half
    t, f = WALL / 2, FLOOR / 2
    plates = [((0.0, 0.0, -z + f), (x, y, f))]
    plates += [((s * (x - t), 0.0, f), (t, y, z - f)) for s in (1, -1)]
    plates += [((0.0, s * (y - t), f), (x - 2 * t, t, z - f)) for s in (1, -1)]
    for pos, size in plates:
        body.add_geom(
            type=G.mjGEOM_BOX, pos=pos, size=size, rgba=rgba, mass=BOX_MASS / 5, material='plastic'
        )


def _button(spec: mujoco.MjSpec, body: mujoco.MjsBody, obj: SceneObject, rgba: Rgba) -> None:
    bottom = -0.5 * obj.size[2]
    radius = 0.5 * obj.size[0]
    body.add_geom(
        type=G.mjGEOM_CYLINDER,
        pos=[0, 0, bottom + BUTTON_BASE / 2],
        size=[radius, BUTTON_BASE / 2, 0],
        rgba=DARK,
        material='plastic',
    )
    cap = body.add_body(name=moving_part(obj), pos=[0, 0, bottom + BUTTON_BASE], gravcomp=1.0)
    height = obj.size[2] - BUTTON_BASE
    cap.add_geom(
        type=G.mjGEOM_ELLIPSOID,
        size=[CAP * radius, CAP * radius, height],
        rgba=rgba,
        mass=0.05,
        material='plastic',
    )
    slide = cap.add_joint(
        name=slide_name(obj),
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=[0, 0, -1],
        range=[0.0, BUTTON_TRAVEL],
        damping=[5.0, 0, 0],
        armature=0.05,
    )
    slide.stiffness, slide.springref = (
        [400.0, 0.0, 0.0],
        -0.0025,
    )  # 1 N to begin, 5.8 N to the stop
    for other in (body.name, 'world'):  # its lower half sinks into the base
        spec.add_exclude(bodyname1=other, bodyname2=cap.name)


def _drawer(spec: mujoco.MjSpec, body: mujoco.MjsBody, obj: SceneObject, rgba: Rgba) -> None:
    x, y, z = 0.5 * np.asarray(obj.size)
    t = PANEL / 2
    plates = [((0, 0, z - t), (x, y, t)), ((x - t, 0, -t), (t, y, z - t))]
    plates += [((0, s * (y - t), -t), (x, t, z - t)) for s in (1, -1)]
    for pos, size in plates:
        body.add_geom(type=G.mjGEOM_BOX, pos=pos, size=size, rgba=WALNUT, material='plastic')
    part = body.add_body(
        name=moving_part(obj), pos=[-x, 0, 0], gravcomp=1.0
    )  # origin: middle of the front
    front = {'rgba': (0.52, 0.46, 0.40, 1.0), 'material': 'plastic', 'type': G.mjGEOM_BOX}
    part.add_geom(pos=[-t, 0, -0.002], size=[t, y, z - 0.004], mass=0.1, **front)
    inside, low = y - 2 * PANEL, -z + 0.008
    part.add_geom(pos=[0.075, 0, low], size=[0.075, inside, 0.004], mass=0.1, **front)
    for s in (1, -1):
        part.add_geom(
            pos=[0.075, s * inside, low + 0.025], size=[0.075, 0.003, 0.025], mass=0.03, **front
        )
    _handle(part, HANDLE_HEIGHT - z, rgba)
    slide = part.add_joint(
        name=slide_name(obj),
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=[-1, 0, 0],
        range=[0.0, DRAWER_TRAVEL],
        damping=[4.0, 0, 0],
        armature=0.2,
    )
    slide.frictionloss = 1.0
    spec.add_exclude(bodyname1=body.name, bodyname2=part.name)


def _handle(part: mujoco.MjsBody, height: float, rgba: Rgba) -> None:
    """Add a bar along y, HANDLE_OUT in front, on two posts."""
    bar = {'type': G.mjGEOM_BOX, 'rgba': rgba, 'material': 'plastic', 'mass': 0.02}
    part.add_geom(pos=[-PANEL - HANDLE_OUT, 0, height], size=0.5 * HANDLE_SIZE, **bar)
    for s in (1, -1):
        part.add_geom(
            pos=[-PANEL - HANDLE_OUT / 2, s * 0.046, height],
            size=[HANDLE_OUT / 2, 0.005, 0.005],
            **bar,
        )
