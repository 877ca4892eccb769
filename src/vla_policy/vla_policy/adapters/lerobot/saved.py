"""What a folder that LeRobot saved says of its policy, read without LeRobot."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from vla_core.errors import UserError
from vla_core.frozen import Array

CONFIG, WEIGHTS = 'config.json', 'model.safetensors'
PREPROCESSOR, POSTPROCESSOR = 'policy_preprocessor.json', 'policy_postprocessor.json'
INNER = 'pretrained_model'  # folder of the policy in a checkpoint of LeRobot's trainer
ACTION, TASK, VISUAL = 'action', 'task', 'VISUAL'
READS_TASK = ('smolvla', 'pi0', 'pi0_fast', 'pi05', 'groot', 'xvla', 'wall_x')
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class SavedPolicy:
    """Inputs and outputs by LeRobot's feature names."""

    folder: Path
    kind: str  # LeRobot's name of the class: act, diffusion, ...
    images: Shapes  # (channels, height, width)
    numbers: Shapes  # (n,): state, and whatever else is no picture
    columns: int  # of a row of actions
    rows: int  # of a chunk; 0: the configuration does not say
    rows_executed: int  # before LeRobot itself asks again; 0: it does not say
    observation_steps: int  # successive observations that an inference reads
    ranges: dict[str, Array] = field(default_factory=dict)  # (2, n) min, max of the training data

    @property
    def reads_task(self) -> bool:
        """True when the sentence is an input of this class of policies."""
        return self.kind in READS_TASK


def is_lerobot(folder: Path) -> bool:
    """True for a folder with LeRobot's configuration, or a checkpoint of its trainer."""
    return any((path / CONFIG).is_file() for path in (folder, folder / INNER))


def read_saved(folder: Path) -> SavedPolicy:
    """The policy in the folder; UserError names what is missing or not LeRobot's."""
    folder = folder if (folder / CONFIG).is_file() else folder / INNER
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f'{folder} is no policy that LeRobot saved: it has no {name}')
    for name in (PREPROCESSOR, POSTPROCESSOR):
        if not (folder / name).is_file():
            raise UserError(
                f'{folder} has no {name}: it was saved before LeRobot 0.4; convert it with '
                f'lerobot.processor.migrate_policy_normalization'
            )
    where, config = folder / CONFIG, _json(folder / CONFIG)
    inputs, outputs = (_features(config, f'{k}_features', where) for k in ('input', 'output'))
    if ACTION not in outputs or len(outputs[ACTION][1]) != 1:
        raise UserError(f'{where}: output_features has no action of one dimension')
    executed = _count(config, 'n_action_steps', 0)
    rows = _count(config, 'chunk_size', executed)  # a diffusion policy gives what it executes
    return SavedPolicy(
        folder=folder,
        kind=str(config['type']),
        images={key: shape for key, (kind, shape) in inputs.items() if kind == VISUAL},
        numbers={key: shape for key, (kind, shape) in inputs.items() if kind != VISUAL},
        columns=outputs[ACTION][1][0],
        rows=rows,
        rows_executed=executed,
        observation_steps=_count(config, 'n_obs_steps', 1),
        ranges=_ranges(folder),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        made = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise UserError(f'{path}: {error}') from error
    if not isinstance(made, dict) or 'type' not in made or 'input_features' not in made:
        raise UserError(f'{path} is no configuration of LeRobot: no type and input_features')
    return made


def _features(config: dict[str, Any], key: str, where: Path) -> dict[str, tuple[str, Any]]:
    try:
        return {
            name: (str(item['type']), tuple(int(n) for n in item['shape']))
            for name, item in (config.get(key) or {}).items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f'{where}: {key}: no type and shape: {error}') from error


def _count(config: dict[str, Any], key: str, default: int) -> int:
    value = config.get(key)
    return value if isinstance(value, int) and value > 0 else default


def _ranges(folder: Path) -> dict[str, Array]:
    """Least and largest number of the training data by feature, where a processor has them."""
    made: dict[str, Array] = {}
    for path in sorted(folder.glob('policy_*processor*.safetensors')):
        try:
            stored = load_file(path)
        except (OSError, SafetensorError) as error:
            raise UserError(f'{path}: {error}') from error
        for key in {name.rpartition('.')[0] for name in stored}:
            ends = stored.get(f'{key}.min'), stored.get(f'{key}.max')
            if ends[0] is not None and ends[1] is not None and ends[0].ndim == 1:
                made[key] = np.stack(ends).astype(np.float64)
    return made
