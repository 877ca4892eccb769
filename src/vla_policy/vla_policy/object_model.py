"""The network of a policy that is told the scene: rows of objects, task and robot to chunks."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Generator, Tensor, nn

from vla_core.params import check, param
from vla_policy.decoders.protocol import Decoder
from vla_policy.tokens.group import TokenGroup
from vla_policy.tokens.objects import ObjectTokens, RowToken
from vla_policy.trunk.model import PolicyTrunk, TrunkParams
from vla_policy.trunk.prefix import EncodedPrefix
from vla_policy.trunk.taps import FeatureTaps


@dataclass(frozen=True)
class ObjectModelParams:
    """Size of the network; the widths of its inputs come from objects/features.py."""

    robot_width: int = param(40, 'width of the robot row', lo=1, hi=10_000)
    object_width: int = param(39, 'width of an object row', lo=1, hi=10_000)
    task_width: int = param(11, 'width of the task row', lo=1, hi=10_000)
    sentence_width: int = param(384, 'width of the sentence vector', lo=1, hi=10_000)
    rows_per_token: int = param(4, 'rows of a chunk in one token of the suffix', lo=1, hi=64)
    dropout: float = param(0.0, 'rate on the sentence vector in training', lo=0.0, hi=0.9)
    trunk: TrunkParams = param(TrunkParams(columns=28, horizon=4, suffix_layers=3))

    def __post_init__(self) -> None:
        check(self)
        if self.trunk.columns % self.rows_per_token:
            raise ValueError(f'{self.trunk.columns} columns are no {self.rows_per_token} rows')


@dataclass(frozen=True)
class ObjectBatch:
    """Inputs of the prefix; leading axis b."""

    robot: Tensor  # (b, robot_width)
    objects: Tensor  # (b, n, object_width)
    present: Tensor  # (b, n) bool
    task: Tensor  # (b, task_width)
    sentence: Tensor  # (b, sentence_width)


class ObjectModel(nn.Module):
    """Tokenizers and the shared trunk. Several rows of a chunk share a token: fewer tokens make
    the sampler cheaper, and the rows of a chunk are smooth."""

    def __init__(self, p: ObjectModelParams, decoder: Decoder) -> None:
        super().__init__()
        self.params = p
        width = p.trunk.width
        self.robot = RowToken('robot', p.robot_width, width)
        self.task = RowToken('task', p.task_width, width)
        self.sentence = RowToken('sentence', p.sentence_width, width, p.dropout)
        self.objects = ObjectTokens(p.object_width, width)
        self.trunk = PolicyTrunk(p.trunk, decoder)

    def tokens(self, batch: ObjectBatch) -> list[TokenGroup]:
        """Return the groups of an observation."""
        return [
            self.robot(batch.robot), self.task(batch.task), self.sentence(batch.sentence),
            self.objects(batch.objects, batch.present),
        ]  # fmt: skip

    def encode(self, batch: ObjectBatch, taps: FeatureTaps | None = None) -> EncodedPrefix:
        """Encode an observation once, for all candidates and steps."""
        return self.trunk.encode(self.tokens(batch), taps)

    def loss(
        self, batch: ObjectBatch, chunk: Tensor, weight: Tensor, random: Generator | None = None
    ) -> Tensor:
        """Scalar loss of chunks (b, rows, columns), by the decoder."""
        packed = self._packed(chunk), self._packed(weight)
        return self.trunk.loss(self.tokens(batch), *packed, random)

    def sample(
        self, prefix: EncodedPrefix, noise: Tensor, taps: FeatureTaps | None = None,
        decoder: Decoder | None = None,
    ) -> Tensor:  # fmt: skip
        """Chunks, shaped as `noise` (b * k, rows, columns)."""
        packed = self._packed(noise)
        return self.trunk.sample(prefix, packed, taps, decoder).reshape(noise.shape)

    def _packed(self, rows: Tensor) -> Tensor:
        """(b, tokens, rows per token * columns)."""
        return rows.reshape(len(rows), self.params.trunk.horizon, self.params.trunk.columns)
