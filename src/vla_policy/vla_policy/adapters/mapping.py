"""The mapping between our observations and actions and those of somebody else's policy, as data.

One file says which pictures, numbers and text the policy is given under which keys, and what its
rows of actions mean. A wrong one is refused with both shapes or the known names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from vla_core.errors import UserError
from vla_core.params import check, from_mapping, load_yaml, param
from vla_core.records.action import Space
from vla_core.robot.config import RobotConfig
from vla_core.stack_root import stack_root

STATE_PARTS = (
    'joints', 'joint_velocities', 'gripper', 'position', 'rotation_vector', 'quaternion_xyzw',
    'rotation_6d',
)  # fmt: skip
TOOL_COLUMNS = ('x', 'y', 'z', 'rx', 'ry', 'rz')
GRIPPER = 'gripper'
CHOOSE = 'CHOOSE'  # value of a key that a person must decide


class Relative(StrEnum):
    """What the numbers of a row are measured from."""

    NOTHING = 'nothing'  # absolute
    OBSERVATION = 'observation'  # the state that the chunk was made from
    PREVIOUS = 'previous'  # the row before: steps
    RATE = 'rate'  # per second: velocities


@dataclass(frozen=True)
class ImageMapping:
    """One picture that the policy is given."""

    camera: str = param(text='name of a camera of the robot file')
    key: str = param(text='under which the policy expects it')
    height: int = param(224, 'px', lo=8, hi=2048)
    width: int = param(224, 'px', lo=8, hi=2048)
    fit: str = param(
        'pad', 'pad: black bars; crop: the middle; stretch', choices=('pad', 'crop', 'stretch')
    )
    rotate: int = param(0, 'degrees, counter-clockwise', choices=(0, 90, 180, 270))
    layout: str = param('hwc', 'order of the axes', choices=('hwc', 'chw'))
    values: str = param('uint8', 'uint8: 0..255; float: 0..1', choices=('uint8', 'float'))

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class StateMapping:
    """One vector of numbers that the policy is given."""

    key: str = param(text='under which the policy expects it')
    parts: tuple[str, ...] = param(text='in their order: ' + ', '.join(STATE_PARTS))
    degrees: bool = param(False, 'joints in degrees')

    def __post_init__(self) -> None:
        check(self)
        unknown = [part for part in self.parts if part not in STATE_PARTS]
        if unknown or not self.parts:
            raise ValueError(
                f'parts of {self.key}: {unknown or "none"}; known: {", ".join(STATE_PARTS)}'
            )


@dataclass(frozen=True)
class ActionMapping:
    """What a row of the policy's actions means."""

    space: str = param(
        text='of the columns before the gripper', choices=('joints', 'tool')
    )  # rad; m and rotation vector
    key: str = param('actions', 'of the answer')
    relative_to: str = param(
        'nothing', 'what the numbers are measured from', choices=tuple(Relative)
    )
    columns: tuple[str, ...] = param(
        (), 'names in the order of the row; empty: those of the arm or tool, then gripper'
    )
    scale: tuple[float, ...] = param((), 'factor of each column; empty: 1')
    degrees: bool = param(False, 'joints in degrees')
    rate: float = param(10.0, 'rows per second', lo=0.1, hi=1000.0)
    rows: int = param(0, 'rows that are used; 0: all', lo=0, hi=1000)

    def __post_init__(self) -> None:
        check(self)

    def names(self, robot: RobotConfig) -> tuple[str, ...]:
        """Columns of a row."""
        own = robot.joint_names if self.space == 'joints' else TOOL_COLUMNS
        return self.columns or (*own, GRIPPER)

    @property
    def step(self) -> float:
        """s between rows."""
        return 1.0 / self.rate

    def chunk_space(self) -> Space:
        """Of the chunks that are made of the rows."""
        return Space.JOINT_POSITION if self.space == 'joints' else Space.EE_POSE


@dataclass(frozen=True)
class GripperMapping:
    """The policy's numbers for the gripper, at its ends."""

    closed: float = param(0.0, 'value of a closed gripper')
    open: float = param(1.0, 'value of an open gripper')

    def __post_init__(self) -> None:
        check(self)
        if self.closed == self.open:
            raise ValueError(f'gripper: closed and open are both {self.open}')


@dataclass(frozen=True)
class PolicyMapping:
    """Contents of a mapping file, `config/policies/<name>.yaml`."""

    images: tuple[ImageMapping, ...]
    state: tuple[StateMapping, ...]
    action: ActionMapping
    gripper: GripperMapping = param(GripperMapping())
    instruction: str = param('prompt', 'key of the sentence; empty: not given')

    def __post_init__(self) -> None:
        keys = [image.key for image in self.images] + [state.key for state in self.state]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f'key {twice[0]!r} is given twice')

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras, each once."""
        return tuple(dict.fromkeys(image.camera for image in self.images))

    def require_fit(self, robot: RobotConfig, where: str) -> None:
        """UserError names what the robot does not have."""
        have = [camera.name for camera in robot.cameras]
        for name in self.cameras:
            if name not in have:
                raise UserError(f'{where}: no camera {name!r}; {robot.name} has {", ".join(have)}')
        names = self.action.names(robot)
        known = robot.joint_names if self.action.space == 'joints' else TOOL_COLUMNS
        missing = [name for name in known if name not in names]
        unknown = [name for name in names if name not in (*known, GRIPPER)]
        if missing or unknown:
            raise UserError(
                f'{where}: action columns {", ".join(names)}: '
                f'{"unknown " + unknown[0] if unknown else "missing " + missing[0]}; '
                f'expected {", ".join(known)} and gripper'
            )
        if self.action.scale and len(self.action.scale) != len(names):
            raise UserError(
                f'{where}: {len(self.action.scale)} scales for {len(names)} action columns'
            )


def load_mapping(name: str, robot: RobotConfig) -> PolicyMapping:
    """The mapping of that name in config/policies, or of a file; UserError names what is wrong."""
    file = find_mapping(name)
    content = load_yaml(file)
    if undecided := ', '.join(_undecided(content)):
        raise UserError(
            f'{file}: not decided yet: {undecided}; the comments in the file say what is known, '
            f'replace each {CHOOSE}'
        )
    mapping = from_mapping(PolicyMapping, content, str(file))
    mapping.require_fit(robot, str(file))
    return mapping


def find_mapping(name: str) -> Path:
    """The file of that name in config/policies, or as given."""
    folder = stack_root() / 'config/policies'
    for file in (folder / f'{name}.yaml', Path(name)):
        if file.is_file():
            return file
    known = ', '.join(sorted(path.stem for path in folder.glob('*.yaml'))) or 'none'
    raise UserError(f'no mapping {name!r}; known: {known}, or a file')


def _undecided(content: Any, where: str = '') -> Iterator[str]:
    """Keys whose value is left open."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _undecided(value, f'{where}.{key}' if where else str(key))
    elif isinstance(content, list):
        for k, value in enumerate(content):
            yield from _undecided(value, f'{where}[{k}]')
    elif content == CHOOSE:
        yield where
