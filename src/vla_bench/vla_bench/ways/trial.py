"""A small policy with one decoder, trained on two-way demonstrations and sampled on new scenes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from vla_bench.ways.arrangement import RADIUS, ROWS, arrangements, clearance, demonstrations
from vla_core.frozen import Array
from vla_policy.decoders.protocol import Decoder
from vla_policy.tokens.group import TokenGroup
from vla_policy.trunk.model import PolicyTrunk, TrunkParams
from vla_policy.trunk.prefix import all_present

SIZE = TrunkParams(columns=2, horizon=ROWS, width=64, heads=4, prefix_layers=1, suffix_layers=2)
SCALE = 0.1  # m, of a chunk of 1
BATCH, RATE, WARMUP = 128, 1.5e-3, 100
HELD_OUT = 10_000  # added to a seed: scenes and noise of the test


class WaysPolicy(nn.Module):
    """Goal and post, as one token, to a path."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.token = nn.Sequential(
            nn.Linear(4, SIZE.width), nn.SiLU(), nn.Linear(SIZE.width, SIZE.width)
        )
        self.trunk = PolicyTrunk(SIZE, decoder)

    def groups(self, inputs: Tensor) -> list[TokenGroup]:
        tokens = self.token(inputs)[:, None]
        return [TokenGroup('scene', tokens, all_present(tokens))]


@dataclass(frozen=True)
class WaysOutcome:
    """Of one training."""

    hit: Array  # (n,) bool, the path touches the post
    is_left: Array  # (n,) bool, of those that do not touch it


def play(decoder: Decoder, seed: int, steps: int, scenes: int, samples: int) -> WaysOutcome:
    """Train, then sample `samples` paths in each of `scenes` new scenes."""
    policy = trained(decoder, seed, steps)
    random = np.random.default_rng(HELD_OUT + seed)
    found = arrangements(scenes, random)
    noise = torch.from_numpy(random.standard_normal((scenes * samples, ROWS, 2))).float()
    with torch.no_grad():
        prefix = policy.trunk.encode(policy.groups(torch.from_numpy(found.inputs).float()))
        rows = policy.trunk.sample(prefix, noise).numpy().astype(np.float64) * SCALE
    hits, lefts = [], []
    for k in range(samples):
        distance, side = clearance(found, rows[k::samples])
        hits.append(distance < RADIUS)
        lefts.append(side[distance >= RADIUS] > 0.0)
    return WaysOutcome(np.concatenate(hits), np.concatenate(lefts))


def trained(decoder: Decoder, seed: int, steps: int) -> WaysPolicy:
    """A policy, trained on scenes that are drawn anew for every step."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    policy = WaysPolicy(decoder)
    optimiser = torch.optim.AdamW(policy.parameters(), RATE)
    for step in range(steps):
        rate = RATE * min(1.0, (step + 1) / WARMUP) * (1.0 - 0.95 * step / steps)
        for group in optimiser.param_groups:
            group['lr'] = rate
        scenes = arrangements(BATCH, random)
        rows = torch.from_numpy(demonstrations(scenes, random) / SCALE).float()
        groups = policy.groups(torch.from_numpy(scenes.inputs).float())
        loss = policy.trunk.loss(groups, rows, torch.ones_like(rows))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return policy.eval()
