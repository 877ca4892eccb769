"""LeRobot's classes behind the server's interface; runs in LeRobot's environment.

The checkpoint's own pre- and post-processors do all scaling; nothing of them is repeated here.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vla_policy.adapters.lerobot.server import BadObservationError

TASK, ACTION, IMAGES = 'task', 'action', 'observation.images'
DEVICE_STEP = 'device_processor'


class LerobotModel:
    """The policy that LeRobot saved in `folder`, tried out once."""

    def __init__(self, folder: str) -> None:
        import_torchvision()
        import lerobot
        from lerobot.configs.policies import PreTrainedConfig
        from lerobot.policies.factory import get_policy_class, make_pre_post_processors

        config = PreTrainedConfig.from_pretrained(folder, local_files_only=True)
        if config.use_peft:
            raise ValueError('use_peft: merge the adapter into the weights first')
        if hasattr(config, 'pretrained_backbone_weights'):
            config.pretrained_backbone_weights = None  # a download; the checkpoint has them
        self._config = config
        made = get_policy_class(config.type)
        self._policy = made.from_pretrained(folder, config=config, strict=True)
        self._before, self._after = make_pre_post_processors(
            config, pretrained_path=folder, preprocessor_overrides=_overrides(folder, config)
        )
        self.observation_steps = int(getattr(config, 'n_obs_steps', 1))
        self.about: dict[str, Any] = {}
        rows, seconds = self._tried_out()
        self.about = {
            'policy': config.type, 'lerobot': lerobot.__version__, 'device': str(config.device),
            'rows': len(rows), 'columns': rows.shape[1], 'seconds': seconds,
        }  # fmt: skip

    def seed(self, value: int) -> None:
        torch.manual_seed(value)

    def prepared(self, observation: dict[str, Any]) -> dict[str, Any]:
        """A batch of one that the preprocessor has made."""
        from lerobot.policies.utils import prepare_observation_for_inference

        task = observation.pop(TASK, '')
        self._check(observation)
        arrays = {key: np.array(value) for key, value in observation.items()}  # writable
        device = torch.device(self._config.device)
        made: dict[str, Any] = self._before(
            prepare_observation_for_inference(arrays, device, str(task))
        )
        made.pop(ACTION, None)  # empty here; a policy with queues would take it for one
        return made

    def chunk(self, history: Sequence[dict[str, Any]]) -> NDArray[np.float32]:
        """(rows, columns) as the postprocessor makes them."""
        self._policy.reset()
        with torch.inference_mode():
            for batch in history:
                last = self._remembered(batch)
            rows = self._after(self._policy.predict_action_chunk(last)[0])  # rows as a batch
        made: NDArray[np.float32] = rows.detach().cpu().numpy().astype(np.float32)
        return made

    def _remembered(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch, after it has entered the queues of a policy that reads several."""
        from lerobot.policies.utils import populate_queues

        queues = getattr(self._policy, '_queues', None) or {}
        if not any(key.startswith('observation.') for key in queues):
            return batch
        if IMAGES in queues:
            pictures = [batch[key] for key in self._config.image_features]
            batch = {**batch, IMAGES: torch.stack(pictures, dim=-4)}
        self._policy._queues = populate_queues(queues, batch, exclude_keys=[ACTION])
        return batch

    def _check(self, observation: dict[str, Any]) -> None:
        needed = self._config.input_features
        missing = sorted(set(needed) - set(observation))
        unknown = sorted(set(observation) - set(needed))
        if missing or unknown:
            raise BadObservationError(
                f'missing {", ".join(missing) or "nothing"}, unknown '
                f'{", ".join(unknown) or "nothing"}; expected {", ".join(needed)}'
            )
        for key, feature in needed.items():
            wanted, value = _shape_given(feature), observation[key]
            if getattr(value, 'shape', None) != wanted:
                given = getattr(value, 'shape', type(value).__name__)
                raise BadObservationError(f'{key} is {given}, expected {wanted}')

    def _tried_out(self) -> tuple[NDArray[np.float32], float]:
        """Rows for an empty observation, and the least time in s that an inference takes: what
        other processes took of the processor does not count."""
        kinds = {True: np.uint8, False: np.float32}
        given = {
            key: np.zeros(_shape_given(feature), kinds[_is_picture(feature)])
            for key, feature in self._config.input_features.items()
        }
        for _ in range(2):  # the first one prepares libraries as well
            start, used = time.monotonic(), time.process_time()
            rows = self.chunk([self.prepared({**given, TASK: 'get ready'})])
            seconds = min(time.monotonic() - start, time.process_time() - used)
        if rows.ndim != 2 or not np.all(np.isfinite(rows)):
            raise ValueError(f'its actions have shape {rows.shape}, or are not finite')
        return rows, seconds


def _is_picture(feature: Any) -> bool:
    return str(feature.type.value) == 'VISUAL'


def _shape_given(feature: Any) -> tuple[int, ...]:
    """Pictures come as (height, width, channels)."""
    shape = tuple(int(n) for n in feature.shape)
    return (*shape[1:], shape[0]) if _is_picture(feature) else shape


def _overrides(folder: str, config: Any) -> dict[str, Any]:
    """The device of the training may not be here; the configuration has chosen another."""
    saved = json.loads((Path(folder) / 'policy_preprocessor.json').read_text(encoding='utf-8'))
    has_step = any(step.get('registry_name') == DEVICE_STEP for step in saved['steps'])
    return {DEVICE_STEP: {'device': str(config.device)}} if has_step else {}


def import_torchvision() -> None:
    """Import it; one built for another torch lacks its compiled operators, which no policy needs
    but whose names it registers."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        if 'torchvision::' not in str(error):
            raise
        for name in [name for name in sys.modules if name.split('.')[0] == 'torchvision']:
            del sys.modules[name]
        names = torch.library.Library('torchvision', 'DEF')
        for operator in ('nms', 'qnms'):
            names.define(f'{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
        _KEPT.append(names)


_KEPT: list[Any] = []  # a library that is collected takes its operators along
