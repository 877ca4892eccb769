"""What the policy asks for, what control makes of it, what the shield lets through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from vla_core.frozen import Array, freeze_fields
from vla_core.records.task import Phase

EE_NAMES = ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper')


class Space(IntEnum):
    """What the columns of a chunk mean (values are those of ActionChunk.msg)."""

    JOINT_POSITION = 0  # rad, columns named by joint, and 'gripper'
    EE_DELTA = 1  # EE_NAMES: m, rotation vector rad, base_link axes, from the pose at the stamp
    EE_POSE = 2  # EE_NAMES: m and rotation vector rad in base_link
    BASE_TWIST = 3  # vx vy m/s, wz rad/s


class Mode(IntEnum):
    """Which way a chunk goes."""

    FORWARD = 0
    ROLLBACK = 1
    ADVANCE = 2
    HOLD = 3


class Source(IntEnum):
    """Who asks for a target."""

    NONE = 0  # nobody: control holds
    POLICY = 1
    TELEOP = 2
    PLANNER = 3


class Contact(IntEnum):
    """What the hand touches, from fingers and scene (values are those of ControlState.msg)."""

    NONE = 0
    TOUCHING = 1  # the closed hand is at a perceived object
    HOLDING = 2  # the fingers stopped wider than asked: something is between them


@dataclass(frozen=True)
class ActionChunk:
    """A stretch of motion proposed by a policy; row k belongs to the moment start + k * step."""

    stamp: float  # s, ROS time of the observation it was made from
    task_id: str
    checkpoint: str  # hash of the weights, or the name of a policy without weights
    seq: int  # strictly increasing within a task
    space: Space
    names: tuple[str, ...]  # of the columns
    start: float  # s, ROS time of row 0
    step: float  # s between rows
    values: Array  # (horizon, len(names)), units by space; 'gripper' is the opening in m
    mode: Mode = Mode.FORWARD
    plan_step: str = ''  # what this motion is for, e.g. 'grasp the red cube'
    language_motion: str = ''  # e.g. 'move arm down'
    candidate: int = 0
    candidates: int = 1

    def __post_init__(self) -> None:
        freeze_fields(self, 'values')

    @property
    def horizon(self) -> int:
        return len(self.values)

    @property
    def end(self) -> float:
        """S, ROS time until which the last row is held at most."""
        return self.start + self.horizon * self.step


@dataclass(frozen=True)
class PolicyFeatures:
    """The policy's own activations, tapped before its output projection."""

    stamp: float
    episode_id: str
    infer_index: int
    schema: str  # policy + layer + pooling + width + checkpoint hash
    feature: Array  # (width,)

    def __post_init__(self) -> None:
        freeze_fields(self, 'feature', dtype=np.float32)


@dataclass(frozen=True)
class Target:
    """What control asks of the arm now (100 Hz); the shield may let less of it through."""

    stamp: float  # s, ROS time
    task_id: str
    names: tuple[str, ...]  # arm joints
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # m, opening asked for
    source: Source
    chunk_seq: int = -1  # -1: not from a chunk
    chunk_stamp: float = 0.0  # s, stamp of the observation behind it; 0: none

    def __post_init__(self) -> None:
        freeze_fields(self, 'position', 'velocity')


@dataclass(frozen=True)
class Trajectory:
    """A trajectory_msgs/JointTrajectory: the next certified state, then the ramp to rest."""

    stamp: float  # s, ROS time at which time_from_start counts from zero
    names: tuple[str, ...]
    time_from_start: Array  # (k,) s, strictly increasing, > 0
    position: Array  # (k, n) rad or m
    velocity: Array  # (k, n) rad/s or m/s; last row is zero

    def __post_init__(self) -> None:
        freeze_fields(self, 'time_from_start', 'position', 'velocity')


@dataclass(frozen=True)
class ControlState:
    """What control is doing, for the supervisor: is the commanded move over, and where is the
    tool."""

    stamp: float  # s, ROS time
    moving: bool  # a target that is not 'hold' goes out
    move_done: bool  # the planned move (HOMING, RETREAT, ROLLBACK) of the phase has arrived
    at_home: bool = False  # every arm joint within the tolerance of home
    tcp: tuple[float, float, float] = (0.0, 0.0, 0.0)  # m, base_link, measured
    gripper: float = 0.0  # m, measured opening
    reason: str = ''  # why the last chunk was refused; empty when it was not
    chunk_seq: int = -1  # of the newest chunk accepted; -1: none in this task
    executed_steps: int = 0  # rows of it executed; not those skipped because they came late
    lateness: float = 0.0  # s, its arrival minus the moment of its row 0
    phase: Phase = Phase.IDLE  # that control is in; `move_done` is about this one
    task_id: str = ''  # that control is in
    contact: Contact = Contact.NONE
    move_problem: str = ''  # why the planned move of the phase cannot be finished
