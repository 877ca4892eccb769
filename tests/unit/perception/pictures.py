"""RGB-D pictures by ray casting: a table, boxes, cylinders, balls, seen by the scene camera."""

from dataclasses import dataclass

import numpy as np

from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.config import load_robot
from vla_core.robot.description.urdf import finger_joints
from vla_perception.camera.pinhole import CameraView

RGB = {
    'red': (204, 25, 35), 'orange': (242, 110, 20), 'yellow': (242, 200, 25),
    'green': (32, 158, 60), 'cyan': (48, 210, 217), 'blue': (30, 100, 204),
    'purple': (110, 57, 168), 'dark': (51, 54, 59), 'walnut': (92, 79, 69),
    'wood': (178, 148, 115), 'gray': (150, 150, 150),
}  # fmt: skip
LIGHT = np.array([0.3, 0.2, 1.0]) / np.linalg.norm([0.3, 0.2, 1.0])
ROBOT = load_robot('ur5e')
OPEN = 0.08


@dataclass(frozen=True)
class Solid:
    """Something to draw; position is the centre."""

    kind: str  # box, cylinder, ball
    colour: str
    position: tuple
    size: tuple
    yaw: float = 0.0


def cube(colour, x, y, edge=0.04, yaw=0.0, bottom=0.0):
    return Solid('box', colour, (x, y, bottom + edge / 2), (edge,) * 3, yaw)


def cylinder(colour, x, y, diameter=0.04, height=0.05):
    return Solid('cylinder', colour, (x, y, height / 2), (diameter, diameter, height))


def ball(colour, x, y, diameter=0.045):
    return Solid('ball', colour, (x, y, diameter / 2), (diameter,) * 3)


def tray(colour, x, y, side=0.13, height=0.06, yaw=0.0):
    """An open box: floor and four walls of 4 mm."""
    t = 0.004
    parts = [((0, 0, t / 2), (side, side, t))]
    parts += [((s * (side - t) / 2, 0, height / 2), (t, side, height)) for s in (1, -1)]
    parts += [((0, s * (side - t) / 2, height / 2), (side, t, height)) for s in (1, -1)]
    c, s = np.cos(yaw), np.sin(yaw)
    return [
        Solid('box', colour, (x + c * p[0] - s * p[1], y + s * p[0] + c * p[1], p[2]), size, yaw)
        for p, size in parts
    ]


def button(colour, x, y):
    """A dome of 5.3 cm on a dark base of 8 cm."""
    base = Solid('cylinder', 'dark', (x, y, 0.012), (0.08, 0.08, 0.024))
    return [base, Solid('dome', colour, (x, y, 0.024), (0.053, 0.053, 0.032))]


def scene_view():
    camera = ROBOT.camera('scene')
    return CameraView(camera.model, camera.base_from_camera)


def at_home(opening=OPEN, stamp=0.0, lift=None):
    """Joint states with the arm at home, or turned aside by `lift` rad."""
    q = ROBOT.home.copy()
    if lift is not None:
        q[0] += lift
    names = (*ROBOT.joint_names, *finger_joints(ROBOT, ROBOT.gripper))
    return JointState(stamp, names, np.r_[q, opening / 2, opening / 2], np.zeros(len(q) + 2))


def picture(solids, stamp=0.0, noise=0.0, seed=0, table='wood', view=None):
    """Return the frame; `noise` is the standard deviation of depth in m at 1 m."""
    view = view or scene_view()
    rays, eye = view.rays.astype(float), view.origin
    depth = -eye[2] / rays[..., 2]
    normal = np.broadcast_to([0.0, 0.0, 1.0], rays.shape).copy()
    colour = np.broadcast_to(np.array(RGB[table], float), rays.shape).copy()
    for solid in (part for s in solids for part in (s if isinstance(s, list) else [s])):
        part = _window(solid, view)
        hit, n = HIT[solid.kind](solid, rays[part], eye)
        nearer = hit < depth[part]
        depth[part] = np.where(nearer, hit, depth[part])
        normal[part][nearer] = n[nearer]
        colour[part][nearer] = RGB[solid.colour]
    shade = 0.45 + 0.55 * np.clip(normal @ LIGHT, 0, 1)
    dice = np.random.default_rng(seed)
    depth = depth + noise * depth**2 * dice.standard_normal(depth.shape)
    rgb = np.clip(colour * shade[..., None] + dice.normal(0, 2, colour.shape), 0, 255)
    return RgbdFrame('scene', stamp, view.model, rgb.astype(np.uint8), depth.astype(np.float32))


def _window(solid, view):
    """The part of the picture that the solid may cover."""
    reach = np.linalg.norm(solid.size) / 2
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * reach
    pixels, _ = view.project(corners + solid.position)
    (x0, y0), (x1, y1) = np.maximum(pixels.min(axis=0), 0), np.maximum(pixels.max(axis=0) + 2, 0)
    return slice(int(y0), int(y1)), slice(int(x0), int(x1))


def _local(solid, rays, eye):
    c, s = np.cos(solid.yaw), np.sin(solid.yaw)
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    return rays @ turn.T, turn @ (eye - np.asarray(solid.position)), turn


def _box(solid, rays, eye):
    d, o, turn = _local(solid, rays, eye)
    half = np.asarray(solid.size) / 2
    with np.errstate(divide='ignore', invalid='ignore'):
        a, b = (-half - o) / d, (half - o) / d
    enter, leave = np.minimum(a, b), np.maximum(a, b)
    near, far = enter.max(axis=-1), leave.min(axis=-1)
    hit = np.where((near <= far) & (near > 0), near, np.inf)
    axis = np.argmax(enter, axis=-1)
    n = -np.sign(np.take_along_axis(d, axis[..., None], -1)) * np.eye(3)[axis]
    return hit, n @ turn


def _cylinder(solid, rays, eye):
    d, o, _ = _local(solid, rays, eye)
    r, half = solid.size[0] / 2, solid.size[2] / 2
    a = d[..., 0] ** 2 + d[..., 1] ** 2
    b = d[..., 0] * o[0] + d[..., 1] * o[1]
    root = b * b - a * (o[0] ** 2 + o[1] ** 2 - r * r)
    side = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
    z = o[2] + side * d[..., 2]
    side = np.where(np.abs(z) <= half, side, np.inf)
    lid = (half - o[2]) / d[..., 2]
    x, y = o[0] + lid * d[..., 0], o[1] + lid * d[..., 1]
    lid = np.where(x * x + y * y <= r * r, lid, np.inf)
    hit = np.minimum(side, lid)
    safe = np.where(np.isfinite(hit), hit, 0.0)
    n = np.stack([(o[0] + safe * d[..., 0]) / r, (o[1] + safe * d[..., 1]) / r, 0 * safe], -1)
    n[lid <= side] = [0, 0, 1]
    return hit, n


def _ellipsoid(solid, rays, eye):
    d, o, _ = _local(solid, rays, eye)
    half = np.asarray(solid.size) / 2
    d, o = d / half, o / half
    a, b = (d * d).sum(-1), d @ o
    root = b * b - a * (o @ o - 1)
    hit = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
    safe = np.where(np.isfinite(hit), hit, 0.0)
    n = (o + safe[..., None] * d) / half
    return hit, n / np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-9)


HIT = {'box': _box, 'cylinder': _cylinder, 'ball': _ellipsoid, 'dome': _ellipsoid}
