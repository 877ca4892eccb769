"""The configuration file of a training on pictures."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from vla_core.errors import UserError
from vla_core.params import check, param
from vla_learning.data.image_episodes import WINDOWS
from vla_learning.training.image_lessons import PictureAugmentation
from vla_policy.image_model import ImageModelParams
from vla_policy.tokens.patches import ViewParams
from vla_policy.tokens.proprioception import COLUMNS
from vla_policy.trunk.model import TrunkParams
from vla_sim.scenes.episode import TEST_SEEDS

SEEDS_PER_ROUND = 10_000
PATCH = 16  # px of a picture per token


@dataclass(frozen=True)
class Round:
    """Episodes that are collected, and steps on the episodes of all rounds so far."""

    driver: str = param('expert', 'of the episodes', choices=('drawn', 'expert', 'learner'))
    episodes: int = param(100, 'per task', lo=1, hi=SEEDS_PER_ROUND)
    steps: int = param(1000, 'of the optimiser', lo=1, hi=10_000_000)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class ImageTraining:
    """Contents of a configuration file with `tokens: patches`."""

    rounds: tuple[Round, ...] = param(text='in their order; no learner drives in the first')
    decoder: dict[str, Any] = param(text='name, and the arguments of its class')
    tokens: str = param('patches', 'kind of the observation', choices=('patches',))
    robot: str = param('ur5e', 'name in config/robots')
    tasks: tuple[str, ...] = param(('put_in', 'push', 'press'), 'to demonstrate')
    model: dict[str, Any] = param({}, 'ImageModelParams without views and columns')
    augmentation: PictureAugmentation = param(PictureAugmentation())
    batch: int = param(64, 'samples per step', lo=1, hi=10_000)
    rate: float = param(6e-4, 'peak learning rate', lo=1e-7, hi=1.0)
    average: float = param(0.998, 'decay of the averaged weights', lo=0.0, hi=0.99999)
    seed: int = param(0, 'random seed', lo=0, hi=99)

    def __post_init__(self) -> None:
        check(self)
        if not self.rounds or self.rounds[0].driver == 'learner':
            raise ValueError('there is no learner yet in the first of at least one round')
        if (self.seed + 1) * len(self.rounds) * SEEDS_PER_ROUND > TEST_SEEDS:
            raise ValueError(f'seed {self.seed}: its scenes would be those of the tests')

    @property
    def steps(self) -> int:
        """Of all rounds."""
        return sum(one.steps for one in self.rounds)


def model_params(config: ImageTraining, shape: tuple[int, ...]) -> ImageModelParams:
    """Sizes of the network; UserError names an unknown one."""
    given = dict(config.model)
    trunk = {**given.pop('trunk', {}), 'horizon': shape[0], 'columns': shape[1]}
    known = {f.name for f in fields(ImageModelParams)} - {'views', 'robot_columns', 'trunk'}
    if set(given) - known:
        unknown = sorted(set(given) - known)[0]
        raise UserError(
            f'model: unknown key {unknown!r}; known: trunk, {", ".join(sorted(known))}'
        )
    views = tuple(
        ViewParams(name, w.height, w.width, w.height // PATCH, w.width // PATCH)
        for name, w in WINDOWS.items()
    )
    try:
        return ImageModelParams(views, len(COLUMNS), trunk=TrunkParams(**trunk), **given)
    except (TypeError, ValueError) as error:
        raise UserError(f'model: {error}') from error
