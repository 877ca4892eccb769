"""A training run as a person sees it: its device, its progress bar and its curve."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from tqdm import tqdm

from vla_core.errors import UserError
from vla_learning.training.trainer import Lessons, Model, Trainer


def fit(
    trainer: Trainer[Model], lessons: Lessons[Model], test: Lessons[Model], state: Path,
    until: int | None = None,
) -> None:  # fmt: skip
    """Train to the end, or to step `until`, with a progress bar; the state is saved at every
    evaluation."""
    p = trainer.params
    until = p.steps if until is None else until
    weights = sum(w.numel() for w in trainer.model.parameters())
    mean, title = float('nan'), f'training ({weights:,} weights)'
    began, before = perf_counter(), trainer.seconds
    with tqdm(total=until, initial=trainer.step, desc=title, unit='step') as bar:
        while not trainer.is_over and trainer.step < until:
            loss = trainer.advance(lessons)
            mean = loss if np.isnan(mean) else 0.99 * mean + 0.01 * loss
            bar.update()
            if trainer.step % p.check_every == 0 or trainer.step >= until:
                held = trainer.validate(test, mean)
                trainer.seconds = before + perf_counter() - began
                trainer.save(state)
                bar.set_postfix_str(f'train {mean:.4f} held-out {held:.4f}')


def choose_device(name: str) -> torch.device:
    """Return the device; UserError when 'cuda' is requested and not available."""
    if name == 'cuda' and not torch.cuda.is_available():
        raise UserError('torch finds no GPU; use --device cpu')
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    return torch.device(name)


def draw_curve(history: list[dict[str, float]], path: Path) -> None:
    """Write the loss curve as PNG."""
    import matplotlib

    matplotlib.use('Agg')
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5))
    for name in ('train', 'held_out'):
        axes.semilogy([row['step'] for row in history], [row[name] for row in history], label=name)
    axes.set(xlabel='step', ylabel='loss')
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
