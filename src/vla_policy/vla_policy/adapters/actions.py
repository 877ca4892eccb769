"""Rows of somebody else's actions as chunks of ours: absolute joint positions or tool poses."""

from __future__ import annotations

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.action import EE_NAMES
from vla_core.records.sensing import Observation
from vla_core.robot.config import RobotConfig
from vla_policy.adapters.mapping import GRIPPER, TOOL_COLUMNS, PolicyMapping, Relative
from vla_policy.adapters.observations import opening_of


class BadActionsError(ValueError):
    """The rows are not what the mapping says."""


def names_of(mapping: PolicyMapping, robot: RobotConfig) -> tuple[str, ...]:
    """Columns of our chunks."""
    return (*robot.joint_names, GRIPPER) if mapping.action.space == 'joints' else EE_NAMES


def as_chunk(
    actions: Array, observation: Observation, mapping: PolicyMapping, robot: RobotConfig
) -> Array:
    """(rows, columns of `names_of`), due one step after the observation, then step by step.

    BadActionsError names both shapes, or the first number that is not finite.
    """
    p = mapping.action
    rows = _rows(np.asarray(actions, np.float64), mapping, robot)
    columns = {name: rows[:, k] for k, name in enumerate(p.names(robot))}
    opening = (
        opening_of(columns[GRIPPER], mapping.gripper, robot)
        if GRIPPER in columns
        else np.full(len(rows), observation.gripper)
    )
    own = robot.joint_names if p.space == 'joints' else TOOL_COLUMNS
    values = np.stack([columns[name] for name in own], 1)
    make = _joints if p.space == 'joints' else _poses
    return np.column_stack([make(values, observation, mapping), opening])


def _rows(actions: Array, mapping: PolicyMapping, robot: RobotConfig) -> Array:
    p = mapping.action
    width = len(p.names(robot))
    if actions.ndim == 3 and len(actions) == 1:
        actions = actions[0]  # a batch of one
    if actions.ndim != 2 or actions.shape[1] != width or not len(actions):
        raise BadActionsError(
            f'the policy gave actions of shape {actions.shape}, the mapping has (rows, {width})'
        )
    if not np.all(np.isfinite(actions)):
        row, column = np.argwhere(~np.isfinite(actions))[0]
        raise BadActionsError(
            f'action row {row}, {p.names(robot)[column]} is {actions[row, column]}'
        )
    rows = actions[: p.rows] if p.rows else actions
    return rows * np.array(p.scale) if p.scale else rows


def _joints(values: Array, observation: Observation, mapping: PolicyMapping) -> Array:
    """(rows, n) rad, absolute."""
    p = mapping.action
    if p.degrees:
        values = np.deg2rad(values)
    if p.relative_to == Relative.NOTHING:
        return values
    if p.relative_to == Relative.OBSERVATION:
        return observation.joints + values
    steps = values * p.step if p.relative_to == Relative.RATE else values
    return np.asarray(observation.joints + np.cumsum(steps, 0))


def _poses(values: Array, observation: Observation, mapping: PolicyMapping) -> Array:
    """(rows, 6) m and rotation vector, absolute in the base frame. Relative rotations are about
    the axes of the base, applied after the one that they are measured from."""
    p = mapping.action
    if p.relative_to == Relative.NOTHING:
        return values
    pose = observation.base_from_tcp
    if p.relative_to == Relative.OBSERVATION:
        turned = geometry.exp_rotation(values[:, 3:]) @ pose[:3, :3]
        return np.column_stack([pose[:3, 3] + values[:, :3], geometry.log_rotation(turned)])
    steps = values * p.step if p.relative_to == Relative.RATE else values
    place, rotation, made = pose[:3, 3], pose[:3, :3], []
    for step in steps:
        place = place + step[:3]
        rotation = geometry.exp_rotation(step[3:]) @ rotation
        made.append(np.concatenate([place, geometry.log_rotation(rotation)]))
    return np.array(made)
