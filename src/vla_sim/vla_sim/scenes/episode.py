"""Description of an episode: objects, instruction, overrides."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from vla_core.errors import UserError
from vla_core.frozen import Array, freeze_fields
from vla_core.records.scene import ParsedTask, Role, Verb

TEST_SEEDS = 1_000_000  # seeds from here on are for testing only


@dataclass(frozen=True)
class SceneObject:
    """One object on the table at the start; ground truth, not perception."""

    name: str  # of its body in the simulator
    colour: str
    shape: str  # cube, cylinder, ball, box, button, drawer
    size: Array  # (3,) m, bounding box along its own axes; of a drawer its housing
    position: Array  # (3,) m, base frame, centre of that box
    yaw: float = 0.0  # rad, about z of the base frame
    role: Role = Role.OTHER
    opening: float = 0.0  # drawer only: fraction of its travel at the start

    def __post_init__(self) -> None:
        freeze_fields(self, 'size', 'position')

    @property
    def label(self) -> str:
        return f'{self.colour} {self.shape}'

    @property
    def is_free(self) -> bool:
        """True for objects that can be picked up."""
        return self.shape in ('cube', 'cylinder', 'ball')


@dataclass(frozen=True)
class Patch:
    """A printed patch on an object or the table; not an object itself."""

    colour: str
    size: Array  # (3,) m, along the axes of its carrier
    position: Array  # (3,) m, from the centre of the carrier, in its axes; on the table base frame
    yaw: float = 0.0  # rad, about z
    on: str = ''  # name of the carrier; '': the table

    def __post_init__(self) -> None:
        freeze_fields(self, 'size', 'position')


@dataclass(frozen=True)
class Overrides:
    """Options of `reset`; None: chosen by the seed."""

    distractors: int | None = None  # 0..10
    rivals: int = 0  # objects that only the sentence tells from the target; a drawer is half open
    other: bool = False  # the sentence names the first rival; of a drawer, the other verb
    absent: bool = False  # the target of the instruction is not on the table
    ambiguous: bool = False  # two objects match the target phrase
    unseen: bool = False  # the target's colour and shape never occur together in training
    paraphrase: str | None = None  # 'train' or 'test'; by the seed otherwise
    template: int | None = None  # number of the template
    colour: str | None = None  # of the target
    shape: str | None = None  # of the target
    destination_colour: str | None = None
    side: str | None = None  # of a push
    target_at: tuple[float, float] | None = None  # m, base frame
    target_yaw: float | None = None  # rad
    destination_at: tuple[float, float] | None = None  # m, base frame
    table: str | None = None  # name of a table tone
    decoy: str = ''  # a printed patch of the target's colour, on: table, top or side of an object
    plain: bool = False  # nominal camera, light and no depth noise

    def __post_init__(self) -> None:
        if self.distractors is not None and not 0 <= self.distractors <= 10:
            raise UserError(f'distractors is {self.distractors}, must be between 0 and 10')
        if not 0 <= self.rivals <= 3:
            raise UserError(f'rivals is {self.rivals}, must be between 0 and 3')
        if self.other and not self.rivals:
            raise UserError('other needs rivals: there is no other object to name')
        if self.paraphrase not in (None, 'train', 'test'):
            raise UserError(f"paraphrase is '{self.paraphrase}'; known: train, test")


def parse_overrides(values: dict[str, object]) -> Overrides:
    """Return the overrides as a record; UserError names an unknown one and the known ones."""
    known = [f.name for f in dataclasses.fields(Overrides)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UserError(f'unknown override {unknown[0]!r}; known: {", ".join(known)}')
    return Overrides(**values)  # type: ignore[arg-type]


@dataclass(frozen=True)
class SceneAppearance:
    """Appearance of the scene: table, light, camera offset, depth noise."""

    table: str
    floor: tuple[float, float, float]
    light: float = 1.0  # brightness factor
    light_from: tuple[float, float, float] = (0.3, 0.2, 1.0)
    texture_seed: int = 0
    camera_shift: tuple[float, float, float] = (0.0, 0.0, 0.0)  # m, base frame
    camera_turn: tuple[float, float, float] = (0.0, 0.0, 0.0)  # rad, rotation vector, camera axes
    depth_noise: float = 0.0  # m at 1 m


@dataclass(frozen=True)
class Episode:
    """Everything that is fixed before the first step."""

    task: str  # name, as given to reset
    seed: int
    instruction: str
    parsed: ParsedTask  # meaning of the instruction, ground truth
    things: tuple[SceneObject, ...]
    appearance: SceneAppearance
    split: str  # 'train' or 'test': whose templates
    absent: bool = False
    ambiguous: bool = False
    patch: Patch | None = None  # a decoy
    held_out: bool = False  # target or destination is a pair that training never sees

    @property
    def verb(self) -> Verb:
        return self.parsed.verb

    def by_role(self, role: Role) -> SceneObject | None:
        """Return the object of that role, or None (an absent target)."""
        return next((obj for obj in self.things if obj.role == role), None)

    def thing(self, name: str) -> SceneObject:
        """Return the object of that name; UserError lists the known ones."""
        for obj in self.things:
            if obj.name == name:
                return obj
        raise UserError(f"no object '{name}'; known: {', '.join(t.name for t in self.things)}")


def side_vector(side: str) -> np.ndarray:
    """Return the unit vector (2,) in the base frame of a side as seen from the robot."""
    return np.array(
        {'left': (0, 1), 'right': (0, -1), 'forward': (1, 0), 'back': (-1, 0)}[side], float
    )
