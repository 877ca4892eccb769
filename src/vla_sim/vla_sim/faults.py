"""Faults on purpose: generators that spoil a stream, and what the simulator can inject."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

import numpy as np

from vla_core.errors import UserError

T = TypeVar('T')


def drop(stream: Iterable[T], chance: float, seed: int = 0) -> Iterator[T]:
    """Lose each item with probability `chance`."""
    dice = random.Random(seed)
    yield from (item for item in stream if not dice.random() < chance)


def delay(stream: Iterable[T], count: int) -> Iterator[T]:
    """Give every item `count` turns late: the first one waits there in the meantime."""
    waiting: list[T] = []
    for item in stream:
        waiting.append(item)
        yield waiting.pop(0) if len(waiting) > count else waiting[0]


def freeze(stream: Iterable[T], after: int) -> Iterator[T]:
    """Repeat the last good item for ever once `after` of them went through."""
    held: T | None = None
    for i, item in enumerate(stream):
        held = item if i < after or held is None else held
        yield held


def poison(stream: Iterable[T], at: int, field: str = '') -> Iterator[T]:
    """Turn item `at` into NaN: a float, an array, or the named field of a dataclass."""
    for i, item in enumerate(stream):
        yield _poisoned(item, field) if i == at else item


def jump(stream: Iterable[Any], at: int, by: float, field: str = 'stamp') -> Iterator[Any]:
    """Shift numbers from item `at` on: plain ones, or the named field (a clock that jumps)."""
    for i, item in enumerate(stream):
        yield item if i < at else _shifted(item, by, field)


def reorder(stream: Iterable[T], span: int, seed: int = 0) -> Iterator[T]:
    """Shuffle the items within consecutive groups of `span`; none is lost."""
    dice = random.Random(seed)
    group: list[T] = []
    for item in stream:
        group.append(item)
        if len(group) == span:
            dice.shuffle(group)
            yield from group
            group = []
    dice.shuffle(group)
    yield from group


def _poisoned(item: Any, field: str) -> Any:
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return dataclasses.replace(item, **{field: _poisoned(getattr(item, field), '')})
    return (
        np.full_like(item, np.nan, dtype=float) if isinstance(item, np.ndarray) else float('nan')
    )


def _shifted(item: Any, by: float, field: str) -> Any:
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return dataclasses.replace(item, **{field: getattr(item, field) + by})
    return item + by


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
