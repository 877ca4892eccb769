"""A checkpoint: `policy.safetensors`, and the card `policy.json` with everything that must match.

The card names tokens, trunk, decoder and heads (`model`, `decoder`), what is read of cameras and
state (`inputs`), the actions, and the statistics of the training data.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as as_bytes

from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.params import from_mapping, param
from vla_core.records.action import EE_NAMES, Space
from vla_core.robot.config import RobotConfig
from vla_policy.model_kinds import KINDS, AnyModel
from vla_policy.normalise import ChunkNormaliser, Levels

WEIGHTS, CARD = 'policy.safetensors', 'policy.json'
FORMAT = 2
Rows = tuple[tuple[float, ...], ...]
Model = TypeVar('Model', bound=AnyModel)


@dataclass(frozen=True)
class PolicyCard:
    """Contents of policy.json; a missing or unknown key is an error."""

    format: int = param(text='version of this file format')
    tokens: str = param(text='kind of the observation: ' + ' or '.join(KINDS))
    inputs: dict[str, Any] = param(text='what is read of cameras, state and scene')
    model: dict[str, Any] = param(text='sizes of tokens, trunk and heads')
    decoder: dict[str, Any] = param(text='name, and the arguments of its class')
    space: str = param(text='space of the chunks, a name of Space')
    names: tuple[str, ...] = param(text='columns of the chunks')
    step: float = param(text='s between rows', lo=0.01, hi=1.0)
    mean: Rows = param(text='mean of the chunks, (horizon, columns)')
    spread: Rows = param(text='standard deviation of the chunks, (horizon, columns)')
    gripper_levels: tuple[float, ...] = param(text='m, commanded openings; empty: any')
    robot: str = param(text='robot of the training data')
    joint_names: tuple[str, ...] = param(text='joints of that robot')
    tip_frame: str = param(text='frame that the deltas move')
    weights: str = param(text='sha256 of the weights')
    code: str = param(text='commit of the training')
    data: str = param(text='hash of the training data')
    training: dict[str, Any] = param(text='arguments and results of the training')

    @property
    def horizon(self) -> int:
        """Rows of a chunk."""
        return len(self.mean)


@dataclass(frozen=True)
class Checkpoint(Generic[Model]):
    """A loaded model that matches the robot."""

    card: PolicyCard
    model: Model
    normaliser: ChunkNormaliser
    levels: Levels = field(default_factory=Levels)

    @property
    def hash(self) -> str:
        """Short name of the weights."""
        return self.card.weights[:12]


def save(folder: Path, card: PolicyCard, model: AnyModel) -> PolicyCard:
    """Write the folder; return the card with the hash of the weights."""
    state = model.state_dict()
    tensors = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    write_atomic(folder / WEIGHTS, as_bytes(tensors))  # save_file hides it from other users
    named = asdict(card) | {'weights': _hash(folder / WEIGHTS)}
    write_atomic(folder / CARD, json.dumps(named, indent=1) + '\n')
    return PolicyCard(**named)


def load(folder: Path, robot: RobotConfig, kind: type[Model]) -> Checkpoint[Model]:
    """Return the checkpoint with a model of that class; UserError names what does not match."""
    card, where = read_card(folder), f'{folder}/{CARD}'
    _check_fit(folder, card, robot)
    if _hash(folder / WEIGHTS) != card.weights:
        raise UserError(f'{folder}: the hash of {WEIGHTS} differs from {CARD}')
    model = KINDS[card.tokens].build(card.model, card.decoder, where)
    if not isinstance(model, kind):
        raise UserError(f'{folder} has {card.tokens} as tokens, which is no {kind.__name__}')
    _read_weights(folder, model)
    try:
        normaliser = ChunkNormaliser(card.mean, card.spread)  # type: ignore[arg-type]
        levels = Levels(card.gripper_levels)
    except ValueError as error:
        raise UserError(f'{where}: {error}') from error
    return Checkpoint(card, cast(Model, model.eval()), normaliser, levels)


def read_card(folder: Path) -> PolicyCard:
    """Return the card; UserError when a file or a key is missing, or of another format."""
    for name in (CARD, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f'{folder} is no checkpoint: it has no {name}')
    where = f'{folder}/{CARD}'
    try:
        mapping = json.loads((folder / CARD).read_text(encoding='utf-8'))
    except ValueError as error:
        raise UserError(f'{where}: not valid JSON: {error}') from error
    has = mapping.get('format') if isinstance(mapping, dict) else None
    if has != FORMAT:
        raise UserError(f'{where} has format {has}, expected {FORMAT}: train it with ./vla train')
    card = from_mapping(PolicyCard, mapping, where)
    if card.tokens not in KINDS:
        raise UserError(f'{where}: tokens {card.tokens!r}; known: {", ".join(KINDS)}')
    return card


def feature_schema(card: PolicyCard) -> str:
    """Return the feature schema: decoder, layer, pooling, width, weights."""
    width = card.model['trunk']['width']
    return f'{card.decoder["name"]}/norm/mean/{width}/{card.weights[:12]}'


def _read_weights(folder: Path, model: AnyModel) -> None:
    try:
        tensors = load_file(folder / WEIGHTS)
        model.load_state_dict(tensors)
    except (SafetensorError, RuntimeError) as error:
        first = ' '.join(str(error).splitlines()[:2])
        raise UserError(f'{folder}/{WEIGHTS} do not fit the model: {first}') from error
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise UserError(f'{folder}/{WEIGHTS}: not all weights are finite')


def _check_fit(folder: Path, card: PolicyCard, robot: RobotConfig) -> None:
    shape = (card.horizon, len(card.names))
    checks: list[tuple[str, Any, Any]] = [
        ('space', card.space, Space.EE_DELTA.name),
        ('names', card.names, EE_NAMES),
        ('joint names', card.joint_names, robot.joint_names),
        ('tip frame', card.tip_frame, robot.arm.tip_frame),
        ('shape of mean', (len(card.mean), *{len(row) for row in card.mean}), shape),
        ('shape of spread', (len(card.spread), *{len(row) for row in card.spread}), shape),
    ]
    kind = KINDS[card.tokens]
    try:
        checks += kind.checks(card.inputs, card.model, shape, robot)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f'{folder}/{CARD}: inputs or model lack {error}') from error
    for what, has, wanted in checks:
        if has != wanted:
            raise UserError(f'{folder} does not fit: its {what} is {has}, expected {wanted}')


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
