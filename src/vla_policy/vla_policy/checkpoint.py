"""A checkpoint: `policy.safetensors`, and `policy.json` with everything that must match."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as as_bytes

from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.params import from_mapping, param
from vla_core.records.action import EE_NAMES, Space
from vla_core.robot.config import RobotConfig
from vla_policy.flow_model import FlowModel, ModelParams
from vla_policy.normalise import ChunkNormaliser, Levels
from vla_policy.objects import features

WEIGHTS, CARD = 'policy.safetensors', 'policy.json'
FORMAT = 1
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class PolicyCard:
    """Contents of policy.json; a missing or unknown key is an error."""

    format: int = param(text='version of this file format')
    features: str = param(text='schema of the inputs, features.SCHEMA')
    space: str = param(text='space of the chunks, a name of Space')
    names: tuple[str, ...] = param(text='columns of the chunks')
    step: float = param(text='s between rows', lo=0.01, hi=1.0)
    horizon: int = param(text='rows of a chunk', lo=2, hi=64)
    robot: str = param(text='robot of the training data')
    joint_names: tuple[str, ...] = param(text='joints of that robot')
    tip_frame: str = param(text='frame that the deltas move')
    mean: Rows = param(text='mean of the chunks, (horizon, columns)')
    spread: Rows = param(text='standard deviation of the chunks, (horizon, columns)')
    gripper_levels: tuple[float, ...] = param(text='m, commanded openings; empty: any')
    model: dict[str, Any] = param(text='ModelParams')
    weights: str = param(text='sha256 of the weights')
    code: str = param(text='commit of the training')
    data: str = param(text='hash of the training data')
    training: dict[str, Any] = param(text='arguments and results of the training')


@dataclass(frozen=True)
class Checkpoint:
    """A loaded model that matches the robot."""

    card: PolicyCard
    model: FlowModel
    normaliser: ChunkNormaliser
    levels: Levels = field(default_factory=Levels)

    @property
    def hash(self) -> str:
        """Short name of the weights."""
        return self.card.weights[:12]


def save(folder: Path, card: PolicyCard, model: FlowModel) -> PolicyCard:
    """Write the folder; return the card with the hash of the weights."""
    state = model.state_dict()
    tensors = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    write_atomic(folder / WEIGHTS, as_bytes(tensors))  # save_file hides it from other users
    named = asdict(card) | {'weights': _hash(folder / WEIGHTS)}
    write_atomic(folder / CARD, json.dumps(named, indent=1) + '\n')
    return PolicyCard(**named)


def load(folder: Path, robot: RobotConfig) -> Checkpoint:
    """Return the checkpoint; UserError names what does not match."""
    card = read_card(folder)
    _check_fit(folder, card, robot)
    if _hash(folder / WEIGHTS) != card.weights:
        raise UserError(f'{folder}: the hash of {WEIGHTS} differs from {CARD}')
    model = FlowModel(from_mapping(ModelParams, card.model, f'{folder}/{CARD}: model'))
    try:
        tensors = load_file(folder / WEIGHTS)
        model.load_state_dict(tensors)
    except (SafetensorError, RuntimeError) as error:
        first = ' '.join(str(error).splitlines()[:2])
        raise UserError(f'{folder}/{WEIGHTS} do not fit the model: {first}') from error
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise UserError(f'{folder}/{WEIGHTS}: not all weights are finite')
    try:
        normaliser = ChunkNormaliser(card.mean, card.spread)  # type: ignore[arg-type]
        levels = Levels(card.gripper_levels)
    except ValueError as error:
        raise UserError(f'{folder}/{CARD}: {error}') from error
    return Checkpoint(card, model.eval(), normaliser, levels)


def read_card(folder: Path) -> PolicyCard:
    """Return the card; UserError when a file or a key is missing."""
    for name in (CARD, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f'{folder} is no checkpoint: it has no {name}')
    try:
        mapping = json.loads((folder / CARD).read_text(encoding='utf-8'))
    except json.JSONDecodeError as error:
        raise UserError(f'{folder}/{CARD}: not valid JSON: {error}') from error
    return from_mapping(PolicyCard, mapping, f'{folder}/{CARD}')


def feature_schema(card: PolicyCard) -> str:
    """Return the feature schema: policy, layer, pooling, width, weights."""
    return f'flow/norm/mean/{card.model["width"]}/{card.weights[:12]}'


def _check_fit(folder: Path, card: PolicyCard, robot: RobotConfig) -> None:
    shape = (card.horizon, len(card.names))
    checks = (
        ('format', card.format, FORMAT),
        ('features', card.features, features.SCHEMA),
        ('space', card.space, Space.EE_DELTA.name),
        ('names', card.names, EE_NAMES),
        ('joint names', card.joint_names, robot.joint_names),
        ('tip frame', card.tip_frame, robot.arm.tip_frame),
        ('shape of mean', (len(card.mean), *{len(row) for row in card.mean}), shape),
        ('shape of spread', (len(card.spread), *{len(row) for row in card.spread}), shape),
        ('width of the robot row', card.model.get('robot_width'), features.ROBOT_WIDTH),
        ('width of an object row', card.model.get('object_width'), features.OBJECT_WIDTH),
        ('width of the task row', card.model.get('task_width'), features.TASK_WIDTH),
        ('horizon of the model', card.model.get('horizon'), card.horizon),
    )
    for what, has, wanted in checks:
        if has != wanted:
            raise UserError(f'{folder} does not fit: its {what} is {has}, expected {wanted}')


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
