"""The motion proposed in a recorded episode, in a form that can be proposed once more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel
from vla_teleop.recorder.recording import load_recording

MAX_LATENESS = 1.0  # s, from observation to chunk: control has refused it
STREAMS = ('chunk', 'joint_states')


def replayable_chunks(path: Path, robot: RobotConfig) -> list[ActionChunk]:
    """The chunks of an episode; motion relative to where the tool was becomes absolute.

    Else the small differences of every chunk would add up: nothing looks at the scene in a replay.
    """
    recording = load_recording(path, robot, STREAMS)
    found = [s.record for s in recording.of('chunk') if s.at - s.record.stamp <= MAX_LATENESS]
    if not any(chunk.space == Space.EE_DELTA for chunk in found):
        return found
    samples = [said.record for said in recording.of('joint_states')]
    if not samples:
        raise UserError(f'{path}: no joint states, so nobody knows where its chunks began')
    stamps = np.array([sample.stamp for sample in samples])
    q = np.array([sample.select(robot.joint_names)[0] for sample in samples])
    model = RobotModel(robot)
    return [as_poses(chunk, model.fk(positions_at(stamps, q, chunk.stamp))) for chunk in found]


def positions_at(stamps: Array, q: Array, stamp: float) -> Array:
    """Joint angles (n,) at a time between samples (k,), (k, n)."""
    return np.array([np.interp(stamp, stamps, column) for column in q.T])


def as_poses(chunk: ActionChunk, base_from_tcp: Array) -> ActionChunk:
    """The chunk as poses in base_link, from the tool's pose (4, 4) at its stamp."""
    if chunk.space != Space.EE_DELTA:
        return chunk
    columns = [chunk.names.index(name) for name in EE_NAMES[:6]]
    values = np.array(chunk.values)
    moved = geometry.exp_rotation(values[:, columns[3:]]) @ base_from_tcp[:3, :3]
    values[:, columns[:3]] += base_from_tcp[:3, 3]
    values[:, columns[3:]] = geometry.log_rotation(moved)
    return replace(chunk, space=Space.EE_POSE, values=values)
