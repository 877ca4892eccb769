"""Observations and proposals as dictionaries of arrays, for a policy of ours on another machine.

The scene does not travel: a policy that is served reads pictures, words and the robot's own state.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vla_core.records.action import ActionChunk, PolicyFeatures, Space
from vla_core.records.scene import GroundedScene, ParsedTask, TargetStatus
from vla_core.records.sensing import CameraModel, Observation, RgbdFrame
from vla_policy.protocol import Proposal

NUMBERS = ('joints', 'joint_velocity', 'base_from_tcp', 'tcp_velocity')
SCALARS = ('stamp', 'gripper', 'skew')
TEXTS = ('task_id', 'instruction')
CHUNK_NUMBERS, CHUNK_TEXTS = ('stamp', 'start', 'step'), ('task_id', 'checkpoint', 'plan_step')


class BadRecordError(ValueError):
    """A dictionary is no such record."""


def observation_to_dict(observation: Observation) -> dict[str, Any]:
    """Of what a policy that looks reads; pictures in full."""
    made: dict[str, Any] = {name: np.asarray(getattr(observation, name)) for name in NUMBERS}
    made |= {name: float(getattr(observation, name)) for name in SCALARS}
    made |= {name: str(getattr(observation, name)) for name in TEXTS}
    made['frames'] = {
        name: {'rgb': np.asarray(frame.rgb), 'stamp': frame.stamp,
               'model': _model_to_list(frame.model)}
        for name, frame in observation.frames.items()
    }  # fmt: skip
    return made


def observation_of(given: dict[str, Any], joints: int) -> Observation:
    """The observation of a robot with so many joints, with an empty scene; BadRecordError names
    what is wrong."""
    shapes = {'joints': (joints,), 'joint_velocity': (joints,), 'base_from_tcp': (4, 4),
              'tcp_velocity': (6,)}  # fmt: skip
    arrays = {name: _array(given, name, shape) for name, shape in shapes.items()}
    scalars = {name: float(_array(given, name, ())) for name in SCALARS}
    texts = {name: _text(given, name) for name in TEXTS}
    frames = given.get('frames')
    if not isinstance(frames, dict):
        raise BadRecordError('frames are missing')
    scene = GroundedScene(scalars['stamp'], texts['task_id'], ParsedTask(), (),
                          TargetStatus.ABSENT)  # fmt: skip
    return Observation(
        scene=scene, frames={str(name): _frame(str(name), each) for name, each in frames.items()},
        **arrays, **scalars, **texts,  # type: ignore[arg-type]
    )  # fmt: skip


def proposal_to_dict(proposal: Proposal) -> dict[str, Any]:
    """Of candidates of one observation."""
    if not proposal.chunks:
        return {'chunks': 0, 'reason': proposal.reason or 'the policy has no chunk'}
    first = proposal.chunks[0]
    made: dict[str, Any] = {'chunks': len(proposal.chunks), 'seq': first.seq}
    made |= {name: float(getattr(first, name)) for name in CHUNK_NUMBERS}
    made |= {name: str(getattr(first, name)) for name in CHUNK_TEXTS}
    made |= {'space': first.space.name, 'names': list(first.names)}
    made['values'] = np.stack([chunk.values for chunk in proposal.chunks])
    made['motions'] = [chunk.language_motion for chunk in proposal.chunks]
    if proposal.features is not None:
        made['features'] = np.asarray(proposal.features.feature)
        made['schema'] = proposal.features.schema
        made['infer_index'] = proposal.features.infer_index
    return made


def proposal_of(given: dict[str, Any]) -> Proposal:
    """The proposal; BadRecordError names what is wrong."""
    count = given.get('chunks')
    if count == 0:
        return Proposal((), reason=_text(given, 'reason'))
    names = given.get('names')
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRecordError('names are missing')
    values = _array(given, 'values', None)
    if values.ndim != 3 or values.shape[0] != count or values.shape[2] != len(names):
        raise BadRecordError(
            f'values are {values.shape} for {count} chunks of {len(names)} columns'
        )
    space = _text(given, 'space')
    if space not in Space.__members__:
        raise BadRecordError(f'space is {space!r}; known: {", ".join(Space.__members__)}')
    motions = given.get('motions')
    motions = (
        motions if isinstance(motions, list) and len(motions) == count else [''] * len(values)
    )
    numbers = {name: float(_array(given, name, ())) for name in CHUNK_NUMBERS}
    texts = {name: _text(given, name) for name in CHUNK_TEXTS}
    chunks = tuple(
        ActionChunk(
            seq=int(_array(given, 'seq', ())), space=Space[space], names=tuple(names),
            values=each, candidate=k, candidates=len(values), language_motion=str(motions[k]),
            **numbers, **texts,  # type: ignore[arg-type]
        )
        for k, each in enumerate(values)
    )  # fmt: skip
    return Proposal(chunks, _features(given, chunks[0]))


def _features(given: dict[str, Any], chunk: ActionChunk) -> PolicyFeatures | None:
    if 'features' not in given:
        return None
    return PolicyFeatures(
        chunk.stamp,
        chunk.task_id,
        int(_array(given, 'infer_index', ())),
        _text(given, 'schema'),
        _array(given, 'features', None),
    )


def _frame(name: str, given: Any) -> RgbdFrame:
    if not isinstance(given, dict):
        raise BadRecordError(f'the frame of {name} is none')
    rgb = given.get('rgb')
    if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8 or rgb.ndim != 3:
        raise BadRecordError(f'the picture of {name} is no (height, width, 3) of uint8')
    if rgb.shape[2] != 3:
        raise BadRecordError(f'the picture of {name} has shape {rgb.shape}')
    depth = np.full(rgb.shape[:2], np.nan, np.float32)  # does not travel
    return RgbdFrame(
        name, float(_array(given, 'stamp', ())), _model(name, given.get('model'), rgb), rgb, depth
    )


def _model(name: str, given: Any, rgb: np.ndarray) -> CameraModel:
    if not isinstance(given, list) or len(given) != 7 or not isinstance(given[0], str):
        raise BadRecordError(f'the camera model of {name} is none')
    try:
        width, height = int(given[1]), int(given[2])
        numbers = [float(value) for value in given[3:]]
    except (TypeError, ValueError, OverflowError) as error:
        raise BadRecordError(f'the camera model of {name}: {error}') from error
    if (height, width) != rgb.shape[:2] or not np.all(np.isfinite(numbers)) or numbers[0] <= 0.0:
        raise BadRecordError(f'the camera model of {name} does not fit its picture {rgb.shape}')
    return CameraModel(given[0], width, height, *numbers)


def _model_to_list(model: CameraModel) -> list[Any]:
    numbers = (model.fx, model.fy, model.cx, model.cy)
    return [model.frame, model.width, model.height, *map(float, numbers)]


def _array(given: dict[str, Any], name: str, shape: tuple[int, ...] | None) -> np.ndarray:
    """Finite numbers of that shape; None: of any."""
    if name not in given:
        raise BadRecordError(f'{name} is missing')
    try:
        made = np.array(given[name], np.float64)
    except (TypeError, ValueError) as error:
        raise BadRecordError(f'{name}: {error}') from error
    if shape is not None and made.shape != shape:
        raise BadRecordError(f'{name} has shape {made.shape}, expected {shape}')
    if not np.all(np.isfinite(made)):
        raise BadRecordError(f'{name} is not finite')
    return made


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise BadRecordError(f'{name} is no text')
    return value
