"""Observation to input arrays, shared by training and inference. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Role, Verb
from vla_core.records.sensing import Observation
from vla_policy.objects.memory import Recall
from vla_policy.objects.situation import ObjectState, situation, top

SCHEMA = 'objects-1'  # change it with any change below
MOST_OBJECTS = 10
CENTRE = np.array([0.46, 0.0, 0.12])  # m, base frame, middle of the workspace
SHAPES = ('cube', 'cylinder', 'ball', 'box', 'button', 'drawer', 'housing')
SIDES = ('left', 'right', 'forward', 'back')
VERBS = tuple(Verb)
SCALES = (0.25, 0.05, 0.012)  # m, coarse, fine and finest scale of a distance

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Inputs:
    """One observation, or a batch of them with a leading axis."""

    robot: Floats  # (ROBOT_WIDTH,)
    objects: Floats  # (MOST_OBJECTS, OBJECT_WIDTH)
    present: NDArray[np.bool_]  # (MOST_OBJECTS,) rows that are objects
    task: Floats  # (TASK_WIDTH,) verb and side
    sentence: Floats  # (384,)


def describe(observation: Observation, recall: Recall, sentence: Floats) -> Inputs:
    """Return the arrays of one observation."""
    s = situation(observation, recall)
    chosen = _chosen(s)
    objects = np.zeros((MOST_OBJECTS, OBJECT_WIDTH), np.float32)
    for row, obj in zip(objects, chosen, strict=False):
        row[:] = object_row(obj, s)
    return Inputs(
        robot=robot_row(s, observation).astype(np.float32),
        objects=objects,
        present=np.arange(MOST_OBJECTS) < len(chosen),
        task=task_row(s.verb, s.side),
        sentence=np.asarray(sentence, np.float32),
    )


def robot_row(s: ObjectState, observation: Observation) -> Array:
    """Return the tool pose, its motion, the gripper, and the task's relations."""
    upright = geometry.tool_down(s.tcp, s.yaw)
    tilt = geometry.log_rotation(observation.base_from_tcp[:3, :3] @ upright[:3, :3].T)
    return np.concatenate([
        (s.tcp - CENTRE) / 0.2,
        [np.cos(s.yaw), np.sin(s.yaw), np.cos(4 * s.yaw), np.sin(4 * s.yaw)],
        tilt / 0.1,
        s.velocity / 0.2,
        [s.yaw_rate, s.opening / 0.04 - 1.0, np.clip(s.rate / 0.1, -1.0, 1.0)],
        [float(s.is_holding), float(s.target is not None), float(s.destination is not None)],
        [np.clip(s.lowest, -0.03, 0.03) / 0.03, np.clip(s.lowest, -0.3, 0.3) / 0.3],
        [_highest(s) / 0.1],
        shown(_between(s.destination, s.target)),
        shown(s.target.position - s.start if s.target is not None else np.zeros(3)),
    ])  # fmt: skip


def object_row(obj: GroundedObject, s: ObjectState) -> Array:
    """Return an object's class, state and pose relative to the tool."""
    turn = obj.yaw - s.yaw
    role = np.zeros(len(Role))
    role[obj.role] = 1.0
    shape = np.array([float(obj.shape == name) for name in SHAPES])
    lower = np.array([0.0, 0.0, obj.size[2] / 2])
    return np.concatenate([
        role,
        shape,
        [float(obj.is_visible), float(obj.is_held)],
        (obj.position - CENTRE) / 0.2,
        obj.size / 0.05 - 1.0,
        [np.cos(turn), np.sin(turn), np.cos(2 * turn), np.sin(2 * turn)],
        [np.cos(4 * turn), np.sin(4 * turn)],
        shown(obj.position - s.tcp),
        shown(obj.position + lower - s.tcp)[2::3],
    ])  # fmt: skip


def task_row(verb: Verb, side: str) -> Floats:
    """Return the one-hot verb and side."""
    row = [float(verb == known) for known in VERBS] + [float(side == known) for known in SIDES]
    return np.array(row, np.float32)


def shown(offset: Array) -> Array:
    """Return (9,) a distance (3,) in m at three scales; long distances saturate the fine ones."""
    coarse, fine, finest = SCALES
    return np.concatenate([offset / coarse, np.tanh(offset / fine), np.tanh(offset / finest)])


def stacked(rows: list[Inputs]) -> Inputs:
    """Return the batch of single inputs."""
    return Inputs(
        *(
            np.stack([getattr(row, name) for row in rows])
            for name in ('robot', 'objects', 'present', 'task', 'sentence')
        )
    )


def _between(a: GroundedObject | None, b: GroundedObject | None) -> Array:
    return b.position - a.position if a is not None and b is not None else np.zeros(3)


def _highest(s: ObjectState) -> float:
    objects = [s.target, s.destination, *s.others]
    return max((top(t) for t in objects if t is not None and not t.is_held), default=0.0)


def _chosen(s: ObjectState) -> list[GroundedObject]:
    """Return target and destination first, then the others by distance to the tool."""
    named = [obj for obj in (s.target, s.destination) if obj is not None]
    away = {id(t): float(np.linalg.norm(t.position - s.tcp)) for t in s.others}
    others = sorted(s.others, key=lambda t: (away[id(t)], t.id))
    return [*named, *others][:MOST_OBJECTS]


ROBOT_WIDTH = 3 + 4 + 3 + 3 + 3 + 3 + 2 + 1 + 9 + 9
OBJECT_WIDTH = len(Role) + len(SHAPES) + 2 + 3 + 3 + 6 + 9 + 3
TASK_WIDTH = len(VERBS) + len(SIDES)
