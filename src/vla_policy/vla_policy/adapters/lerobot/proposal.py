"""A mapping file for a policy that LeRobot saved, as far as its folder tells.

What it does not tell (which camera, order and unit of the state, what actions are relative to, the
gripper's ends) is marked CHOOSE, which `load_mapping` refuses, with what is known beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from vla_core.robot.config import RobotConfig
from vla_policy.adapters.lerobot.fit import ROWS_KEY, size_of
from vla_policy.adapters.lerobot.saved import ACTION, TASK, SavedPolicy
from vla_policy.adapters.mapping import CHOOSE, STATE_PARTS, TOOL_COLUMNS, Relative

MOST_PARTS = 3  # of a state that are tried
MOST_FITS = 8  # combinations that are listed


def description_of(saved: SavedPolicy) -> list[str]:
    """What the policy reads and gives, line by line."""
    lines = [f'{saved.folder}: LeRobot, {saved.kind}']
    lines += [f'  picture {key} {shape}: channels, height, width' for key, shape in
              saved.images.items()]  # fmt: skip
    lines += [f'  numbers {key} {shape}' for key, shape in saved.numbers.items()]
    lines.append(f'  action  {saved.columns} numbers a row, {saved.rows or "?"} rows a chunk')
    if saved.rows_executed and saved.rows_executed != saved.rows:
        lines[-1] += f', of which LeRobot executes {saved.rows_executed}'
    if not saved.reads_task:
        lines.append(f'  the sentence is no input of {saved.kind}: it does one task')
    if saved.observation_steps > 1:
        lines.append(f'  {history_of(saved)}')
    return lines


def history_of(saved: SavedPolicy) -> str:
    """How the observations that it reads together are made here."""
    return (
        f'reads {saved.observation_steps} observations: those of successive inferences, so the '
        f'period of inference (`policy.period`, 0.2 s) should be 1 / rate'
    )


def propose(saved: SavedPolicy, robot: RobotConfig) -> str:
    """The text of a mapping file."""
    lines = [
        f'# Mapping between {robot.name} and {saved.folder.name} ({saved.kind} of LeRobot).',
        f'# Replace each {CHOOSE} by what the training data had: a file with one is refused.',
    ]
    if saved.observation_steps > 1:
        lines.append(f'# It {history_of(saved)}.')
    lines += [*_images(saved, robot), *_state(saved, robot), *_action(saved, robot)]
    lines.append('# the numbers of the gripper (in the state and the actions) at its ends')
    lines.append(f'gripper: {{closed: {CHOOSE}, open: {CHOOSE}}}')
    if not saved.reads_task:
        lines.append(f'# {saved.kind} does not read it')
    lines.append(f'instruction: {TASK}')
    return '\n'.join(lines) + '\n'


def _images(saved: SavedPolicy, robot: RobotConfig) -> Iterator[str]:
    if not saved.images:
        yield 'images: []'
        return
    have = [camera.name for camera in robot.cameras]
    yield f'# camera: {", ".join(have)} of {robot.name}; fit: how the training pictures came to'
    yield '# their size (pad, crop, stretch); rotate: 0, 90, 180, 270'
    yield 'images:'
    for key, (_, height, width) in saved.images.items():
        name = key.rpartition('.')[2]
        if name in have:
            yield f'# the camera of the same name: does it look from the same place? ({key})'
        yield (
            f'- {{camera: {name if name in have else CHOOSE}, key: {key}, height: {height}, '
            f'width: {width}, fit: {CHOOSE}}}'
        )


def _state(saved: SavedPolicy, robot: RobotConfig) -> Iterator[str]:
    if not saved.numbers:
        yield 'state: []'
        return
    yield f'# parts, in the order of the training data: {", ".join(STATE_PARTS)};'
    yield '# degrees: true when its joints are in degrees'
    yield 'state:'
    for key, shape in saved.numbers.items():
        yield f'# {key}: {_numbers(shape[0])}; of that size: {_fits(shape[0], robot)}'
        yield from _range(saved, key)
        yield f'- {{key: {key}, parts: {CHOOSE}, degrees: {CHOOSE}}}'


def _action(saved: SavedPolicy, robot: RobotConfig) -> Iterator[str]:
    joints, tool = len(robot.joint_names) + 1, len(TOOL_COLUMNS) + 1
    yield f'# {saved.columns} numbers a row. {robot.name}: joints and gripper are {joints}, tool'
    yield f'# ({", ".join(TOOL_COLUMNS)}) and gripper {tool}'
    yield from _range(saved, ACTION)
    yield 'action:'
    yield f'  key: {ROWS_KEY}'
    yield f'  space: {CHOOSE}  # joints, tool'
    yield f'  relative_to: {CHOOSE}  # {", ".join(Relative)} (nothing: absolute)'
    yield f'  columns: {CHOOSE}  # []: as above; else names in the order of a row'
    yield f'  degrees: {CHOOSE}  # joints in degrees: true, false'
    yield f'  rate: {CHOOSE}  # rows per second: the fps of the training data'
    rows = saved.rows_executed or saved.rows
    yield f'  rows: {rows}  # of {saved.rows or "unknown"}; LeRobot executes as many'


def _numbers(count: int) -> str:
    return f'{count} number{"s" if count != 1 else ""}'


def _fits(size: int, robot: RobotConfig) -> str:
    """Parts whose sizes add up."""
    found = [
        ' + '.join(parts)
        for count in range(1, MOST_PARTS + 1)
        for parts in combinations(STATE_PARTS, count)
        if size_of(parts, robot) == size
    ]
    return ' | '.join(found[:MOST_FITS]) or 'nothing that is known here'


def _range(saved: SavedPolicy, key: str) -> Iterator[str]:
    """Ends of the training data by number: they tell degrees, steps and the gripper's ends."""
    if key in saved.ranges:
        low, high = np.round(saved.ranges[key], 3)
        pairs = ', '.join(f'{a:g}..{b:g}' for a, b in zip(low, high, strict=True))
        yield f'# in the training data: {pairs}'
