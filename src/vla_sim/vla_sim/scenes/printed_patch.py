"""A printed patch of the target's colour, where there is no target: seen, and nothing to grasp."""

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

PAPER = 0.0005  # m, how thick it is
OFF = 1e-4  # m, from the face to its back: two surfaces in one plane flicker
EDGE = (0.06, 0.09)  # m, of one on the table: it shows more of the colour than a thing does
HALF = 0.5  # of the face of a thing that it covers
BESIDE = 0.1  # m, beyond where things stand
TRIES = 400  # places on the table


def add_patch(spec: mujoco.MjSpec, patch: Patch, rgba: Rgba) -> None:
    """Add what is seen of it: it touches nothing and weighs nothing."""
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


def stick(episode: Episode, where: str, p: SceneParams) -> Patch:
    """Return the patch at one of PLACES. Its dice are its own: without it the episode is the
    same."""
    if where not in PLACES:
        raise UserError(f"decoy is '{where}'; known: {', '.join(PLACES)}")
    if not episode.parsed.target.colour:
        raise UserError(f'a decoy has the colour of what is named, and {episode.task} names none')
    dice = np.random.default_rng([episode.seed, zlib.crc32(b'decoy')])
    return PLACES[where](episode, p, dice)


def _on_table(episode: Episode, p: SceneParams, dice: np.random.Generator) -> Patch:
    edge = float(dice.uniform(*EDGE))
    for _ in range(TRIES):
        x = float(dice.uniform(p.area_x[0], p.area_x[1] + BESIDE))
        y = float(dice.uniform(p.area_y[0] - BESIDE, p.area_y[1] + BESIDE))
        disc = [(x, y, edge / np.sqrt(2.0))]
        if all(clearance(disc, discs(thing)) >= p.gap for thing in episode.things):
            size, yaw = np.array([edge, edge, PAPER]), float(dice.uniform(0.0, np.pi / 2))
            return Patch(_colour(episode), size, np.array([x, y, 0.5 * PAPER + OFF]), yaw)
    raise NoRoomError('no room on the table for a decoy')


def _on_top(episode: Episode, _: SceneParams, dice: np.random.Generator) -> Patch:
    thing = _other(episode, ('cube', 'cylinder'), dice)
    area = float(np.prod(thing.size[:2])) * (np.pi / 4 if thing.shape == 'cylinder' else 1.0)
    edge = float(np.sqrt(HALF * area))
    position = np.array([0.0, 0.0, 0.5 * (thing.size[2] + PAPER) + OFF])
    return Patch(_colour(episode), np.array([edge, edge, PAPER]), position, on=thing.name)


def _on_side(episode: Episode, _: SceneParams, dice: np.random.Generator) -> Patch:
    """On the side that looks away from the robot, to where the scene camera stands."""
    thing = _other(episode, ('cube',), dice)
    ahead = np.array([np.cos(thing.yaw), -np.sin(thing.yaw)])  # x of base_link, in its own axes
    axis = int(np.abs(ahead).argmax())
    size = np.full(3, np.sqrt(HALF) * thing.size[2])
    size[axis] = PAPER
    position = np.zeros(3)
    position[axis] = np.sign(ahead[axis]) * (0.5 * (thing.size[axis] + PAPER) + OFF)
    return Patch(_colour(episode), size, position, on=thing.name)


PLACES: dict[str, Callable[[Episode, SceneParams, np.random.Generator], Patch]] = {
    'table': _on_table,
    'top': _on_top,
    'side': _on_side,
}


def _colour(episode: Episode) -> str:
    return episode.parsed.target.colour


def _other(episode: Episode, shapes: tuple[str, ...], dice: np.random.Generator) -> SceneObject:
    """Return a thing of another colour, of the shape that is named if there is one: with a patch
    on it, it could pass for that."""
    named = episode.parsed.target
    others = [t for t in episode.things if t.shape in shapes and t.colour != named.colour]
    like = [thing for thing in others if thing.shape == named.shape] or others
    if not like:
        raise UserError(f'no {" or ".join(shapes)} of another colour to stick a decoy to')
    return like[int(dice.integers(len(like)))]


def middle(episode: Episode) -> Array:
    """Return (3,) m, base_link, where the decoy is while nothing has moved."""
    patch = episode.patch
    if patch is None:
        raise UserError('this episode has no decoy')
    if not patch.on:
        return patch.position
    thing = episode.thing(patch.on)
    c, s = np.cos(thing.yaw), np.sin(thing.yaw)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(thing.position + turn @ patch.position)
