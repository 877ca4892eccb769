"""Corrections as training pairs: observation, language motion of the policy, correction.

After RT-H (Belkhale et al. 2024, section III-C): only the language motion is trained on them.
Read from a stream of records or from a recorded episode.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vla_core.records.action import ActionChunk
from vla_core.records.alignment import Correction
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_teleop.recorder.recording import read_records

OPERATOR = 'a person'  # verifier of a verdict under a correction
STREAMS = ('joint_states', 'scene', 'candidates', 'verdict', 'chunk', 'corrections')


@dataclass(frozen=True)
class Pair:
    """One observation with the proposed and the corrected motion."""

    stamp: float  # s, ROS time of the observation
    task_id: str
    scene: GroundedScene
    joints: JointState
    plan_step: str
    proposed: str  # language motion of the policy's first candidate
    corrected: str
    operator_id: str
    chunk: ActionChunk  # what was executed


def pairs_of(stream: Iterable[tuple[str, Any]]) -> list[Pair]:
    """Return the pairs in a stream of (name, record), sorted by time."""
    newest: dict[str, Any] = {}
    scenes: dict[float, GroundedScene] = {}
    joints: dict[float, JointState] = {}
    proposed: dict[int, ActionChunk] = {}
    given: dict[int, Correction] = {}
    pairs = []
    for name, record in stream:
        newest[name] = record
        if name == 'scene':
            scenes[record.stamp] = record
        elif name == 'joint_states':
            joints[record.stamp] = record
        elif name == 'candidates':
            proposed[record[0].seq] = record[0]
        elif name == 'verdict' and record.verifier == OPERATOR and 'corrections' in newest:
            given[record.seq] = newest['corrections']
        elif name == 'chunk' and record.seq in proposed and scenes and joints:
            pairs.append((record, proposed[record.seq]))
    return [
        _pair(
            (chunk, first, given[chunk.seq]),
            _nearest(scenes, chunk.stamp),
            _nearest(joints, chunk.stamp),
        )
        for chunk, first in pairs
        if chunk.seq in given
    ]


def read_pairs(path: Path, robot: RobotConfig) -> list[Pair]:
    """Return the pairs of a recorded episode."""
    return pairs_of(
        (record.stream, record.record) for record in read_records(path, robot, STREAMS)
    )


def _pair(
    record: tuple[ActionChunk, ActionChunk, Correction], scene: GroundedScene, joints: JointState
) -> Pair:
    chunk, first, correction = record
    return Pair(
        stamp=chunk.stamp,
        task_id=chunk.task_id,
        scene=scene,
        joints=joints,
        plan_step=chunk.plan_step,
        proposed=first.language_motion,
        corrected=chunk.language_motion,
        operator_id=correction.operator_id,
        chunk=chunk,
    )


def _nearest(by_stamp: dict[float, Any], stamp: float) -> Any:
    return by_stamp[min(by_stamp, key=lambda at: abs(at - stamp))]
