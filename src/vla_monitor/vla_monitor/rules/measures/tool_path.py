"""The tool path of a chunk: positions, tilt and opening per row, for every chunk space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.robot.model import RobotModel

GRIPPER = 'gripper'


@dataclass(frozen=True)
class ToolPathStates:
    """The rows of a chunk, base frame."""

    position: Array  # (h, 3) m, of the tip
    down: Array  # (h, 3) unit vectors along the tool, out of the gripper
    across: Array  # (h, 3) unit vectors along which the fingers close
    opening: Array  # (h,) m
    step: float  # s between rows

    def rest(self, first: int) -> ToolPathStates:
        """Return the rows from `first` on; the last row when none is left."""
        k = min(max(first, 0), len(self.position) - 1)
        return ToolPathStates(
            self.position[k:], self.down[k:], self.across[k:], self.opening[k:], self.step
        )


def path_of(chunk: ActionChunk, base_from_tcp: Array, model: RobotModel) -> ToolPathStates | str:
    """Return the path, or a text that says why there is none.

    `base_from_tcp` is the tool pose at the chunk's stamp. Columns are found by name.
    """
    if not chunk.horizon or not np.all(np.isfinite(chunk.values)) or not chunk.step > 0.0:
        return 'the chunk has no finite rows'
    columns = {name: k for k, name in enumerate(chunk.names)}
    is_joint = chunk.space == Space.JOINT_POSITION
    if chunk.space not in (Space.JOINT_POSITION, Space.EE_DELTA, Space.EE_POSE):
        return f'chunks in {chunk.space.name} have no known tool path'
    wanted = (*model.config.joint_names, GRIPPER) if is_joint else EE_NAMES
    missing = [name for name in wanted if name not in columns]
    if missing:
        return f'the chunk has no column {", ".join(missing)}'
    values = chunk.values[:, [columns[name] for name in wanted]]
    if is_joint:
        poses = np.array([model.fk(q) for q in values[:, :-1]])
        position, turns = poses[:, :3, 3], poses[:, :3, :3]
    else:
        position, turns = values[:, :3], geometry.exp_rotation(values[:, 3:6])
        if chunk.space == Space.EE_DELTA:
            position = position + base_from_tcp[:3, 3]
            turns = turns @ base_from_tcp[:3, :3]
    return ToolPathStates(position, turns[:, :, 2], turns[:, :, 1], values[:, -1], chunk.step)
