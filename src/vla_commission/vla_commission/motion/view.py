"""Is the arm, as a camera sees it, where the joint states say it is? Before any motion.

When it is not, simple mistakes are tried on the joint states: two joints exchanged, one inverted,
degrees. The one under which camera and robot agree is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from vla_commission.finding import Finding, fail, ok, skipped, warning
from vla_commission.motion.surface import RobotSurface
from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.sensing import RgbdFrame
from vla_core.robot.config import RobotConfig

Pixels = NDArray[np.int64]
Mask = NDArray[np.bool_]
CELL = 4  # px, of the coarse depth buffer
THICK = 0.03  # m, in one cell: points farther behind the nearest are hidden
TOLERANCE = 0.03  # m, of depth
LEAST_POINTS = 60  # visible, for a judgement
AGREES = 0.6  # share of visible points whose depth agrees
BETTER = 0.1  # of that share, by which a mistake must explain the image better


@dataclass(frozen=True)
class Agreement:
    """How well an image agrees with the joint states."""

    share: float  # [0, 1] of the visible points; NaN with too few of them
    pixels: Pixels  # (n, 2) px, visible points of the model
    is_near: Mask  # (n,) bool, depth agrees


def agreement(
    surface: RobotSurface, q: Array, frame: RgbdFrame, base_from_camera: Array
) -> Agreement:
    """Compare the surface at q with the depth of an image."""
    points, normals = surface.at(q)
    camera_from_base = geometry.inverse(base_from_camera)
    local = geometry.transform(camera_from_base, points)
    facing = np.einsum('ij,ij->i', normals @ camera_from_base[:3, :3].T, local) < 0.0
    model, z = frame.model, local[:, 2]
    ahead = facing & (z > 0.05)
    local, z = local[ahead], z[ahead]
    u = np.round(model.fx * local[:, 0] / z + model.cx).astype(int)
    v = np.round(model.fy * local[:, 1] / z + model.cy).astype(int)
    inside = (u >= 0) & (u < model.width) & (v >= 0) & (v < model.height)
    u, v, z = u[inside], v[inside], z[inside]
    seen = _visible(u, v, z, model.width)
    u, v, z = u[seen], v[seen], z[seen]
    depth = frame.depth[v, u].astype(np.float64)
    valid = np.isfinite(depth) & (depth > 0.0)
    near = np.abs(depth - z) < TOLERANCE
    pixels = np.stack([u, v], axis=1)[valid]
    share = float(np.mean(near[valid])) if valid.sum() >= LEAST_POINTS else np.nan
    return Agreement(share, pixels, near[valid])


def _visible(u: Pixels, v: Pixels, z: Array, width: int) -> Mask:
    """True for points that no other point of the model hides."""
    cell = (v // CELL) * (width // CELL + 1) + u // CELL
    nearest = np.full(int(cell.max(initial=0)) + 1, np.inf)
    np.minimum.at(nearest, cell, z)
    return np.asarray(z <= nearest[cell] + THICK)


def mistakes(robot: RobotConfig) -> Iterator[tuple[str, str, Callable[[Array], Array]]]:
    """What may be wrong with joint states, what to change, and the true joints then."""
    names = robot.joint_names
    for i, j in combinations(range(len(names)), 2):
        order = list(range(len(names)))
        order[i], order[j] = j, i
        text = f'{names[i]} and {names[j]} are exchanged'
        change = f'exchange {names[i]} and {names[j]} in the joints of the driver'
        yield text, change, partial(_reordered, order)
    for i, name in enumerate(names):
        sign = np.ones(len(names))
        sign[i] = -1.0
        change = f'invert {name} in the driver'
        yield f'{name} has the wrong sign', change, partial(np.multiply, sign)


def _reordered(order: list[int], q: Array) -> Array:
    return q[order]


def view_findings(
    robot: RobotConfig, q: Array, frame: RgbdFrame | str, camera: str
) -> tuple[list[Finding], Agreement | None]:
    """Findings of one scene camera."""
    if isinstance(frame, str):
        return [skipped('view', f'camera {camera}: {frame}')], None
    surface, pose = RobotSurface(robot), robot.camera(camera).base_from_camera
    given = agreement(surface, q, frame, pose)
    if not np.isfinite(given.share):
        return [skipped('view', f'camera {camera} sees too little of the arm')], given
    text = f'camera {camera} sees {100 * given.share:.0f} % of the arm where joint states say'
    rest = ((agreement(surface, true(q), frame, pose).share, what, change)
            for what, change, true in mistakes(robot))  # fmt: skip
    share, what, change = max(rest, key=lambda row: np.nan_to_num(row[0]))
    if share >= max(AGREES, given.share + BETTER):
        return [fail(
            'view.joints', f'{text}; {100 * share:.0f} % if {what} in joint states', change,
        )], given  # fmt: skip
    if given.share >= AGREES:
        return [ok('view', text)], given
    return [warning(
        'view.pose', f'{text}: the pose of the camera, the mount of the robot, or joint states '
        f'are wrong', 'compare the joint angles with the pendant; the step "camera" measures the '
        'pose of the camera',
    )], given  # fmt: skip
