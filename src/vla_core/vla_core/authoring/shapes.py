"""Fits capsules to the collision meshes of a robot, and writes them into its file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vla_core.authoring.clearance import PairReport, pair_reports
from vla_core.authoring.robot_file import capsule_lines, pair_lines
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig, robot_file
from vla_core.robot.description.hulls import collision_pieces
from vla_core.robot.description.mesh import volume
from vla_core.robot.description.surface import hull_triangles
from vla_core.robot.description.urdf import describe
from vla_core.robot.description.urdf_config import CapsuleConfig, UrdfConfig


@dataclass(frozen=True)
class FittedShapes:
    """Capsules of the links with meshes, and the pairs of links."""

    urdf: UrdfConfig
    pairs: tuple[PairReport, ...]


def fit_capsule(link: str, points: Array, radius: float) -> CapsuleConfig:
    """The smallest of some capsules that contain points (k, 3) m grown by `radius` m."""
    main = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2]
    best: tuple[float, CapsuleConfig] | None = None
    for axis in (*main, *np.eye(3)):
        made = _capsule_along(link, points, axis / np.linalg.norm(axis), radius)
        size = np.pi * made.radius**2 * (made.length + 4.0 / 3.0 * made.radius)
        if best is None or size < best[0]:
            best = (size, made)
    assert best is not None
    return best[1]


def _capsule_along(link: str, points: Array, axis: Array, grown: float) -> CapsuleConfig:
    centre = _middle_across(points, axis)
    offset = points - centre
    along = offset @ axis
    aside = np.linalg.norm(offset - along[:, None] * axis, axis=1)
    radius = float(aside.max())
    # each point may be beyond the end's centre by what is left of the radius at its side
    left = np.sqrt(np.maximum(radius**2 - aside**2, 0.0))
    low, high = float((along + left).min()), float((along - left).max())
    if low > high:
        low = high = 0.5 * (low + high)
        radius = float(np.linalg.norm(offset - low * axis, axis=1).max())
    start, end = centre + low * axis, centre + high * axis
    return CapsuleConfig(
        link, round(radius + grown + 5e-5, 4),
        _rounded(start), _rounded(end),
    )  # fmt: skip


def _rounded(point: Array) -> tuple[float, float, float]:
    x, y, z = (round(float(v), 4) + 0.0 for v in point)
    return x, y, z


def _middle_across(points: Array, axis: Array) -> Array:
    """A point on the axis of the narrowest cylinder around the points, nearly."""
    flat = points - (points @ axis)[:, None] * axis
    centre = 0.5 * (flat.min(axis=0) + flat.max(axis=0))
    for step in np.geomspace(0.3, 0.003, 60):  # towards the farthest point, less and less
        far = flat[np.argmax(np.linalg.norm(flat - centre, axis=1))]
        centre = centre + step * (far - centre) * 0.5
    return np.asarray(centre - (centre @ axis) * axis)


def fit_shapes(robot: RobotConfig) -> FittedShapes:
    """Capsules for every piece of a mesh, and the pairs of links with them."""
    bare = replace(robot, urdf=replace(robot.urdf, capsules=()))
    pieces = collision_pieces(describe(bare), robot.urdf.pieces)
    capsules = tuple(fit_capsule(p.link, p.points, p.radius) for p in pieces)
    links = {capsule.link for capsule in capsules}
    kept = tuple(c for c in robot.urdf.capsules if c.link not in links)
    urdf = replace(robot.urdf, capsules=(*kept, *capsules))
    return FittedShapes(urdf, pair_reports(replace(robot, urdf=urdf, disabled_pairs=())))


def report_lines(robot: RobotConfig) -> tuple[list[str], FittedShapes]:
    """A table of the links, and the shapes in it."""
    fitted = fit_shapes(robot)
    bare = replace(robot, urdf=replace(robot.urdf, capsules=()))
    hulls: dict[str, float] = {}
    for piece in collision_pieces(describe(bare), robot.urdf.pieces):
        size = volume(hull_triangles(piece.points))
        hulls[piece.link] = hulls.get(piece.link, 0.0) + size
    lines = [f'  {"link":32} capsules  litres, of its hulls']
    for link, hull in hulls.items():
        own = [c for c in fitted.urdf.capsules if c.link == link]
        size = sum(np.pi * c.radius**2 * (c.length + 4.0 / 3.0 * c.radius) for c in own)
        lines.append(f'  {link:32} {len(own):8d}  {size * 1e3:6.2f}  {hull * 1e3:6.2f}')
    for reason in ('adjacent', 'always', 'never'):
        chosen = [pair for pair in fitted.pairs if pair.reason == reason]
        lines.append(f'  {len(chosen)} pairs of links need no check: {reason}')
    return lines, fitted


def shaped_text(name_or_path: str | Path, fitted: FittedShapes) -> str:
    """The robot file with the capsules and pairs in place of its own."""
    path = robot_file(name_or_path)
    text = path.read_text(encoding='utf-8')
    text = re.sub(r'(?m)^  capsules:\n(    - .*\n)*', '', text)
    capsules = '\n'.join(capsule_lines(fitted.urdf)) + '\n'
    if not re.search(r'(?m)^urdf:\n', text):
        raise UserError(f'{path}: urdf must be a section of several lines, to take capsules')
    text = re.sub(r'(?m)^urdf:\n((  .*\n)+)', lambda m: f'urdf:\n{m[1]}{capsules}', text, count=1)
    text = re.sub(r'(?ms)^(#[^\n]*\n)?disabled_pairs:.*?(?=^\w|\Z)', '', text)
    return text.rstrip('\n') + '\n\n' + '\n'.join(pair_lines(fitted.pairs)) + '\n'
