"""`./vla train --config vision`: demonstrations, training and DAgger of a policy that looks.

A run is one folder. It goes on where it was interrupted, and refuses to go on with another
configuration.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.records.action import EE_NAMES, Space
from vla_core.result import Figure, Result, share
from vla_core.revision import commit
from vla_core.robot.config import load_robot
from vla_learning.data.collect_pictures import collect
from vla_learning.data.image_dataset import LEAST_SPREAD, ImageDataset, open_dataset, statistics
from vla_learning.data.image_episodes import WINDOWS
from vla_learning.training.image_config import SEEDS_PER_ROUND, ImageTraining, model_params
from vla_learning.training.image_lessons import ImageLessons
from vla_learning.training.progress import draw_curve, fit
from vla_learning.training.trainer import FitParams, Trainer
from vla_lockstep.campaign import command_line
from vla_lockstep.row_log import Row
from vla_policy import checkpoint
from vla_policy.decoders.by_name import decoder_of
from vla_policy.experts.scripted import ChunkParams
from vla_policy.image_model import ImageModel
from vla_policy.normalise import ChunkNormaliser, levels_of
from vla_policy.sentence_encoder import SentenceEncoder
from vla_policy.tokens.proprioception import COLUMNS

STATE, PLAN, TIMES = 'state.pt', 'plan.json', 'seconds.json'
HELD_EVERY = 12  # one in so many episodes is held out


def run(config: ImageTraining, out: Path, to: Path, device: torch.device, workers: int) -> Result:
    """All rounds; the checkpoint goes to `to`. UserError when `out` has a run of another
    configuration."""
    model_params(config, (2, len(EE_NAMES)))  # an unknown key is an error before it begins
    decoder_of(config.decoder)
    require_same_plan(out / PLAN, config)
    training = ImageRun(config, out, device, workers)
    for k in range(len(config.rounds)):
        training.round(k)
    training.save(to)
    result = training.result()
    result.write(out)
    draw_curve(training.trainer.history, out / 'loss.png')
    return result


def discard(out: Path) -> None:
    """Forget an earlier run, its episodes included; a folder without one stays as it is."""
    if not (out / PLAN).is_file():
        return
    for path in (out / PLAN, out / STATE, out / TIMES):
        path.unlink(missing_ok=True)
    for folder in (*out.glob('round-*'), *out.glob('checkpoint-*'), out / 'cache'):
        shutil.rmtree(folder, ignore_errors=True)


def require_same_plan(path: Path, config: ImageTraining) -> None:
    """Write the configuration of a new run; UserError names what differs in an old one."""
    given = json.loads(json.dumps(asdict(config)))
    if not path.is_file():
        write_atomic(path, json.dumps(given, indent=1) + '\n')
        return
    old = json.loads(path.read_text(encoding='utf-8'))
    changed = [key for key in given if given[key] != old.get(key)]
    if changed:
        raise UserError(
            f'{path.parent} has a run with another {", ".join(changed)}: give another --out, or '
            '--fresh to start over'
        )


class ImageRun:
    """One run, round by round."""

    def __init__(
        self, config: ImageTraining, out: Path, device: torch.device, workers: int
    ) -> None:
        self.config, self.out, self.device, self.workers = config, out, device, workers
        self.robot = load_robot(config.robot)
        self.encode = SentenceEncoder().states
        self.folders: list[Path] = []
        self.rows: list[list[Row]] = []
        times = out / TIMES
        self.collecting = float(json.loads(times.read_text())) if times.is_file() else 0.0  # s
        self.data: ImageDataset

    def round(self, k: int) -> None:
        """Collect and train."""
        one, config = self.config.rounds[k], self.config
        folder = self.out / f'round-{k}'
        first = (config.seed * len(config.rounds) + k) * SEEDS_PER_ROUND
        driver = str(self.out / f'checkpoint-{k - 1}') if one.driver == 'learner' else one.driver
        print(f'round {k + 1} of {len(config.rounds)}: {one.driver}', flush=True)
        began = perf_counter()
        seeds = range(first, first + one.episodes)
        self.rows.append(collect(config.robot, config.tasks, seeds, folder, self.workers, driver))
        self._count_seconds(perf_counter() - began)
        self.folders.append(folder)
        self.data = open_dataset(self.folders, self.out / 'cache')
        if k == 0:
            self._begin()
        end = sum(each.steps for each in config.rounds[: k + 1])
        train, test = self._lessons()
        fit(self.trainer, train, test, self.out / STATE, end)
        self.save(self.out / f'checkpoint-{k}')

    def _count_seconds(self, more: float) -> None:
        """Of collecting, over all runs in this folder."""
        self.collecting += more
        write_atomic(self.out / TIMES, json.dumps(self.collecting))

    def _begin(self) -> None:
        """The statistics of the first round are those of the run: the labels of a learner's
        episodes are further out and are clamped."""
        mean, spread = statistics(self.data.arrays['chunks'], LEAST_SPREAD)  # type: ignore[arg-type]
        self.normaliser = ChunkNormaliser(mean.round(6), spread.round(6))
        self.levels = levels_of(np.asarray(self.data.arrays['chunks'], np.float64))
        config = self.config
        torch.manual_seed(config.seed)
        model = ImageModel(model_params(config, mean.shape), decoder_of(config.decoder))
        params = FitParams(
            steps=config.steps, batch=config.batch, rate=config.rate, average=config.average,
            check_every=500, patience=1000, seed=config.seed,
        )  # fmt: skip
        self.trainer: Trainer[ImageModel] = Trainer(model, params, self.device)
        if (self.out / STATE).is_file():
            self.trainer.resume(self.out / STATE)

    def _lessons(self) -> tuple[ImageLessons, ImageLessons]:
        """To train on, and held out."""
        every = min(HELD_EVERY, int(self.data.episode[-1]) + 1)
        is_held = self.data.episode % every == every - 1
        kinds = ((~is_held, self.config.augmentation), (is_held, None))
        train, test = (
            ImageLessons(
                self.data, np.flatnonzero(rows), self.normaliser, self.encode, augmentation,
                self.device,
            )
            for rows, augmentation in kinds
        )  # fmt: skip
        return train, test

    def save(self, folder: Path) -> None:
        """Write the averaged weights as a checkpoint."""
        model, trainer, robot = self.trainer.average, self.trainer, self.robot
        checkpoint.save(folder, checkpoint.PolicyCard(
            format=checkpoint.FORMAT, tokens=self.config.tokens,
            inputs={'windows': {n: asdict(w) for n, w in WINDOWS.items()},
                    'robot_columns': COLUMNS},
            model=asdict(model.params), decoder=self.config.decoder,
            space=Space.EE_DELTA.name, names=EE_NAMES, step=ChunkParams().step,
            mean=rows_of(self.normaliser.mean), spread=rows_of(self.normaliser.spread),
            gripper_levels=self.levels.levels, robot=robot.name, joint_names=robot.joint_names,
            tip_frame=robot.arm.tip_frame, weights='', code=commit(), data=self.data.digest,
            training={**asdict(self.config), 'steps_done': trainer.step,
                      'held_out_loss': trainer.history[-1]['held_out']},
        ), model)  # fmt: skip

    def result(self) -> Result:
        """Figures of the run."""
        trainer, minutes = self.trainer, self.trainer.seconds / 60.0
        figures = [
            Figure('held-out loss', trainer.history[-1]['held_out']),
            Figure('samples', float(len(self.data)), 'samples'),
            Figure('steps', float(trainer.step), 'steps'),
            Figure('time to train', minutes, 'min'),
            Figure('time to collect', self.collecting / 60.0, 'min'),
            Figure('in all', minutes + self.collecting / 60.0, 'min', '<= 75'),
        ]
        for k, rows in enumerate(self.rows):
            driver = self.config.rounds[k].driver
            done = sum(bool(row['success']) for row in rows)
            figures.append(share(f'round {k + 1}, {driver}: done', done, len(rows)))
        return Result('train-vision', command_line(), tuple(figures))


def rows_of(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """As in a card."""
    return tuple(map(tuple, values.tolist()))
