"""The stored calibration of a checkpoint: head, band, and the binding of both."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as as_bytes

from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.params import from_mapping, param
from vla_monitor.failure.band import Band
from vla_monitor.failure.head import Head, HeadParams, Net
from vla_monitor.failure.signals import SIGNALS
from vla_monitor.failure.traces import Binding

FOLDER, WEIGHTS, CARD = 'monitor', 'head.safetensors', 'band.json'
FORMAT = 1


@dataclass(frozen=True)
class CalibrationCard:
    """Contents of band.json; a missing or unknown key is an error."""

    format: int = param(text='version of this file format')
    binding: Binding = param(text='what the scores depend on')
    signals: tuple[str, ...] = param(text='names of the free signals')
    head: HeadParams = param(text='parameters of the head')
    width: int = param(text='width of the input rows of the head', lo=1, hi=100_000)
    weights: str = param(text='sha256 of the head')
    alpha: float = param(text='false-alarm rate it was calibrated for', lo=0.001, hi=0.999)
    centre: tuple[float, ...] = param(text='centre of the band, per inference')
    spread: tuple[float, ...] = param(text='width of the band, per inference')
    excess: tuple[float, ...] = param(text='excess of the calibration successes, ascending')
    code: str = param(text='commit of the calibration')
    data: str = param(text='number of rollouts per outcome')


@dataclass(frozen=True)
class Calibration:
    """A head and its band."""

    binding: Binding
    head: Head
    band: Band
    alpha: float
    band_id: str


def save(folder: Path, calibration: Calibration, code: str, data: str) -> Calibration:
    """Write `folder`; return the calibration with the id of the written card."""
    state = {k: v.detach().contiguous() for k, v in calibration.head.net.state_dict().items()}
    write_atomic(folder / WEIGHTS, as_bytes(state))  # save_file hides it from other users
    card = CalibrationCard(
        format=FORMAT, binding=calibration.binding, signals=SIGNALS, head=calibration.head.params,
        width=len(state['mean']), weights=_hash(folder / WEIGHTS), alpha=calibration.alpha,
        centre=_plain(calibration.band.centre), spread=_plain(calibration.band.width),
        excess=_plain(calibration.band.excess), code=code, data=data,
    )  # fmt: skip
    write_atomic(folder / CARD, json.dumps(asdict(card), indent=1) + '\n')
    return load(folder)


def load(folder: Path) -> Calibration:
    """Return the calibration; UserError names what is missing or inconsistent."""
    card, band_id = _read_card(folder)
    net = _read_net(folder, card)
    try:
        band = Band(np.array(card.centre), np.array(card.spread), np.sort(card.excess))
    except ValueError as error:
        raise UserError(f'{folder}/{CARD}: {error}') from error
    band.require(card.alpha)
    return Calibration(card.binding, Head(card.head, net), band, card.alpha, band_id)


def _read_card(folder: Path) -> tuple[CalibrationCard, str]:
    for name in (CARD, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f'{folder} has no {name}: run ./vla calibrate')
    text = (folder / CARD).read_text(encoding='utf-8')
    try:
        card = from_mapping(CalibrationCard, json.loads(text), f'{folder}/{CARD}')
    except json.JSONDecodeError as error:
        raise UserError(f'{folder}/{CARD}: not valid JSON: {error}') from error
    if card.format != FORMAT or card.signals != SIGNALS:
        raise UserError(f'{folder} was made by another version: run ./vla calibrate again')
    return card, hashlib.sha256(text.encode()).hexdigest()[:12]


def _read_net(folder: Path, card: CalibrationCard) -> Net:
    if _hash(folder / WEIGHTS) != card.weights:
        raise UserError(f'{folder}: the hash of {WEIGHTS} differs from {CARD}')
    net = Net(card.head, card.width)
    try:
        net.load_state_dict(load_file(folder / WEIGHTS))
    except (SafetensorError, RuntimeError) as error:
        why = ' '.join(str(error).split())
        raise UserError(f'{folder}/{WEIGHTS} does not fit: {why}') from error
    if not all(bool(torch.isfinite(value).all()) for value in net.state_dict().values()):
        raise UserError(f'{folder}/{WEIGHTS}: not all weights are finite')
    return net


def require_fit(folder: Path, calibration: Calibration, here: Binding) -> None:
    """UserError naming every difference between `here` and the calibrated binding."""
    differences = calibration.binding.differences(here)
    if differences:
        raise UserError(
            f'{folder} does not fit: {"; ".join(differences)}: '
            'record rollouts of this policy and run ./vla calibrate'
        )


def _plain(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
