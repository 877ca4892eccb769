"""A printed patch of the target's colour: a visual decoy that cannot be grasped."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import mujoco
import numpy as np

from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_sim.scenes.episode import Episode, Patch, SceneObject
from vla_sim.scenes.furniture import Rgba
from vla_sim.scenes.placement import NoRoomError, clearance, discs
from vla_sim.scenes.scene_params import SceneParams

PAPER = 0.0005  # m, thickness
OFF = 1e-4  # m, gap to the face below: coplanar surfaces flicker
EDGE = (0.06, 0.09)  # m, of one on the table: larger than an object
HALF = 0.5  # covered share of an object's face
BESIDE = 0.1  # m, beyond the placement area
TRIES = 400  # places on the table


def add_patch(spec: mujoco.MjSpec, patch: Patch, rgba: Rgba) -> None:
    """Add its visual geometry, without collision and mass."""
    body = spec.body(patch.on) if patch.on else spec.worldbody
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=patch.position,
        quat=[np.cos(patch.yaw / 2), 0.0, 0.0, np.sin(patch.yaw / 2)],
        size=0.5 * patch.size,
        rgba=rgba,
        mass=0.0,
        contype=0,
        conaffinity=0,
    )


def place_patch(episode: Episode, where: str, p: SceneParams) -> Patch:
    """Return the patch at one of PLACES; its own random generator leaves the episode unchanged."""
    if where not in PLACES:
        raise UserError(f"decoy is '{where}'; known: {', '.join(PLACES)}")
    if not episode.parsed.target.colour:
        raise UserError(f'a decoy needs a target colour, and {episode.task} names none')
    rng = np.random.default_rng([episode.seed, zlib.crc32(b'decoy')])
    return PLACES[where](episode, p, rng)


def _on_table(episode: Episode, p: SceneParams, rng: np.random.Generator) -> Patch:
    edge = float(rng.uniform(*EDGE))
    for _ in range(TRIES):
        x = float(rng.uniform(p.area_x[0], p.area_x[1] + BESIDE))
        y = float(rng.uniform(p.area_y[0] - BESIDE, p.area_y[1] + BESIDE))
        disc = [(x, y, edge / np.sqrt(2.0))]
        if all(clearance(disc, discs(obj)) >= p.gap for obj in episode.things):
            size, yaw = np.array([edge, edge, PAPER]), float(rng.uniform(0.0, np.pi / 2))
            return Patch(_colour(episode), size, np.array([x, y, 0.5 * PAPER + OFF]), yaw)
    raise NoRoomError('no room on the table for a decoy')


def _on_top(episode: Episode, _: SceneParams, rng: np.random.Generator) -> Patch:
    obj = _other(episode, ('cube', 'cylinder'), rng)
    area = float(np.prod(obj.size[:2])) * (np.pi / 4 if obj.shape == 'cylinder' else 1.0)
    edge = float(np.sqrt(HALF * area))
    position = np.array([0.0, 0.0, 0.5 * (obj.size[2] + PAPER) + OFF])
    return Patch(_colour(episode), np.array([edge, edge, PAPER]), position, on=obj.name)


def _on_side(episode: Episode, _: SceneParams, rng: np.random.Generator) -> Patch:
    """On the side that faces away from the robot, towards the scene camera."""
    obj = _other(episode, ('cube',), rng)
    ahead = np.array([np.cos(obj.yaw), -np.sin(obj.yaw)])  # x of the base frame, in its own axes
    axis = int(np.abs(ahead).argmax())
    size = np.full(3, np.sqrt(HALF) * obj.size[2])
    size[axis] = PAPER
    position = np.zeros(3)
    position[axis] = np.sign(ahead[axis]) * (0.5 * (obj.size[axis] + PAPER) + OFF)
    return Patch(_colour(episode), size, position, on=obj.name)


PLACES: dict[str, Callable[[Episode, SceneParams, np.random.Generator], Patch]] = {
    'table': _on_table,
    'top': _on_top,
    'side': _on_side,
}


def _colour(episode: Episode) -> str:
    return episode.parsed.target.colour


def _other(episode: Episode, shapes: tuple[str, ...], rng: np.random.Generator) -> SceneObject:
    """Return an object of another colour, preferably of the target's shape, which a patch could
    make look like the target."""
    named = episode.parsed.target
    others = [t for t in episode.things if t.shape in shapes and t.colour != named.colour]
    like = [obj for obj in others if obj.shape == named.shape] or others
    if not like:
        raise UserError(f'no {" or ".join(shapes)} of another colour to carry a decoy')
    return like[int(rng.integers(len(like)))]


def middle(episode: Episode) -> Array:
    """Return (3,) m, base frame, initial position of the decoy."""
    patch = episode.patch
    if patch is None:
        raise UserError('this episode has no decoy')
    if not patch.on:
        return patch.position
    obj = episode.thing(patch.on)
    c, s = np.cos(obj.yaw), np.sin(obj.yaw)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(obj.position + turn @ patch.position)
