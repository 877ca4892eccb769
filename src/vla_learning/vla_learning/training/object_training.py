"""Training of a policy that is told the scene: rows of objects to chunks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from vla_core.params import check, param
from vla_core.records.action import EE_NAMES, Space
from vla_core.result import Figure, Result
from vla_core.revision import commit
from vla_core.robot.config import load_robot
from vla_learning.data.dataset import held_out
from vla_learning.data.samples import Samples
from vla_learning.training.object_lessons import ObjectLessons, open_loop_error
from vla_learning.training.progress import draw_curve, fit
from vla_learning.training.trainer import FitParams, Trainer
from vla_lockstep.campaign import command_line
from vla_policy import checkpoint, normalise
from vla_policy.decoders.by_name import decoder_of
from vla_policy.experts.scripted import ChunkParams
from vla_policy.object_model import ObjectModel, ObjectModelParams
from vla_policy.objects import features
from vla_policy.trunk.model import TrunkParams

STATE = 'state.pt'
DECODER = {'name': 'flow', 'steps': 8, 'copies': 2, 'is_logit_normal': True}
ROWS_PER_TOKEN = 4  # of a chunk


@dataclass(frozen=True)
class Args:
    """Parameters of a training run."""

    demos: str = param('out/demos', 'folder of recorded episodes')
    out: str = param('out/train', 'folder of the run: state, loss curve, result.json')
    checkpoint: str = param('out/train/checkpoint', 'folder of the checkpoint')
    robot: str = param('ur5e', 'name in config/robots')
    tasks: str = param(
        'put_in,stack,push,press,open,close', 'tasks to demonstrate if there are no demonstrations'
    )
    episodes: int = param(180, 'demonstrations per task if there are none', lo=1, hi=100_000)
    copies: int = param(3, 'augmented copies of each observation', lo=0, hi=50)
    held_out: float = param(0.08, 'share of held-out episodes', lo=0.01, hi=0.5)
    steps: int = param(6000, 'optimiser steps', lo=1, hi=10_000_000)
    batch: int = param(128, 'samples per step', lo=1, hi=100_000)
    rate: float = param(1e-3, 'peak learning rate', lo=1e-7, hi=1.0)
    patience: int = param(
        12, 'evaluations without a lower held-out loss before stopping', lo=1, hi=1000
    )
    width: int = param(128, 'token width', lo=8, hi=1024)
    prefix_layers: int = param(3, 'layers of the prefix', lo=1, hi=24)
    suffix_layers: int = param(3, 'layers of the suffix', lo=1, hi=24)
    seed: int = param(0, 'random seed', lo=0, hi=2**31)
    device: str = param(
        'auto', 'auto uses a GPU when there is one', choices=('auto', 'cpu', 'cuda')
    )
    threads: int = param(2, 'CPU threads', lo=1, hi=256)
    fresh: bool = param(False, 'discard an interrupted run')

    def __post_init__(self) -> None:
        check(self)


def train(args: Args, samples: Samples, data: str, device: torch.device) -> Result:
    """Fit a model to the samples; write checkpoint, loss curve and result.json."""
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    is_held = held_out(samples.episode, args.held_out, args.seed)
    normaliser = normalise.fit(samples.chunk[~is_held].astype(np.float64))
    train_table = ObjectLessons(samples.subset(~is_held), normaliser, device)
    test = ObjectLessons(samples.subset(is_held), normaliser, device)
    torch.manual_seed(args.seed)
    model = ObjectModel(model_params(args, samples), decoder_of(DECODER))
    trainer = Trainer(model, fit_params(args), device)
    if (out / STATE).is_file() and not args.fresh:
        trainer.resume(out / STATE)
    fit(trainer, train_table, test, out / STATE)
    error = open_loop_error(trainer.best, test)
    card = make_card(args, samples, normaliser, data, trainer, error)
    card = checkpoint.save(Path(args.checkpoint), card, trainer.best)
    draw_curve(trainer.history, out / 'loss.png')
    result = summarise(args, trainer, error, len(train_table), len(test))
    result.write(out)
    return result


def fit_params(args: Args) -> FitParams:
    return FitParams(
        steps=args.steps, batch=args.batch, rate=args.rate, patience=args.patience, seed=args.seed
    )


def model_params(args: Args, samples: Samples) -> ObjectModelParams:
    rows, columns = samples.chunk.shape[1:]
    return ObjectModelParams(
        robot_width=features.ROBOT_WIDTH,
        object_width=features.OBJECT_WIDTH,
        task_width=features.TASK_WIDTH,
        rows_per_token=ROWS_PER_TOKEN,
        dropout=0.3,
        trunk=TrunkParams(
            columns=columns * ROWS_PER_TOKEN,
            horizon=rows // ROWS_PER_TOKEN,
            width=args.width,
            prefix_layers=args.prefix_layers,
            suffix_layers=args.suffix_layers,
        ),
    )


def make_card(
    args: Args, samples: Samples, normaliser: normalise.ChunkNormaliser, data: str,
    trainer: Trainer, error: dict[str, float],
) -> checkpoint.PolicyCard:  # fmt: skip
    """Return the metadata of the checkpoint."""
    robot = load_robot(args.robot)
    outcome = {'steps_done': trainer.step, 'held_out_loss': trainer.best_loss, **error}
    return checkpoint.PolicyCard(
        format=checkpoint.FORMAT, tokens='objects', inputs={'features': features.SCHEMA},
        decoder=DECODER,
        space=Space.EE_DELTA.name, names=EE_NAMES,
        step=ChunkParams().step, robot=robot.name,
        joint_names=robot.joint_names, tip_frame=robot.arm.tip_frame,
        mean=tuple(map(tuple, normaliser.mean.round(6).tolist())),
        spread=tuple(map(tuple, normaliser.spread.round(6).tolist())),
        gripper_levels=normalise.levels_of(samples.chunk.astype(np.float64)).levels,
        model=asdict(trainer.model.params), weights='', code=commit(), data=data,
        training={**asdict(args), **outcome},
    )  # fmt: skip


def summarise(args: Args, trainer: Trainer, error: dict[str, float], n: int, held: int) -> Result:
    """Return the figures of the run."""
    figures = (
        Figure('held-out loss', trainer.best_loss, n=held),
        Figure('samples', float(n), 'samples'),
        Figure('steps', float(trainer.step), 'steps'),
        Figure('time to train, data apart', trainer.seconds / 60.0, 'min', '<= 60'),
        Figure('open-loop error after 0.3 s', error['near_mm'], 'mm', n=held),
        Figure('open-loop error after 0.3 s, p95', error['near_p95_mm'], 'mm', n=held),
        Figure('open-loop error after 1.5 s', error['far_mm'], 'mm', n=held),
        Figure('wrong grips', error['grip_wrong'], 'share', n=held),
    )
    return Result('train', command_line(), figures)
