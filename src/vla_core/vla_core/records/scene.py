"""Scene from perception: objects in 3D, and which of them the instruction refers to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

import numpy as np

from vla_core.frozen import Array, freeze_fields


class Role(IntEnum):
    """Role of an object in the task (values of GroundedObject.msg)."""

    OTHER = 0
    TARGET = 1
    DESTINATION = 2
    OBSTACLE = 3
    ROBOT = 4
    HUMAN = 5


class TargetStatus(IntEnum):
    """Whether the target of the instruction is in view (values of GroundedScene.msg)."""

    UNKNOWN = 0
    PRESENT = 1
    ABSENT = 2
    AMBIGUOUS = 3


class Verb(str, Enum):
    """Skills that the instruction parser supports."""

    PUT_IN = 'put_in'
    STACK = 'stack'
    PUSH = 'push'
    PRESS = 'press'
    OPEN = 'open'
    CLOSE = 'close'
    UNKNOWN = 'unknown'


@dataclass(frozen=True)
class Phrase:
    """An object as the instruction names it; an empty field was not mentioned."""

    text: str = ''  # as in the instruction, e.g. 'the red cube'
    colour: str = ''  # canonical colour name, e.g. 'red'
    shape: str = ''  # canonical shape: cube, cylinder, ball, box, button, drawer
    size: str = ''  # 'small', 'large' or ''


@dataclass(frozen=True)
class ParsedTask:
    """A parsed instruction."""

    verb: Verb = Verb.UNKNOWN
    target: Phrase = Phrase()
    destination: Phrase = Phrase()
    side: str = ''  # of a push: left, right, forward, back (as seen from the robot base)


@dataclass(frozen=True)
class GroundedObject:
    """A perceived object, with pose and size of its upright bounding box."""

    id: int  # track id, constant from frame to frame
    label: str  # e.g. 'red cube'
    colour: str
    shape: str
    role: Role
    score: float  # [0, 1] match with the phrase of its role; 0 when the task does not name it
    position: Array  # (3,) m, base frame, centre of the bounding box; top of a button's dome
    yaw: float  # rad, of the box's x axis about z of the base frame
    size: Array  # (3,) m, along the box's own axes
    sigma: float  # m, standard deviation of the position
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # x0 y0 x1 y1 px, scene camera
    is_visible: bool = True  # detected in this frame; False: from memory
    is_held: bool = False  # moves with the gripper

    def __post_init__(self) -> None:
        freeze_fields(self, 'position', 'size')


@dataclass(frozen=True)
class GroundedScene:
    """All objects perceived at `stamp`, and those the instruction refers to."""

    stamp: float  # s, ROS time of the image used
    task_id: str  # '' while no task is set
    task: ParsedTask
    objects: tuple[GroundedObject, ...]
    target_status: TargetStatus
    reason: str = ''  # for people: why it is not PRESENT, and what was seen instead
    trouble: str = ''  # for people: why this image cannot be used; objects are then from memory
    valid_depth: float = 1.0  # fraction of pixels with a depth
    latency: float = 0.0  # s, computation time

    def by_role(self, role: Role) -> GroundedObject | None:
        """The object of that role with the best score, or None."""
        found = [o for o in self.objects if o.role == role]
        return max(found, key=lambda o: o.score) if found else None


def is_finite(scene: GroundedScene) -> bool:
    """True when every number that motion depends on is finite."""
    rows = [np.r_[o.position, o.size, o.yaw, o.sigma, o.score] for o in scene.objects]
    return bool(np.isfinite(scene.stamp) and all(np.isfinite(row).all() for row in rows))
