"""The flow-matching transformer: a prefix encoded once, a short suffix from noise to chunk.

x_t = (1 - t) noise + t chunk; the network predicts the velocity chunk - noise, sampling integrates
it. The prefix is independent of noise and time, so candidates and integration steps share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from vla_core.params import check, param


@dataclass(frozen=True)
class ModelParams:
    """Size of the network; the widths of its inputs come from features.py."""

    robot_width: int = param(40, 'width of the robot row', lo=1, hi=10_000)
    object_width: int = param(39, 'width of an object row', lo=1, hi=10_000)
    task_width: int = param(11, 'width of the task row', lo=1, hi=10_000)
    sentence_width: int = param(384, 'width of the sentence vector', lo=1, hi=10_000)
    columns: int = param(7, 'columns of a chunk', lo=1, hi=100)
    horizon: int = param(16, 'rows of a chunk', lo=2, hi=64)
    patch: int = param(4, 'rows per token of the suffix', lo=1, hi=64)
    width: int = param(128, 'width of a token', lo=8, hi=1024)
    heads: int = param(4, 'attention heads', lo=1, hi=16)
    prefix_layers: int = param(3, 'layers of the prefix (observation)', lo=1, hi=24)
    suffix_layers: int = param(3, 'layers of the suffix (noise)', lo=1, hi=24)
    dropout: float = param(0.0, 'rate on the sentence vector in training', lo=0.0, hi=0.9)
    picture: int = param(0, 'px, side of the object-centred images; 0: none', lo=0, hi=128)

    def __post_init__(self) -> None:
        check(self)
        if self.width % self.heads or self.horizon % self.patch:
            raise ValueError('heads must divide width, and patch must divide horizon')


@dataclass(frozen=True)
class Batch:
    """Inputs of the prefix; leading axis b."""

    robot: Tensor  # (b, robot_width)
    objects: Tensor  # (b, n, object_width)
    present: Tensor  # (b, n) bool
    task: Tensor  # (b, task_width)
    sentence: Tensor  # (b, sentence_width)
    pictures: Tensor | None = None  # (b, m, 3, px, px) in [0, 1]


class Attention(nn.Module):
    """Multi-head attention from x to x and to a context with precomputed keys and values."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.own = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(-2, -3)  # (..., heads, tokens, width)

    def forward(self, x: Tensor, kv: tuple[Tensor, Tensor] | None, mask: Tensor | None) -> Tensor:
        q = self.split(self.query(x))
        k, v = (self.split(part) for part in self.own(x).chunk(2, -1))
        if kv is not None:
            k, v = torch.cat([kv[0], k], -2), torch.cat([kv[1], v], -2)
        y = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out(y.transpose(-2, -3).flatten(-2))


def _mlp(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


class PrefixBlock(nn.Module):
    """Self-attention over the tokens of the observation."""

    def __init__(self, p: ModelParams) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(p.width), nn.LayerNorm(p.width)
        self.attention, self.mlp = Attention(p.width, p.heads), _mlp(p.width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x), None, mask)
        return x + self.mlp(self.norm2(x))


class SuffixBlock(nn.Module):
    """Attention of chunk tokens to the prefix and each other, modulated by time (adaLN-zero)."""

    def __init__(self, p: ModelParams) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(p.width, elementwise_affine=False)
        self.norm2 = nn.LayerNorm(p.width, elementwise_affine=False)
        self.attention, self.mlp = Attention(p.width, p.heads), _mlp(p.width)
        self.context = nn.Linear(p.width, 2 * p.width)
        self.time = nn.Linear(p.width, 6 * p.width)
        nn.init.zeros_(self.time.weight)
        nn.init.zeros_(self.time.bias)

    def keys(self, prefix: Tensor) -> tuple[Tensor, Tensor]:
        k, v = (self.attention.split(part) for part in self.context(prefix).chunk(2, -1))
        return k, v

    def forward(self, x: Tensor, time: Tensor, kv: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        shift1, scale1, gate1, shift2, scale2, gate2 = self.time(time).chunk(6, -1)
        y = self.norm1(x) * (1 + scale1) + shift1
        x = x + gate1 * self.attention(y, kv, mask)
        y = self.norm2(x) * (1 + scale2) + shift2
        return x + gate2 * self.mlp(y)


@dataclass(frozen=True)
class Context:
    """The encoded prefix: keys and values per suffix layer, and their mask."""

    keys: tuple[tuple[Tensor, Tensor], ...]
    mask: Tensor  # (b, 1, 1, prefix + suffix) bool

    def repeated(self, count: int) -> Context:
        """Return the context repeated for `count` noise samples per observation."""
        keys = tuple(
            (k.repeat_interleave(count, 0), v.repeat_interleave(count, 0)) for k, v in self.keys
        )
        return Context(keys, self.mask.repeat_interleave(count, 0))


class FlowModel(nn.Module):
    """Observation and noise to velocity."""

    def __init__(self, p: ModelParams) -> None:
        super().__init__()
        self.params = p
        self.tokens = p.horizon // p.patch
        self.robot, self.task = nn.Linear(p.robot_width, p.width), nn.Linear(p.task_width, p.width)
        self.objects = nn.Linear(p.object_width, p.width)
        self.sentence = nn.Sequential(nn.Dropout(p.dropout), nn.Linear(p.sentence_width, p.width))
        self.pictures: nn.Module | None = _picture_stem(p.width) if p.picture else None
        self.prefix = nn.ModuleList(PrefixBlock(p) for _ in range(p.prefix_layers))
        self.prefix_norm = nn.LayerNorm(p.width)
        self.noise = nn.Linear(p.patch * p.columns, p.width)
        self.place = nn.Parameter(torch.randn(self.tokens, p.width) * 0.02)
        self.clock = nn.Sequential(
            nn.Linear(p.width, p.width), nn.SiLU(), nn.Linear(p.width, p.width), nn.SiLU()
        )
        self.suffix = nn.ModuleList(SuffixBlock(p) for _ in range(p.suffix_layers))
        self.norm = nn.LayerNorm(p.width)
        self.out = nn.Linear(p.width, p.patch * p.columns)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def encode(self, batch: Batch) -> Context:
        """Return the encoded prefix of the observations."""
        heads = [self.robot(batch.robot), self.task(batch.task), self.sentence(batch.sentence)]
        parts = [torch.stack(heads, 1), self.objects(batch.objects)]
        seen = [torch.ones_like(batch.present[:, :1]).expand(-1, len(heads)), batch.present]
        if self.pictures is not None:
            if batch.pictures is None:
                raise ValueError('the model needs pictures, the batch has none')
            shape = batch.pictures.shape[:2]
            parts.append(self.pictures(batch.pictures.flatten(0, 1)).unflatten(0, shape))
            seen.append(torch.ones_like(parts[-1][..., 0], dtype=torch.bool))
        x, present = torch.cat(parts, 1), torch.cat(seen, 1)
        for block in self.prefix:
            x = block(x, present[:, None, None, :])
        x = self.prefix_norm(x)
        own = torch.ones_like(present[:, :1]).expand(-1, self.tokens)
        mask = torch.cat([present, own], 1)[:, None, None, :]
        keys = tuple(cast(SuffixBlock, block).keys(x) for block in self.suffix)
        return Context(keys, mask)

    def velocity(self, noisy: Tensor, t: Tensor, context: Context) -> tuple[Tensor, Tensor]:
        """Return velocity, shaped as `noisy`, and features (b, width), at times t (b,)."""
        p = self.params
        x = self.noise(noisy.reshape(len(noisy), self.tokens, -1)) + self.place
        time = self.clock(_waves(t, p.width))[:, None]
        for block, kv in zip(self.suffix, context.keys, strict=True):
            x = block(x, time, kv, context.mask)
        x = self.norm(x)
        return self.out(x).reshape(noisy.shape), x.mean(1)

    def sample(self, context: Context, noise: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Return chunks, shaped as `noise`, and the features (b, width) of the last step."""
        x, features = noise, noise.new_zeros(len(noise), self.params.width)
        for k in range(steps):
            t = torch.full((len(x),), k / steps, device=x.device)
            v, features = self.velocity(x, t, context)
            x = x + v / steps
        return x, features


def _picture_stem(width: int) -> nn.Module:
    """One token per object-centred picture."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, 4), nn.GELU(), nn.Conv2d(32, 64, 3, 2), nn.GELU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, width),
    )  # fmt: skip


def _waves(t: Tensor, width: int) -> Tensor:
    """(b, width) sines and cosines of t in [0, 1], periods from 2 pi to 2 pi / 1000."""
    rates = torch.logspace(0, 3, width // 2, device=t.device)
    angle = t[:, None] * rates
    return torch.cat([angle.sin(), angle.cos()], -1)
