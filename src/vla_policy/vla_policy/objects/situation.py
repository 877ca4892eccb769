"""What an expert looks at: tool, gripper, the things the task names, what is in the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Role, Verb
from vla_core.records.sensing import Observation
from vla_policy.objects.memory import Recall

CLOSED = 0.012  # m, a gripper below this holds nothing
SLACK = 0.014  # m, an opening this much wider than a thing, as perceived, does not hold it
AT = 0.025  # m, sideways, a thing between the fingers


@dataclass(frozen=True)
class ObjectState:
    """One moment, real or imagined."""

    verb: Verb
    side: str
    tcp: Array  # (3,) m, base_link
    yaw: float  # rad, of the tool's x axis
    velocity: Array  # (3,) m/s
    yaw_rate: float  # rad/s
    opening: float  # m
    rate: float  # m/s, of the opening
    target: GroundedObject | None
    destination: GroundedObject | None
    others: tuple[GroundedObject, ...]
    start: Array  # (3,) m, target when the attempt began
    lowest: float  # m, least height of the tcp over the target's first top so far

    @property
    def around(self) -> tuple[GroundedObject, ...]:
        """Everything but the target."""
        return self.others if self.destination is None else (self.destination, *self.others)

    @property
    def is_holding(self) -> bool:
        """Is the target between the fingers, and are they tight?"""
        thing = self.target
        if thing is None or not CLOSED <= self.opening <= widest(thing) + SLACK:
            return False
        if thing.is_held:
            return True
        away = self.tcp - thing.position
        is_between = np.hypot(away[0], away[1]) <= AT and abs(away[2]) <= thing.size[2] / 2 + 0.01
        return bool(is_between and self.rate > -0.02)


def widest(thing: GroundedObject) -> float:
    """m, its larger side."""
    return float(max(thing.size[0], thing.size[1]))


def top(thing: GroundedObject) -> float:
    """m, height of its upper face; a button is placed by the top of its dome."""
    return float(thing.position[2] + (0.0 if thing.shape == 'button' else thing.size[2] / 2))


def moved(thing: GroundedObject, position: Array) -> GroundedObject:
    """Return the thing with its centre at `position`."""
    return replace(thing, position=position)


def situation(observation: Observation, recall: Recall) -> ObjectState:
    """Return what an expert needs of an observation and the memory that goes with it."""
    scene, pose = observation.scene, observation.base_from_tcp
    target = scene.by_role(Role.TARGET)
    destination = scene.by_role(Role.DESTINATION)
    named = {thing.id for thing in (target, destination) if thing is not None}
    tcp = pose[:3, 3]
    start = recall.start if recall.start is not None else tcp
    return ObjectState(
        verb=scene.task.verb,
        side=scene.task.side,
        tcp=tcp,
        yaw=float(geometry.yaw(pose)),
        velocity=observation.tcp_velocity[:3],
        yaw_rate=float(observation.tcp_velocity[5]),
        opening=observation.gripper,
        rate=recall.rate,
        target=_believed(target, recall),
        destination=destination,
        others=tuple(thing for thing in scene.objects if thing.id not in named),
        start=start,
        lowest=recall.lowest,
    )


def _believed(target: GroundedObject | None, recall: Recall) -> GroundedObject | None:
    """The target; a handle is where the hand has brought it when the hand hides it."""
    if target is None or recall.way is None or recall.start is None:
        return target
    seen = float((target.position[:2] - recall.start[:2]) @ recall.way)
    if seen >= recall.slid:
        return target
    ahead = (recall.slid - seen) * recall.way
    return moved(target, target.position + np.r_[ahead, 0.0])
