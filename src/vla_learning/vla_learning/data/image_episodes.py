"""Demonstrations for a policy that looks: pictures, the hand's row, chunks, and places of objects.

One file per episode, written whole or not at all. The places of target and destination in each
picture are labels of an auxiliary loss; nothing of the simulator's state goes into the inputs.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.records.scene import Role
from vla_core.records.sensing import CameraModel, Observation
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel
from vla_policy.protocol import Proposal
from vla_policy.tokens.proprioception import HandMemory
from vla_policy.tokens.windows import Crop, WindowParams, crop_of, projected
from vla_sim.world import SimWorld

WINDOWS = {'scene': WindowParams(64, 128, scale=0.005), 'wrist': WindowParams(64, 64)}
ROLES = (Role.TARGET, Role.DESTINATION)  # of the labelled places
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ImageEpisode:
    """Inputs and labels of one episode; leading axis n, the inferences."""

    instruction: str
    pictures: Mapping[str, NDArray[np.uint8]]  # by view: (n, height, width, 3)
    robot: Floats  # (n, 22)
    chunks: Floats  # (n, horizon, 7), EE_DELTA
    places: Mapping[str, Floats]  # by view: (n, 2, 2) of ROLES, across and down in [-1, 1]
    is_seen: Mapping[str, NDArray[np.bool_]]  # by view: (n, 2), the place is inside the picture

    def __len__(self) -> int:
        return len(self.robot)


class ImageRecorder:
    """Collects an episode; given to the light loop as what sees every inference."""

    def __init__(self, robot: RobotConfig, windows: Mapping[str, WindowParams] = WINDOWS) -> None:
        self._robot, self._windows, self._model = robot, windows, RobotModel(robot)
        self.begin()

    def __len__(self) -> int:
        return len(self._rows)

    def begin(self) -> None:
        """Forget what was collected."""
        self._memory = HandMemory()
        self._instruction = ''
        self._rows: list[tuple[Array, Array]] = []
        self._pictures: dict[str, list[NDArray[np.uint8]]] = {name: [] for name in self._windows}
        self._places: dict[str, list[Array]] = {name: [] for name in self._windows}

    def __call__(self, world: SimWorld, observation: Observation, proposal: Proposal) -> None:
        """Collect one inference; one without a label is left out."""
        row = self._memory.row(observation)
        if proposal.chunks:
            self.add(world, observation, row, proposal.chunks[0].values)

    def add(self, world: SimWorld, observation: Observation, row: Array, chunk: Array) -> None:
        """Collect a moment with what the hand remembers, and a label."""
        self._instruction = observation.instruction
        self._rows.append((row, chunk))
        for name, params in self._windows.items():
            frame = observation.frames.get(name) or world.render(name)
            pose = self._pose(name, observation)
            crop = crop_of(name, frame.model, params, pose)
            self._pictures[name].append(crop.cut(frame.rgb))
            self._places[name].append(places_of(observation, crop, frame.model, pose))

    def _pose(self, name: str, observation: Observation) -> Array:
        """(4, 4) base_from_optical of a camera."""
        camera = self._robot.camera(name)
        if camera.kind == 'scene':
            return camera.base_from_camera
        return self._model.fk(observation.joints, camera.frame)

    def episode(self) -> ImageEpisode:
        """What was collected; ValueError without any inference."""
        if not self._rows:
            raise ValueError('the episode has no inference')
        robot, chunks = (np.array(part, np.float32) for part in zip(*self._rows, strict=True))
        places = {name: np.array(each, np.float32) for name, each in self._places.items()}
        return ImageEpisode(
            self._instruction,
            {name: np.array(each) for name, each in self._pictures.items()},
            robot,
            chunks,
            {name: np.nan_to_num(each) for name, each in places.items()},
            {name: np.abs(np.nan_to_num(each, nan=9.0)).max(-1) <= 1.0
             for name, each in places.items()},
        )  # fmt: skip


def places_of(observation: Observation, crop: Crop, model: CameraModel, pose: Array) -> Array:
    """(2, 2) places of ROLES in a window; NaN without such an object, or behind the camera."""
    made = np.full((len(ROLES), 2), np.nan)
    for row, role in enumerate(ROLES):
        found = next((obj for obj in observation.scene.objects if obj.role == role), None)
        if found is None:
            continue
        try:
            u, v, _ = projected(found.position, pose, model)
        except ValueError:
            continue
        made[row] = crop.place(u, v)
    return made


def save_episode(path: Path, episode: ImageEpisode) -> None:
    """Write an episode, atomically."""
    buffer = io.BytesIO()
    arrays = {'instruction': np.array(episode.instruction), 'robot': episode.robot,
              'chunks': episode.chunks}  # fmt: skip
    for kind in ('pictures', 'places', 'is_seen'):
        arrays |= {f'{kind} {name}': part for name, part in getattr(episode, kind).items()}
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_atomic(path, buffer.getvalue())


def load_episode(path: Path) -> ImageEpisode:
    """Read an episode; UserError names a file that is not one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        parts = {
            kind: {name.split(' ', 1)[1]: arrays[name] for name in arrays if name.startswith(kind)}
            for kind in ('pictures', 'places', 'is_seen')
        }
        return ImageEpisode(
            str(arrays['instruction']), parts['pictures'], arrays['robot'], arrays['chunks'],
            parts['places'], parts['is_seen'],
        )  # fmt: skip
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(f'{path} is no episode with pictures: {error}') from error


def length_of(path: Path) -> int:
    """Inferences of an episode, without reading its pictures; UserError as for `load_episode`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return len(file['robot'])
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(f'{path} is no episode with pictures: {error}') from error
