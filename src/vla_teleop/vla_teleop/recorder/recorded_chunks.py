"""The chunks of a recorded episode as absolute poses, for the replay policy."""

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

MAX_LATENESS = 1.0  # s, from observation to chunk; control refused later ones
STREAMS = ('chunk', 'joint_states')


def replayable_chunks(path: Path, robot: RobotConfig) -> list[ActionChunk]:
    """Return the chunks of an episode, EE_DELTA ones as EE_POSE.

    A replay does not observe the scene: relative chunks would accumulate their errors.
    """
    recording = load_recording(path, robot, STREAMS)
    found = [s.record for s in recording.of('chunk') if s.at - s.record.stamp <= MAX_LATENESS]
    if not any(chunk.space == Space.EE_DELTA for chunk in found):
        return found
    samples = [item.record for item in recording.of('joint_states')]
    if not samples:
        raise UserError(
            f'{path}: no joint states, so the start poses of its EE_DELTA chunks are unknown'
        )
    stamps = np.array([sample.stamp for sample in samples])
    q = np.array([sample.select(robot.joint_names)[0] for sample in samples])
    model = RobotModel(robot)
    return [as_poses(chunk, model.fk(positions_at(stamps, q, chunk.stamp))) for chunk in found]


def positions_at(stamps: Array, q: Array, stamp: float) -> Array:
    """Return the joint positions (n,) rad at `stamp`, interpolated in samples (k,), (k, n)."""
    return np.array([np.interp(stamp, stamps, column) for column in q.T])


def as_poses(chunk: ActionChunk, base_from_tcp: Array) -> ActionChunk:
    """Return the chunk as EE_POSE; `base_from_tcp` (4, 4) is the tool pose at its stamp."""
    if chunk.space != Space.EE_DELTA:
        return chunk
    columns = [chunk.names.index(name) for name in EE_NAMES[:6]]
    values = np.array(chunk.values)
    moved = geometry.exp_rotation(values[:, columns[3:]]) @ base_from_tcp[:3, :3]
    values[:, columns[:3]] += base_from_tcp[:3, 3]
    values[:, columns[3:]] = geometry.log_rotation(moved)
    return replace(chunk, space=Space.EE_POSE, values=values)
