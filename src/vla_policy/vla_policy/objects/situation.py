"""The inputs of an expert: tool, gripper, target, destination and other objects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Role, Verb
from vla_core.records.sensing import Observation
from vla_policy.objects.memory import Recall

CLOSED = 0.012  # m, a smaller opening holds nothing
SLACK = 0.014  # m, an opening wider than the perceived object by this does not hold it
AT = 0.025  # m, largest lateral offset of an object between the fingers


@dataclass(frozen=True)
class ObjectState:
    """Observed or simulated state at one time."""

    verb: Verb
    side: str
    tcp: Array  # (3,) m, base frame
    yaw: float  # rad, of the tool's x axis
    velocity: Array  # (3,) m/s
    yaw_rate: float  # rad/s
    opening: float  # m
    rate: float  # m/s, of the opening
    target: GroundedObject | None
    destination: GroundedObject | None
    others: tuple[GroundedObject, ...]
    start: Array  # (3,) m, target when the attempt began
    lowest: float  # m, least height of the tcp above the target's initial top

    @property
    def around(self) -> tuple[GroundedObject, ...]:
        """All objects but the target."""
        return self.others if self.destination is None else (self.destination, *self.others)

    @property
    def is_holding(self) -> bool:
        """True when the target is between tight fingers."""
        obj = self.target
        if obj is None or not CLOSED <= self.opening <= widest(obj) + SLACK:
            return False
        if obj.is_held:
            return True
        away = self.tcp - obj.position
        is_between = np.hypot(away[0], away[1]) <= AT and abs(away[2]) <= obj.size[2] / 2 + 0.01
        return bool(is_between and self.rate > -0.02)


def widest(obj: GroundedObject) -> float:
    """m, its larger side."""
    return float(max(obj.size[0], obj.size[1]))


def top(obj: GroundedObject) -> float:
    """m, height of its upper face; a button is placed by the top of its dome."""
    return float(obj.position[2] + (0.0 if obj.shape == 'button' else obj.size[2] / 2))


def moved(obj: GroundedObject, position: Array) -> GroundedObject:
    """Return the object with its centre at `position`."""
    return replace(obj, position=position)


def situation(observation: Observation, recall: Recall) -> ObjectState:
    """Return the expert's inputs from an observation and its memory."""
    scene, pose = observation.scene, observation.base_from_tcp
    target = scene.by_role(Role.TARGET)
    destination = scene.by_role(Role.DESTINATION)
    named = {obj.id for obj in (target, destination) if obj is not None}
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
        target=_corrected_target(target, recall),
        destination=destination,
        others=tuple(obj for obj in scene.objects if obj.id not in named),
        start=start,
        lowest=recall.lowest,
    )


def _corrected_target(target: GroundedObject | None, recall: Recall) -> GroundedObject | None:
    """Return the target; an occluded handle at the position to which the gripper moved it."""
    if target is None or recall.direction is None or recall.start is None:
        return target
    seen = float((target.position[:2] - recall.start[:2]) @ recall.direction)
    if seen >= recall.slid:
        return target
    ahead = (recall.slid - seen) * recall.direction
    return moved(target, target.position + np.r_[ahead, 0.0])
