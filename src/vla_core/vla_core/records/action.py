"""Action chunks of the policy, targets of control, trajectories of the shield."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from vla_core.frozen import Array, freeze_fields
from vla_core.records.task import Phase

EE_NAMES = ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper')


class Space(IntEnum):
    """Action space of a chunk (values of ActionChunk.msg)."""

    JOINT_POSITION = 0  # rad, columns named by joint, and 'gripper'
    EE_DELTA = 1  # EE_NAMES: m, rotation vector rad, base frame axes, from the pose at the stamp
    EE_POSE = 2  # EE_NAMES: m and rotation vector rad in the base frame
    BASE_TWIST = 3  # vx vy m/s, wz rad/s


class Mode(IntEnum):
    """Direction of a chunk."""

    FORWARD = 0
    ROLLBACK = 1
    ADVANCE = 2
    HOLD = 3


class Source(IntEnum):
    """Source of a target."""

    NONE = 0  # none: control holds
    POLICY = 1
    TELEOP = 2
    PLANNER = 3


class Contact(IntEnum):
    """Contact of the gripper, from finger opening and scene (values of ControlState.msg)."""

    NONE = 0
    TOUCHING = 1  # the closed gripper is at a perceived object
    HOLDING = 2  # the fingers stopped wider than commanded: an object is between them


@dataclass(frozen=True)
class ActionChunk:
    """An action chunk of a policy; row k is due at start + k * step."""

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
    plan_step: str = ''  # purpose of the motion, e.g. 'grasp the red cube'
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
        """Time until which the last row may be held (s, ROS time)."""
        return self.start + self.horizon * self.step


@dataclass(frozen=True)
class PolicyFeatures:
    """Activations of the policy before its output projection."""

    stamp: float
    episode_id: str
    infer_index: int
    schema: str  # policy + layer + pooling + width + checkpoint hash
    feature: Array  # (width,)

    def __post_init__(self) -> None:
        freeze_fields(self, 'feature', dtype=np.float32)


@dataclass(frozen=True)
class Target:
    """Reference of control for one arm and its gripper (100 Hz), which the shield may reduce."""

    stamp: float  # s, ROS time
    task_id: str
    names: tuple[str, ...]  # joints of one arm, all of them
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # m, commanded opening
    source: Source
    chunk_seq: int = -1  # -1: not from a chunk
    chunk_stamp: float = 0.0  # s, stamp of the observation behind it; 0: none
    holder: str = '/control'  # full name of the node that holds the lease of the arm

    def __post_init__(self) -> None:
        freeze_fields(self, 'position', 'velocity')


COMMAND_HISTORY = 0.04  # s before a command is sent, from which it holds the certified states


@dataclass(frozen=True)
class Trajectory:
    """A trajectory_msgs/JointTrajectory: certified states, then the stopping ramp.

    A command of the shield begins with the states of the last COMMAND_HISTORY s, so that the
    state from which the controller restarts has no influence.
    """

    stamp: float  # s, ROS time at which time_from_start counts from zero; 0: at its arrival
    names: tuple[str, ...]
    time_from_start: Array  # (k,) s, strictly increasing, >= 0
    position: Array  # (k, n) rad or m
    velocity: Array  # (k, n) rad/s or m/s; last row is zero
    next_row: int = 0  # of the newest certified state, which the stop follows

    def __post_init__(self) -> None:
        freeze_fields(self, 'time_from_start', 'position', 'velocity')


@dataclass(frozen=True)
class GripperGoal:
    """Where a gripper that moves by itself may go: the goal of an action."""

    opening: float | None  # m, certified; None: leave the gripper with its last goal
    measured: float | None  # m, opening; None: unknown
    is_stop: bool = False  # the fingers are to stop, without delay


@dataclass(frozen=True)
class ControlState:
    """State of control for the supervisor: completion of the planned move, tool pose."""

    stamp: float  # s, ROS time
    moving: bool  # a target other than 'hold' is published
    move_done: bool  # the planned move (HOMING, RETREAT, ROLLBACK) of the phase has arrived
    at_home: bool = False  # every arm joint is within tolerance of home
    tcp: tuple[float, float, float] = (0.0, 0.0, 0.0)  # m, base frame, measured
    gripper: float = 0.0  # m, measured opening
    reason: str = ''  # why the last chunk was refused; empty when it was not
    chunk_seq: int = -1  # of the newest chunk accepted; -1: none in this task
    executed_steps: int = 0  # executed rows of it, without those skipped because it was late
    lateness: float = 0.0  # s, its arrival minus the moment of its row 0
    phase: Phase = Phase.IDLE  # the phase that control is in, which `move_done` refers to
    task_id: str = ''  # the task that control is in
    contact: Contact = Contact.NONE
    move_problem: str = ''  # why the planned move of the phase cannot complete
