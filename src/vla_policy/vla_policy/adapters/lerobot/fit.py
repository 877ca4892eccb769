"""Whether a mapping fits a policy that LeRobot saved: checked before anything is started."""

from __future__ import annotations

from dataclasses import replace

from vla_core.errors import UserError
from vla_core.robot.config import RobotConfig
from vla_policy.adapters.lerobot.saved import TASK, SavedPolicy, Shapes
from vla_policy.adapters.mapping import ImageMapping, PolicyMapping, StateMapping

ROWS_KEY = 'actions'  # of the answer of our server
SIZES = {
    'gripper': 1, 'position': 3, 'rotation_vector': 3, 'quaternion_xyzw': 4, 'rotation_6d': 6,
}  # fmt: skip


def fitted(mapping: PolicyMapping, saved: SavedPolicy, robot: RobotConfig) -> PolicyMapping:
    """The mapping with its number of rows; UserError names both shapes where it does not fit."""
    where = f'the mapping does not fit {saved.folder}'
    _require_same_keys(mapping, saved, where)
    for image in mapping.images:
        _require_image(image, saved.images, where)
    for state in mapping.state:
        _require_numbers(state, saved.numbers, robot, where)
    action = mapping.action
    names = action.names(robot)
    if len(names) != saved.columns:
        raise UserError(
            f'{where}: its actions have shape (rows, {saved.columns}), the mapping '
            f'(rows, {len(names)}): {", ".join(names)}'
        )
    if saved.rows and action.rows > saved.rows:
        raise UserError(f'{where}: it gives {saved.rows} rows, the mapping uses {action.rows}')
    if action.key != ROWS_KEY:
        raise UserError(f'{where}: action key {action.key!r}; it must be {ROWS_KEY!r}')
    if mapping.instruction not in ('', TASK):
        raise UserError(
            f'{where}: instruction {mapping.instruction!r}; it must be {TASK!r}, or empty'
        )
    return replace(mapping, action=replace(action, rows=action.rows or saved.rows))


def size_of(parts: tuple[str, ...], robot: RobotConfig) -> int:
    """Numbers in the vector of a state mapping."""
    return sum(SIZES.get(part, len(robot.joint_names)) for part in parts)


def _require_same_keys(mapping: PolicyMapping, saved: SavedPolicy, where: str) -> None:
    needed = {**saved.images, **saved.numbers}
    given = [image.key for image in mapping.images] + [state.key for state in mapping.state]
    missing = [f'{key} {shape}' for key, shape in needed.items() if key not in given]
    if missing:
        raise UserError(f'{where}: it needs {", ".join(missing)}; given: {", ".join(given)}')
    unknown = [key for key in given if key not in needed]
    if unknown:
        raise UserError(f'{where}: it has no input {unknown[0]!r}; it has {", ".join(needed)}')


def _require_image(image: ImageMapping, needed: Shapes, where: str) -> None:
    if image.key not in needed:
        raise UserError(f'{where}: {image.key} is no picture there')
    if (image.layout, image.values) != ('hwc', 'uint8'):
        raise UserError(
            f'{where}: {image.key} is given as {image.layout} and {image.values}; it must be hwc '
            f'and uint8, which the processors of LeRobot convert'
        )
    given = (3, image.height, image.width)
    if given != needed[image.key]:
        raise UserError(
            f'{where}: {image.key} has shape {needed[image.key]} (channels, height, width), '
            f'the mapping {given}'
        )


def _require_numbers(state: StateMapping, needed: Shapes, robot: RobotConfig, where: str) -> None:
    if state.key not in needed:
        raise UserError(f'{where}: {state.key} is a picture there')
    given = (size_of(state.parts, robot),)
    if given != needed[state.key]:
        raise UserError(
            f'{where}: {state.key} has shape {needed[state.key]}, the mapping {given}: '
            f'{", ".join(state.parts)}'
        )
