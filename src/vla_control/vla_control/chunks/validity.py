"""Validity of chunks: the reason why one is refused, or ''; NaN fails every check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_control.chunks.trajectory import GRIPPER
from vla_control.params import ControlParams
from vla_core import timeline
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.task import Phase

STEP = (0.001, 0.5)  # s between rows, lowest and highest
MAX_ROWS = 1000
START_WINDOW = 1.0  # s, largest distance of row 0 from the observation
RESTARTED = 1.0  # s between observations, from which a policy that counts anew was restarted
CORRUPT = 1e3  # m or rad, larger values are corrupt


@dataclass(frozen=True)
class Expected:
    """What a chunk must match to be executed now."""

    task_id: str
    phase: Phase
    last_seq: int  # of this task, -1 before the first
    last_stamp: float  # s, observation of that chunk
    joint_names: tuple[str, ...]


def refusal(chunk: ActionChunk, expected: Expected, now: float, params: ControlParams) -> str:
    """Return the reason why the chunk is refused; empty when it is valid."""
    return (
        _wrong_moment(chunk, expected)
        or _wrong_shape(chunk)
        or _wrong_columns(chunk, expected.joint_names)
        or _wrong_time(chunk, now, params)
    )


def _wrong_moment(chunk: ActionChunk, expected: Expected) -> str:
    if expected.phase != Phase.RUNNING:
        return f'phase is {expected.phase.name}, chunks are executed in RUNNING only'
    if chunk.task_id != expected.task_id:
        return f'chunk is for task {chunk.task_id!r}, the current task is {expected.task_id!r}'
    is_restarted = chunk.stamp > expected.last_stamp + RESTARTED  # False for NaN
    if not chunk.seq > expected.last_seq and not is_restarted:
        return f'chunk {chunk.seq} is not newer than {expected.last_seq}'
    return ''


def _wrong_shape(chunk: ActionChunk) -> str:
    shape = chunk.values.shape
    if len(shape) != 2 or shape[1] != len(chunk.names) or not 1 <= shape[0] <= MAX_ROWS:
        return f'values have shape {shape}, expected 1 to {MAX_ROWS} rows of {len(chunk.names)}'
    if not np.all(np.isfinite(chunk.values)):
        return 'values are not finite'
    if np.abs(chunk.values).max(initial=0.0) > CORRUPT:
        return f'values up to {np.abs(chunk.values).max():.0e} exceed {CORRUPT:.0e}: corrupt'
    if not STEP[0] <= chunk.step <= STEP[1]:
        return f'step is {chunk.step} s, expected {STEP[0]} to {STEP[1]}'
    return ''


def _wrong_columns(chunk: ActionChunk, joint_names: tuple[str, ...]) -> str:
    if chunk.space == Space.BASE_TWIST:
        return 'space BASE_TWIST does not move an arm'
    needed = joint_names if chunk.space == Space.JOINT_POSITION else EE_NAMES[:6]
    if len(set(chunk.names)) != len(chunk.names):
        return f'duplicate columns in {list(chunk.names)}'
    missing = [name for name in needed if name not in chunk.names]
    unknown = [name for name in chunk.names if name not in needed and name != GRIPPER]
    if missing or unknown:
        return f'columns: missing {missing}, unknown {unknown}; expected {[*needed, GRIPPER]}'
    return ''


def _wrong_time(chunk: ActionChunk, now: float, params: ControlParams) -> str:
    age = now - chunk.stamp
    if not -params.future_tolerance <= age <= params.observation_max_age:
        return f'observation is {age:.3f} s old, at most {params.observation_max_age} s'
    if not -START_WINDOW <= chunk.start - chunk.stamp <= START_WINDOW:
        return f'row 0 is {chunk.start - chunk.stamp:.3f} s after the observation'
    if not now < timeline.deadline(chunk, params.hold_limit):
        return 'chunk had run out before it arrived'
    return ''
