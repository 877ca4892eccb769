"""Measures a gripper on its geometry: pads, opening over the joint, and the frame of the tip."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np
import pinocchio as pin

from vla_core import geometry
from vla_core.authoring.chain import GripperJoints
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot import urdf_tree as tree
from vla_core.robot.mesh import clipped
from vla_core.robot.surface import surfaces
from vla_core.robot.urdf import Description, mimic_joints

SAMPLES = 61  # positions of the joint at which the opening is measured
SHORT = 0.008  # m, from the ends of the pads back to the tip frame
PAD = (0.003, 0.022)  # m, from the ends of the pads: where the opening is measured
ACROSS = 0.005  # m, half width of the strip in which it is measured
GRASPED = 0.04  # m, opening at which the tip is placed
BESIDE = 0.023  # m, from the pad of a jaw that stands to the tip: half of a wide object
SWUNG = 0.03  # m, pads whose ends move back by more are no longer opposite
WIDEST = 0.12  # m, of the opening map
ROUND = 3e-4  # m, largest error of the opening map
SNAP = 0.9  # cosine, an axis nearer than this to one of a frame is that one


@dataclass(frozen=True)
class GripperDraft:
    """What the geometry of a gripper says."""

    opening_map: tuple[tuple[float, float], ...]  # (rad or m, m)
    pads: tuple[str, str]
    base: str  # link that carries the fingers
    base_from_tip: Array  # 4x4, z out of the gripper, y along the closing direction
    is_jaw: bool  # one pad does not move


class GripperProbe:
    """The surface of a gripper's links, placed at any position of its joint."""

    def __init__(self, description: Description, joints: GripperJoints, pieces: int) -> None:
        self.model = pin.buildModelFromXML(description.text)
        self.data = self.model.createData()
        self.driver, self.base = joints.driver, joints.driver.parent
        self._followers = mimic_joints(description.text, joints.driver.name)
        self.axis = _joint_axis(description, self.driver.name)
        self._pair = ((joints.pair, joints.sign),) if joints.pair else ()
        own = set(tree.below(ET.fromstring(description.text), self.base))
        self.surface = {
            link: triangles
            for link, triangles in surfaces(description, self.model, pieces).items()
            if link in own
        }
        low, high = self.driver.lower, self.driver.upper
        self.moving = [
            link
            for link in self.surface
            if not np.allclose(self.place(low, link), self.place(high, link), atol=1e-6)
        ]

    def place(self, position: float, link: str) -> Array:
        """4x4 base_from_link with the joint at `position`."""
        q = pin.neutral(self.model)
        values = {self.driver.name: position}
        values |= {m.name: m.multiplier * position + m.offset for m in self._followers}
        values |= {name: sign * position for name, sign in self._pair}
        for name, value in values.items():
            q[self.model.joints[self.model.getJointId(name)].idx_q] = value
        pin.framesForwardKinematics(self.model, self.data, q)
        frames = self.data.oMf
        base, other = (
            frames[self.model.getFrameId(name, pin.FrameType.BODY)] for name in (self.base, link)
        )
        return np.asarray((base.inverse() * other).homogeneous)

    def triangles(self, position: float, link: str, axes: Array) -> Array:
        """(f, 3, 3) m, surface of a link in the base, turned into `axes` (columns)."""
        points = geometry.transform(self.place(position, link), self.surface[link].reshape(-1, 3))
        turned: Array = (points @ axes).reshape(-1, 3, 3)
        return turned

    def centre(self, position: float, link: str) -> Array:
        """(3,) m, middle of a link's surface in the base."""
        return np.asarray(self.triangles(position, link, np.eye(3)).reshape(-1, 3).mean(axis=0))


@dataclass(frozen=True)
class _View:
    """A gripper seen with one end of its joint as the closed one."""

    axes: Array  # (3, 3) columns: across, closing, approach
    pads: tuple[str, str]  # the one that moves along the closing axis, and the one opposite
    is_jaw: bool
    gap: float  # m, when closed


def measure(description: Description, joints: GripperJoints, pieces: int) -> GripperDraft:
    """The pads, opening map and tip of a gripper; UserError when its fingers do not close."""
    probe = GripperProbe(description, joints, pieces)
    driver = joints.driver
    if not probe.moving or not driver.lower < driver.upper:
        raise UserError(f'gripper joint {driver.name}: no link with a shape moves')
    ends = ((driver.lower, driver.upper), (driver.upper, driver.lower))
    views = [(_view(probe, *pair), pair) for pair in ends]
    view, (closed, opened) = min(views, key=lambda item: abs(item[0].gap))
    opening = _opening_map(probe, view, closed, opened)
    tip = _tip(probe, view, opening)
    return GripperDraft(opening, view.pads, probe.base, tip, view.is_jaw)


def _view(probe: GripperProbe, closed: float, opened: float) -> _View:
    near = closed + 0.1 * (opened - closed)
    moves = {k: probe.centre(closed, k) - probe.centre(near, k) for k in probe.moving}
    moves[probe.base] = np.zeros(3)
    pairs = [(a, b) for a in probe.moving for b in moves if a != b]
    first, second = max(pairs, key=lambda p: float(np.linalg.norm(moves[p[0]] - moves[p[1]])))
    closing = _snapped(probe, geometry.unit(moves[first] - moves[second]))
    approach = _approach(probe, closing, closed)
    axes = np.stack([np.cross(closing, approach), closing, approach], axis=1)
    plus = [k for k in probe.moving if float(moves[k] @ closing) > 1e-4]
    minus = [k for k in probe.moving if float(moves[k] @ closing) < -1e-4]
    sides = [side or [probe.base] for side in (plus, minus)]
    pads = [max(side, key=lambda k: _reach(probe, closed, k, axes)) for side in sides]
    chosen = (pads[0], pads[1])
    gap = _gap(probe, chosen, axes, closed)[0]
    return _View(axes, chosen, not (plus and minus), gap)


def _reach(probe: GripperProbe, position: float, link: str, axes: Array) -> float:
    """m, how far a link extends along the approach axis."""
    return float(probe.triangles(position, link, axes)[:, :, 2].max())


def _approach(probe: GripperProbe, closing: Array, closed: float) -> Array:
    """Unit vector out of the gripper, across the closing axis."""
    middle = np.mean([probe.centre(closed, k) for k in probe.moving], axis=0)
    if probe.driver.kind == 'prismatic':
        rough = middle - (middle @ closing) * closing
    else:
        joint = probe.place(closed, probe.driver.child)
        hinge = joint[:3, :3] @ probe.axis
        rough = np.cross(closing, hinge)
        rough = rough * np.sign(rough @ (middle - joint[:3, 3]))
    snapped = _snapped(probe, geometry.unit(rough))
    across = snapped - (snapped @ closing) * closing
    return np.asarray(geometry.unit(across))


def _snapped(probe: GripperProbe, direction: Array) -> Array:
    """The axis of the gripper's base that is near a direction, else the direction."""
    axes = np.vstack([np.eye(3), -np.eye(3)])
    nearest = axes[np.argmax(axes @ direction)]
    return nearest if nearest @ direction >= SNAP else direction


def _gap(
    probe: GripperProbe, pads: tuple[str, str], axes: Array, position: float
) -> tuple[float, Array, float]:
    """(m between the pads, (2,) m of both inner faces along the closing axis, m of their common
    end along the approach axis); NaN where they are not opposite."""
    shapes = [probe.triangles(position, pad, axes) for pad in pads]
    end = min(float(shape[:, :, 2].max()) for shape in shapes)
    strips = [_strip(shape, 2, end - PAD[1], end - PAD[0]) for shape in shapes]
    if min(len(strip) for strip in strips) == 0:
        return np.nan, np.full(2, np.nan), end
    low = max(float(strip[:, :, 0].min()) for strip in strips)
    high = min(float(strip[:, :, 0].max()) for strip in strips)
    middle = 0.5 * (low + high)
    strips = [_strip(strip, 0, middle - ACROSS, middle + ACROSS) for strip in strips]
    if min(len(strip) for strip in strips) == 0:
        return np.nan, np.full(2, np.nan), end
    faces = np.array([float(strips[0][:, :, 1].max()), float(strips[1][:, :, 1].min())])
    return float(faces[1] - faces[0]), faces, end


def _strip(triangles: Array, axis: int, low: float, high: float) -> Array:
    return clipped(clipped(triangles, axis, low, 1.0), axis, high, -1.0)


def _opening_map(
    probe: GripperProbe, view: _View, closed: float, opened: float
) -> tuple[tuple[float, float], ...]:
    """(joint, opening) pairs from closed to open, few of them, linear in between."""
    positions = np.linspace(closed, opened, SAMPLES)
    found: list[tuple[float, float]] = []
    first_end = None
    for position in positions:
        gap, _, end = _gap(probe, view.pads, view.axes, float(position))
        first_end = end if first_end is None else first_end
        is_opposite = np.isfinite(gap) and abs(end - first_end) <= SWUNG
        if not is_opposite or (found and gap <= found[-1][1]):
            if found and found[-1][1] > GRASPED:
                break
            found = [(float(position), float(gap))] if is_opposite else []
            continue
        found.append((float(position), float(gap)))
        if gap > WIDEST:
            break
    if len(found) < 3 or found[-1][1] < 0.02:
        raise UserError(
            f'gripper joint {probe.driver.name}: the opening between {view.pads[0]} and '
            f'{view.pads[1]} does not grow over its range'
        )
    pairs = _from_contact(np.array(found))
    if abs(pairs[0, 0] - closed) <= 0.02 * abs(opened - closed) and pairs[0, 1] < ROUND:
        pairs[0] = closed, 0.0
    return _thinned(pairs)


def _from_contact(pairs: Array) -> Array:
    """The pairs from the position where the pads touch on; openings are never negative."""
    if pairs[0, 1] >= 0.0:
        return pairs
    joint = float(np.interp(0.0, pairs[:, 1], pairs[:, 0]))
    return np.vstack([[joint, 0.0], pairs[pairs[:, 1] > 1e-4]])


def _thinned(pairs: Array) -> tuple[tuple[float, float], ...]:
    """The fewest of the pairs whose linear interpolation keeps within ROUND of all."""
    kept = [0]
    while kept[-1] < len(pairs) - 1:
        last = kept[-1]
        reach = last + 1
        for k in range(last + 2, len(pairs)):
            share = (pairs[last : k + 1, 0] - pairs[last, 0]) / (pairs[k, 0] - pairs[last, 0])
            line = pairs[last, 1] + share * (pairs[k, 1] - pairs[last, 1])
            if np.abs(line - pairs[last : k + 1, 1]).max() > ROUND:
                break
            reach = k
        kept.append(reach)
    return tuple((round(float(q), 4), round(float(w), 4)) for q, w in pairs[kept])


def _tip(probe: GripperProbe, view: _View, opening: tuple[tuple[float, float], ...]) -> Array:
    """4x4 base_from_tip: between the pads, or half a grasped object before the one that stands."""
    joints, widths = (np.array(column) for column in zip(*opening, strict=True))
    width = min(GRASPED, float(widths[-1]))
    position = float(np.interp(width, widths, joints))
    _, faces, end = _gap(probe, view.pads, view.axes, position)
    along = float(faces.mean())
    if view.is_jaw:
        stands = 1 if view.pads[1] == probe.base else 0
        along = float(faces[stands]) + (BESIDE if stands == 0 else -BESIDE)
    across = _middle_across(probe, view, position, end)
    origin = view.axes @ np.array([across, along, end - SHORT])
    return geometry.pose_of(view.axes, origin)


def _middle_across(probe: GripperProbe, view: _View, position: float, end: float) -> float:
    strips = [
        _strip(probe.triangles(position, pad, view.axes), 2, end - PAD[1], end - PAD[0])
        for pad in view.pads
    ]
    low = max(float(strip[:, :, 0].min()) for strip in strips)
    high = min(float(strip[:, :, 0].max()) for strip in strips)
    return 0.5 * (low + high)


def _joint_axis(description: Description, name: str) -> Array:
    """(3,) unit vector in the axes of the joint's child."""
    axis = tree.joints_of(ET.fromstring(description.text))[name].find('axis')
    xyz = '1 0 0' if axis is None else axis.get('xyz', '1 0 0')
    return np.asarray(geometry.unit(tree.numbers(xyz)))
