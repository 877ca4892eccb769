"""Faults of the simulated world. Streams are corrupted by `proxy_node`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from vla_core.errors import UserError


class FaultKind(str, Enum):
    """Faults that `SimWorld.inject` accepts."""

    NONE = 'none'  # removes all faults
    SLIPPERY = 'slippery'  # objects have the sliding friction `value`
    MOVE_TARGET = 'move_target'  # the target jumps sideways by `value` m
    REMOVE_TARGET = 'remove_target'  # the target is removed
    CAMERA_BLACK = 'camera_black'  # black images without depth
    CAMERA_FREEZE = 'camera_freeze'  # the last frame repeated with its old stamp
    DEPTH_HOLES = 'depth_holes'  # a fraction `value` of the pixels has no depth
    JOINT_FREEZE = 'joint_freeze'  # the last joint state repeated with its old stamp
    JOINT_SILENCE = 'joint_silence'  # no joint states
    JOINT_STUCK = 'joint_stuck'  # the last joint state repeated with new stamps
    JOINT_NAN = 'joint_nan'  # joint states are NaN
    PAYLOAD = 'payload'  # `value` kg at the tool, unknown to the controller
    WEAK_GRIPPER = 'weak_gripper'  # the grip force is multiplied by `value`
    GRIPPER_STUCK = 'gripper_stuck'  # the fingers do not follow commands
    COMMAND_LOSS = 'command_loss'  # commands are accepted and ignored
    SPEED_SLIDER = 'speed_slider'  # a scaled controller plays at `value` of full speed


DEFAULT_VALUE = {
    FaultKind.SLIPPERY: 0.05,
    FaultKind.MOVE_TARGET: 0.08,
    FaultKind.DEPTH_HOLES: 0.3,
    FaultKind.PAYLOAD: 2.0,
    FaultKind.WEAK_GRIPPER: 0.001,
    FaultKind.SPEED_SLIDER: 0.1,
}


@dataclass(frozen=True)
class Fault:
    """One fault to inject; `value` by kind, NaN for the kind's default."""

    kind: FaultKind
    value: float = float('nan')

    @property
    def amount(self) -> float:
        """The value, or the kind's default."""
        return DEFAULT_VALUE.get(self.kind, 0.0) if np.isnan(self.value) else self.value


def parse_fault(text: str) -> Fault:
    """Return the fault written as 'kind' or 'kind=value'; UserError lists the known ones."""
    name, _, value = text.partition('=')
    known = [kind.value for kind in FaultKind]
    if name not in known:
        raise UserError(f"unknown fault '{name}'; known: {', '.join(known)}")
    try:
        number = float(value) if value else float('nan')
    except ValueError:
        raise UserError(f"fault '{name}': '{value}' is not a number") from None
    return Fault(FaultKind(name), number)
