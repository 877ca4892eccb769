"""The training loop: loss, averaged weights, state that can be resumed."""

from __future__ import annotations

import copy
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from vla_core.errors import UserError
from vla_core.params import check, param

ROW_WEIGHT = 0.4  # loss weight of the rows beyond the first EXECUTED ones
EXECUTED = 8  # rows
Model = TypeVar('Model', bound=nn.Module)
Learner = TypeVar('Learner', bound=nn.Module, contravariant=True)


@dataclass(frozen=True)
class FitParams:
    """Parameters of the optimisation."""

    steps: int = param(6000, 'optimiser steps', lo=1, hi=10_000_000)
    batch: int = param(256, 'samples per step', lo=1, hi=100_000)
    rate: float = param(1e-3, 'peak learning rate', lo=1e-7, hi=1.0)
    warmup: int = param(200, 'warm-up steps', lo=1, hi=100_000)
    decay: float = param(0.01, 'weight decay', lo=0.0, hi=1.0)
    average: float = param(0.998, 'decay of the averaged weights (EMA)', lo=0.0, hi=0.99999)
    check_every: int = param(
        250, 'steps between evaluations on the held-out episodes', lo=1, hi=100_000
    )
    patience: int = param(
        8, 'evaluations without a lower held-out loss before stopping', lo=1, hi=1000
    )
    seed: int = param(0, 'seed of weights, batches and noise', lo=0, hi=2**31)

    def __post_init__(self) -> None:
        check(self)


@dataclass
class Noise:
    """Random numbers that depend only on seed and step, on any device."""

    seed: int
    device: torch.device
    generator: torch.Generator = field(default_factory=torch.Generator)

    def at(self, step: int) -> Noise:
        self.generator.manual_seed(self.seed * 1_000_003 + step)
        return self

    def normal(self, shape: Any) -> Tensor:
        return torch.randn(shape, generator=self.generator).to(self.device)

    def rows(self, most: int, count: int) -> Tensor:
        return torch.randint(most, (count,), generator=self.generator).to(self.device)


class Lessons(Protocol[Learner]):
    """Samples that know their loss."""

    def __len__(self) -> int: ...

    def loss(self, model: Learner, rows: Tensor, noise: Noise) -> Tensor:
        """Scalar loss of those rows; the same for the same noise."""


class Trainer(Generic[Model]):
    """Owns the weights, their average, the optimiser and the history."""

    def __init__(self, model: Model, params: FitParams, device: torch.device) -> None:
        self.params, self.device = params, device
        self.model = model.to(device)
        self.average = copy.deepcopy(model).eval().requires_grad_(False)
        self.best = copy.deepcopy(self.average)
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=params.rate, weight_decay=params.decay, betas=(0.9, 0.98)
        )
        self.noise = Noise(params.seed, device)
        self.step = 0
        self.since_best = 0
        self.seconds = 0.0  # s, training time over all runs
        self.history: list[dict[str, float]] = []  # step, train, held_out

    @property
    def best_loss(self) -> float:
        return min((row['held_out'] for row in self.history), default=math.inf)

    @property
    def is_over(self) -> bool:
        return self.step >= self.params.steps or self.since_best >= self.params.patience

    def advance(self, table: Lessons[Model]) -> float:
        """One step of the optimiser; return its loss."""
        p = self.params
        noise = self.noise.at(self.step)
        torch.manual_seed(p.seed * 1_000_003 + self.step)  # dropout, the same after a resume
        rows = noise.rows(len(table), p.batch)
        for group in self.optimiser.param_groups:
            group['lr'] = p.rate * _schedule(self.step, p)
        self.model.train()
        loss = table.loss(self.model, rows, noise)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        keep = min(p.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.model.parameters(), strict=True):
                mean.lerp_(now, 1.0 - keep)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise UserError(f'the loss is {value} at step {self.step}; a lower --rate may help')
        return value

    def validate(self, table: Lessons[Model], train_loss: float) -> float:
        """Evaluate the averaged weights on held-out episodes; keep them when they are the best."""
        loss = self.held_out(table)
        is_better = loss < self.best_loss - 1e-5
        self.history.append({'step': self.step, 'train': train_loss, 'held_out': loss})
        self.since_best = 0 if is_better else self.since_best + 1
        if is_better:
            self.best.load_state_dict(self.average.state_dict())
        return loss

    @torch.no_grad()
    def held_out(self, table: Lessons[Model], most: int = 2048) -> float:
        """Loss of the averaged weights, always with the same samples and noise."""
        noise = Noise(12345, self.device).at(0)
        rows = torch.arange(len(table), device=self.device)
        if len(table) > most:
            rows = noise.rows(len(table), most)
        losses = [
            float(table.loss(self.average, part, noise)) * len(part) for part in rows.split(512)
        ]
        return sum(losses) / len(rows)

    def save(self, path: Path) -> None:
        """Write the state for `resume` atomically."""
        state = {
            'model': self.model.state_dict(), 'average': self.average.state_dict(),
            'best': self.best.state_dict(), 'optimiser': self.optimiser.state_dict(),
            'step': self.step, 'since_best': self.since_best, 'history': self.history,
            'seconds': self.seconds,
        }  # fmt: skip
        part = path.with_suffix('.partial')
        torch.save(state, part)
        os.replace(part, path)

    def resume(self, path: Path) -> None:
        """Continue where `save` left off."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        try:
            for name in ('model', 'average', 'best', 'optimiser'):
                getattr(self, name).load_state_dict(state[name])
        except (RuntimeError, ValueError, KeyError) as error:
            raise UserError(f'{path} belongs to another model; --fresh starts over') from error
        self.step, self.since_best = state['step'], state['since_best']
        self.history = state['history']
        self.seconds = state.get('seconds', math.nan)  # missing in older states


def row_weights(horizon: int) -> Tensor:
    """(1, horizon, 1), mean 1: the rows that are executed weigh more than those beyond."""
    weight = torch.where(torch.arange(horizon) < EXECUTED, 1.0, ROW_WEIGHT)
    return (weight / weight.mean())[None, :, None]


def _schedule(step: int, p: FitParams) -> float:
    """Learning-rate factor: linear warm-up, then cosine decay to 1 %."""
    if step < p.warmup:
        return (step + 1) / p.warmup
    done = (step - p.warmup) / max(1, p.steps - p.warmup)
    return 0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))
