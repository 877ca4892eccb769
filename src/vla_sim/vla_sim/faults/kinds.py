"""Faults on purpose: what the simulator can do to its world. Streams are spoiled by `tamper`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from vla_core.errors import UserError


class FaultKind(str, Enum):
    """What `SimWorld.inject` can do to the world."""

    NONE = 'none'  # every fault is mended
    SLIPPERY = 'slippery'  # objects get the sliding friction `value`
    MOVE_TARGET = 'move_target'  # the target jumps sideways by `value` m
    REMOVE_TARGET = 'remove_target'  # the target is gone
    CAMERA_BLACK = 'camera_black'  # images black, depth without a value
    CAMERA_FREEZE = 'camera_freeze'  # the last frame again and again, its old stamp with it
    DEPTH_HOLES = 'depth_holes'  # a fraction `value` of the pixels has no depth
    JOINT_FREEZE = 'joint_freeze'  # joint states repeat the last sample, old stamp with it
    JOINT_SILENCE = 'joint_silence'  # no joint states at all
    JOINT_STUCK = 'joint_stuck'  # joint states repeat the last sample under fresh stamps
    JOINT_NAN = 'joint_nan'  # joint states are NaN
    PAYLOAD = 'payload'  # `value` kg hang at the tool, unknown to the controller
    WEAK_GRIPPER = 'weak_gripper'  # the grip force is multiplied by `value`
    GRIPPER_STUCK = 'gripper_stuck'  # the fingers stay where they are, whatever they are told
    COMMAND_LOSS = 'command_loss'  # commands are accepted and forgotten


DEFAULT_VALUE = {
    FaultKind.SLIPPERY: 0.05,
    FaultKind.MOVE_TARGET: 0.08,
    FaultKind.DEPTH_HOLES: 0.3,
    FaultKind.PAYLOAD: 2.0,
    FaultKind.WEAK_GRIPPER: 0.001,
}


@dataclass(frozen=True)
class Fault:
    """One fault to inject; `value` as the kind says, NaN for that kind's usual one."""

    kind: FaultKind
    value: float = float('nan')

    @property
    def amount(self) -> float:
        """The value, or the kind's usual one."""
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
