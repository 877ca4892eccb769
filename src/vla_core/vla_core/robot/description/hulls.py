"""Convex pieces of a robot's collision meshes, cut once and kept in the cache of the user."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vla_core import geometry
from vla_core.atomic_file import write_atomic
from vla_core.frozen import Array
from vla_core.robot.description.mesh import Faces, convex_pieces, load_mesh, reduced_hull
from vla_core.robot.description.urdf import Description
from vla_core.robot.description.urdf_assembly import MeshShape

VERSION = b'1'  # of the cutting; another one makes the cache anew


@dataclass(frozen=True, eq=False)
class ConvexPiece:
    """One convex piece of a link: the hull of `points`, grown by `radius`."""

    link: str
    points: Array  # (k, 3) m, in the link
    radius: float  # m


@functools.lru_cache(maxsize=16)
def collision_pieces(description: Description, most: int) -> tuple[ConvexPiece, ...]:
    """The pieces of every link with collision meshes, at most `most` of each."""
    links = dict.fromkeys(mesh.link for mesh in description.meshes if mesh.is_collision)
    found = []
    for link in links:
        meshes = [m for m in description.meshes if m.is_collision and m.link == link]
        found += [ConvexPiece(link, points, radius) for points, radius in _cut(meshes, most)]
    return tuple(found)


def merged(meshes: list[MeshShape]) -> tuple[Array, Faces]:
    """Vertices (v, 3) m in the link and faces (f, 3) of meshes of one link together."""
    vertices, faces, count = [], [], 0
    for mesh in meshes:
        points, corners = load_mesh(mesh.path, mesh.scale)
        vertices.append(geometry.transform(mesh.link_from_mesh, points))
        faces.append(corners + count)
        count += len(points)
    return np.concatenate(vertices), np.concatenate(faces)


def _cut(meshes: list[MeshShape], most: int) -> list[tuple[Array, float]]:
    path = _cache_folder() / f'{_key(meshes, most)}.npz'
    try:
        with np.load(path) as kept:
            return [(kept[f'p{k}'], float(kept['radius'][k])) for k in range(len(kept['radius']))]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        pieces = [reduced_hull(points) for points in convex_pieces(*merged(meshes), most)]
    content = io.BytesIO()
    arrays = {f'p{k}': points for k, (points, _) in enumerate(pieces)}
    arrays['radius'] = np.array([radius for _, radius in pieces])
    np.savez(content, **arrays)  # type: ignore[arg-type]
    with contextlib.suppress(OSError):  # without a cache they are cut at every start
        write_atomic(path, content.getvalue())
    return pieces


def _key(meshes: list[MeshShape], most: int) -> str:
    digest = hashlib.sha256(VERSION + str(most).encode())
    for mesh in meshes:
        digest.update(mesh.path.read_bytes())
        digest.update(np.array([*mesh.scale, *mesh.link_from_mesh.ravel()]).tobytes())
    return digest.hexdigest()


def _cache_folder() -> Path:
    base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    return Path(base) / 'vla' / 'hulls'
