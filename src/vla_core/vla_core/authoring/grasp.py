"""Measures a gripper on its geometry: pads, opening over the joint, and the frame of the tip."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.authoring.chain import GripperJoints
from vla_core.authoring.gripper_probe import PAD, GripperProbe, gap_between, in_strip
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.description.urdf import Description

SAMPLES = 61  # positions of the joint at which the opening is measured
SHORT = 0.008  # m, from the ends of the pads back to the tip frame
GRASPED = 0.04  # m, opening at which the tip is placed
BESIDE = 0.023  # m, from the pad of a jaw that stands to the tip: half of a wide object
SWUNG = 0.03  # m, pads whose ends move back by more are no longer opposite
WIDEST = 0.12  # m, of the opening map
ROUND = 3e-4  # m, largest error of the opening map
LEAST, MOSTLY = 0.015, 0.8  # m, of the opening; share of the widest that is as good
TOUCH = (-0.02, 0.015)  # m, between the pads when closed
STILL = 2e-4  # m, links that move by less do not close
COARSE = 9  # positions at which pairs of links are compared
SNAP = 0.9  # cosine, an axis nearer than this to one of a frame is that one


@dataclass(frozen=True)
class GripperDraft:
    """What the geometry of a gripper says."""

    opening_map: tuple[tuple[float, float], ...]  # (rad or m, m)
    pads: tuple[str, str]
    base: str  # link that carries the fingers
    base_from_tip: Array  # 4x4, z out of the gripper, y along the closing direction
    is_jaw: bool  # one pad does not move


@dataclass(frozen=True)
class _View:
    """A gripper seen with one end of its joint as the closed one."""

    axes: Array  # (3, 3) columns: across, closing, approach
    pads: tuple[str, str]  # the one that moves along the closing axis, and the one opposite
    growth: float  # m, of the opening


def measure(description: Description, joints: GripperJoints, pieces: int) -> GripperDraft:
    """The pads, opening map and tip of a gripper; UserError when its fingers do not close."""
    probe = GripperProbe(description, joints, pieces)
    driver = joints.driver
    if not probe.moving or not driver.lower < driver.upper:
        raise UserError(f'gripper joint {driver.name}: no link with a shape moves')
    ends = ((driver.lower, driver.upper), (driver.upper, driver.lower))
    found = [
        (view, closed, opened)
        for closed, opened in ends
        for view in _views(probe, closed, opened)
        if view.growth > LEAST
    ]
    if not found:
        raise UserError(
            f'gripper joint {driver.name}: no two of its links close on each other over its '
            f'range; it has {", ".join(probe.surface)}'
        )
    most = max(view.growth for view, _, _ in found)
    wide = [item for item in found if item[0].growth >= MOSTLY * most]
    view, closed, opened = max(wide, key=lambda item: _reach(probe, item[1], item[0]))
    opening = _opening_map(probe, view, closed, opened)
    tip = _tip(probe, view, opening)
    return GripperDraft(opening, view.pads, probe.base, tip, probe.base in view.pads)


def _views(probe: GripperProbe, closed: float, opened: float) -> list[_View]:
    """Every pair of links that move relative to each other, as the pads."""
    near = closed + 0.1 * (opened - closed)
    moves = {k: probe.centre(closed, k) - probe.centre(near, k) for k in probe.moving}
    moves[probe.base] = np.zeros(3)
    links = [link for link in moves if link in probe.surface]
    views = []
    for first, second in itertools.combinations(links, 2):
        motion = moves[first] - moves[second]
        if float(np.linalg.norm(motion)) < STILL:
            continue
        closing = _snapped(probe, geometry.unit(motion))
        approach = _approach(probe, (first, second), closing, closed)
        axes = np.stack([np.cross(closing, approach), closing, approach], axis=1)
        growth = _growth(probe, (first, second), axes, closed, opened)
        views.append(_View(axes, (first, second), growth))
    return views


def _growth(
    probe: GripperProbe, pads: tuple[str, str], axes: Array, closed: float, opened: float
) -> float:
    """m, how far the pads open from where they nearly touch; 0 when they do not."""
    gaps = [
        gap_between(probe, pads, axes, float(q))[0] for q in np.linspace(closed, opened, COARSE)
    ]
    if not TOUCH[0] <= gaps[0] <= TOUCH[1]:
        return 0.0
    widest = gaps[0]
    for gap in gaps[1:]:
        if not gap > widest:
            break
        widest = gap
    return min(widest, WIDEST)


def _reach(probe: GripperProbe, position: float, view: _View) -> float:
    """m, how far both pads extend along the approach axis."""
    ends = [probe.triangles(position, pad, view.axes)[:, :, 2].max() for pad in view.pads]
    return float(min(ends))


def _approach(probe: GripperProbe, pads: tuple[str, str], closing: Array, closed: float) -> Array:
    """Unit vector out of the gripper, across the closing axis."""
    moving = [k for k in pads if k in probe.moving]
    middle = np.mean([probe.centre(closed, k) for k in moving], axis=0)
    if probe.driver.kind == 'prismatic':
        rough = middle - (middle @ closing) * closing
    else:
        joint = probe.place(closed, probe.driver.child)
        hinge = joint[:3, :3] @ probe.axis  # of the followers, too: they turn in one plane
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


def _opening_map(
    probe: GripperProbe, view: _View, closed: float, opened: float
) -> tuple[tuple[float, float], ...]:
    """(joint, opening) pairs from closed to open, few of them, linear in between."""
    positions = np.linspace(closed, opened, SAMPLES)
    found: list[tuple[float, float]] = []
    first_end = None
    for position in positions:
        gap, _, end = gap_between(probe, view.pads, view.axes, float(position))
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
    _, faces, end = gap_between(probe, view.pads, view.axes, position)
    along = float(faces.mean())
    if probe.base in view.pads:
        stands = 1 if view.pads[1] == probe.base else 0
        along = float(faces[stands]) + (BESIDE if stands == 0 else -BESIDE)
    across = _middle_across(probe, view, position, end)
    origin = view.axes @ np.array([across, along, end - SHORT])
    return geometry.pose_of(view.axes, origin)


def _middle_across(probe: GripperProbe, view: _View, position: float, end: float) -> float:
    strips = [
        in_strip(probe.triangles(position, pad, view.axes), 2, end - PAD[1], end - PAD[0])
        for pad in view.pads
    ]
    low = max(float(strip[:, :, 0].min()) for strip in strips)
    high = min(float(strip[:, :, 0].max()) for strip in strips)
    return 0.5 * (low + high)
