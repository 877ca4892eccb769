"""Augmentation: perturbed observations, relabelled by the expert."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_core.records.sensing import Observation
from vla_policy.experts.scripted import ChunkParams, deltas, roll
from vla_policy.objects.memory import Recall
from vla_policy.objects.situation import situation

FLOOR = 0.012  # m, lowest tcp


@dataclass(frozen=True)
class AugmentParams:
    """Number of copies of each observation, and standard deviations of their changes."""

    copies: int = param(3, 'copies of each observation', lo=0, hi=50)
    tool: float = param(0.014, 'm, TCP position', lo=0.0, hi=0.2)
    far: float = param(0.15, 'share of copies with three times the TCP offset', lo=0.0, hi=1.0)
    yaw: float = param(0.12, 'rad, TCP yaw', lo=0.0, hi=1.0)
    tilt: float = param(0.015, 'rad, TCP tilt', lo=0.0, hi=0.3)
    velocity: float = param(0.03, 'm/s, TCP velocity', lo=0.0, hi=0.3)
    thing: float = param(0.002, 'm, object positions', lo=0.0, hi=0.02)
    shift: float = param(0.04, 'm, largest common shift of all positions', lo=0.0, hi=0.2)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Shift:
    """One sample of all changes."""

    tool: Array  # (3,) m
    turn: float  # rad, of the tool about the vertical
    tilt: Array  # (3,) rad
    velocity: Array  # (6,) m/s, rad/s
    everything: Array  # (3,) m


def draw(p: AugmentParams, rng: np.random.Generator) -> Shift:
    """Return a random change."""
    reach = p.tool * (3.0 if rng.random() < p.far else 1.0)
    everything = np.r_[rng.uniform(-p.shift, p.shift, 2), 0.0]
    return Shift(
        tool=rng.normal(0.0, reach, 3),
        turn=float(rng.normal(0.0, p.yaw)),
        tilt=np.r_[rng.normal(0.0, p.tilt, 2), 0.0],
        velocity=np.r_[rng.normal(0.0, p.velocity, 3), 0.0, 0.0, rng.normal(0.0, 0.1)],
        everything=everything,
    )


def nearby(
    o: Observation, recall: Recall, p: AugmentParams, rng: np.random.Generator
) -> tuple[Observation, Recall]:
    """Return a perturbed copy of an observation and of its memory."""
    shift = draw(p, rng)
    pose = o.base_from_tcp
    tool = np.maximum(pose[:3, 3] + shift.tool, [-np.inf, -np.inf, FLOOR])
    moved = tool - pose[:3, 3]
    turn = geometry.exp_rotation(shift.tilt) @ geometry.rotation_z(shift.turn)
    things = []
    for obj in o.scene.objects:
        noise = np.r_[rng.normal(0.0, p.thing, 2), rng.normal(0.0, 0.5 * p.thing)]
        along = moved if _is_carried(obj, o) else 0.0
        position = obj.position + along + noise + shift.everything
        things.append(replace(obj, position=position))
    start = recall.start + shift.everything if recall.start is not None else None
    observation = replace(
        o,
        base_from_tcp=geometry.pose_of(turn @ pose[:3, :3], tool + shift.everything),
        tcp_velocity=o.tcp_velocity * rng.uniform(0.5, 1.1) + shift.velocity,
        scene=_with(o.scene, things),
    )
    return observation, replace(recall, start=start)


def expert_chunk(o: Observation, recall: Recall, p: ChunkParams) -> Array:
    """(horizon, 7) EE_DELTA, the scripted expert's chunk."""
    path, _ = roll(situation(o, recall), p)
    return deltas(o.base_from_tcp, path, p)


def _is_carried(obj: GroundedObject, o: Observation) -> bool:
    if obj.is_held:
        return True
    return obj.role == Role.TARGET and situation(o, Recall(opening=o.gripper)).is_holding


def _with(scene: GroundedScene, things: list[GroundedObject]) -> GroundedScene:
    return replace(scene, objects=tuple(things))
