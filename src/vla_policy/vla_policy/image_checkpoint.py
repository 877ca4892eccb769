"""A checkpoint of a policy that looks: the card says tokens, trunk, codec and decoder, and loading
refuses what does not fit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
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
from vla_policy.decoders.flow import FlowDecoder
from vla_policy.decoders.protocol import Decoder
from vla_policy.decoders.regress import RegressDecoder
from vla_policy.image_model import ImageModel, ImageModelParams
from vla_policy.normalise import ChunkNormaliser, Levels
from vla_policy.tokens.patches import ViewParams
from vla_policy.tokens.proprioception import COLUMNS
from vla_policy.tokens.windows import WindowParams
from vla_policy.trunk.model import TrunkParams

WEIGHTS, CARD = 'policy.safetensors', 'policy.json'
FORMAT = 2
DECODERS = {'flow': FlowDecoder, 'regress': RegressDecoder}
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class ImageCard:
    """Contents of policy.json; a missing or unknown key is an error."""

    format: int = param(text='version of this file format')
    windows: dict[str, Any] = param(text='WindowParams by camera, in the order of the views')
    robot_columns: tuple[str, ...] = param(text='columns of the robot row')
    model: dict[str, Any] = param(text='ImageModelParams')
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


@dataclass(frozen=True)
class ImageCheckpoint:
    """A loaded model that matches the robot."""

    card: ImageCard
    model: ImageModel
    normaliser: ChunkNormaliser
    windows: dict[str, WindowParams]
    levels: Levels = field(default_factory=Levels)

    @property
    def hash(self) -> str:
        """Short name of the weights."""
        return self.card.weights[:12]


def decoder_of(spec: dict[str, Any]) -> Decoder:
    """The decoder that a card names; UserError lists the known ones."""
    given = dict(spec)
    name = given.pop('name', '')
    if name not in DECODERS:
        raise UserError(f'no decoder {name!r}; known: {", ".join(DECODERS)}')
    try:
        made: Decoder = DECODERS[name](**given)
    except (TypeError, ValueError) as error:
        raise UserError(f'decoder {name}: {error}') from error
    return made


def model_params(given: dict[str, Any], where: str) -> ImageModelParams:
    """ImageModelParams of a mapping, nested ones included."""
    views = tuple(from_mapping(ViewParams, view, f'{where}: view') for view in given['views'])
    trunk = from_mapping(TrunkParams, given['trunk'], f'{where}: trunk')
    rest = {f.name: given[f.name] for f in fields(ImageModelParams)
            if f.name in given and f.name not in ('views', 'trunk')}  # fmt: skip
    try:
        return ImageModelParams(views, trunk=trunk, **rest)
    except (TypeError, ValueError) as error:
        raise UserError(f'{where}: {error}') from error


def save(folder: Path, card: ImageCard, model: ImageModel) -> ImageCard:
    """Write the folder; return the card with the hash of the weights."""
    tensors = {name: v.detach().cpu().contiguous() for name, v in model.state_dict().items()}
    write_atomic(folder / WEIGHTS, as_bytes(tensors))
    named = asdict(card) | {'weights': _hash(folder / WEIGHTS)}
    write_atomic(folder / CARD, json.dumps(named, indent=1) + '\n')
    return ImageCard(**named)


def load(folder: Path, robot: RobotConfig) -> ImageCheckpoint:
    """Return the checkpoint; UserError names what does not match."""
    card, where = read_card(folder), f'{folder}/{CARD}'
    params = model_params(card.model, where)
    _check_fit(folder, card, params, robot)
    if _hash(folder / WEIGHTS) != card.weights:
        raise UserError(f'{folder}: the hash of {WEIGHTS} differs from {CARD}')
    model = ImageModel(params, decoder_of(card.decoder))
    try:
        tensors = load_file(folder / WEIGHTS)
        model.load_state_dict(tensors)
        normaliser = ChunkNormaliser(card.mean, card.spread)  # type: ignore[arg-type]
    except (SafetensorError, RuntimeError, ValueError) as error:
        first = ' '.join(str(error).splitlines()[:2])
        raise UserError(f'{folder} does not fit: {first}') from error
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise UserError(f'{folder}/{WEIGHTS}: not all weights are finite')
    windows = {name: from_mapping(WindowParams, given, f'{where}: window {name}')
               for name, given in card.windows.items()}  # fmt: skip
    return ImageCheckpoint(card, model.eval(), normaliser, windows, Levels(card.gripper_levels))


def is_image_card(folder: Path) -> bool:
    """True when the folder has a card of this format."""
    try:
        return bool(
            json.loads((folder / CARD).read_text(encoding='utf-8')).get('format') == FORMAT
        )
    except (OSError, ValueError, AttributeError):
        return False


def read_card(folder: Path) -> ImageCard:
    """Return the card; UserError when a file or a key is missing."""
    for name in (CARD, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f'{folder} is no checkpoint: it has no {name}')
    try:
        mapping = json.loads((folder / CARD).read_text(encoding='utf-8'))
    except json.JSONDecodeError as error:
        raise UserError(f'{folder}/{CARD}: not valid JSON: {error}') from error
    return from_mapping(ImageCard, mapping, f'{folder}/{CARD}')


def _check_fit(folder: Path, card: ImageCard, p: ImageModelParams, robot: RobotConfig) -> None:
    cameras = {camera.name for camera in robot.cameras}
    shape = (p.trunk.horizon, len(card.names))
    sizes = {name: (w['height'], w['width']) for name, w in card.windows.items()}
    checks: tuple[tuple[str, Any, Any], ...] = (
        ('format', card.format, FORMAT),
        ('columns of the robot row', tuple(card.robot_columns), COLUMNS),
        ('width of the robot row', p.robot_columns, len(COLUMNS)),
        ('space', card.space, Space.EE_DELTA.name),
        ('names', tuple(card.names), EE_NAMES),
        ('joint names', tuple(card.joint_names), robot.joint_names),
        ('tip frame', card.tip_frame, robot.arm.tip_frame),
        ('shape of mean', (len(card.mean), *{len(row) for row in card.mean}), shape),
        ('shape of spread', (len(card.spread), *{len(row) for row in card.spread}), shape),
        ('columns of the model', p.trunk.columns, len(card.names)),
        ('windows', sizes, {view.name: (view.height, view.width) for view in p.views}),
        ('cameras that the robot lacks', sorted(set(card.windows) - cameras), []),
    )
    for what, has, wanted in checks:
        if has != wanted:
            raise UserError(f'{folder} does not fit: its {what} is {has}, expected {wanted}')


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
