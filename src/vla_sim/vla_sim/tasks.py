"""What each task puts on the table and asks for; everything from one seed."""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Callable

import numpy as np

from vla_core.errors import UserError
from vla_core.scene import ParsedTask, Phrase, Role, Verb
from vla_sim import language, palette
from vla_sim.episode import TEST_SEEDS, Episode, Look, Overrides, Thing, overrides_from, side_vector
from vla_sim.placement import Wish, place
from vla_sim.scene_params import SceneParams

TASKS = ('put_in', 'stack', 'push', 'press', 'open', 'close')
PUSH_ROOM = 0.16  # m, free way on the named side
Pair = tuple[str, str]  # colour, shape


def sample_episode(task: str, seed: int, p: SceneParams, wishes: dict[str, object]) -> Episode:
    """Return the episode of a task and seed; raise UserError for an unknown task or override."""
    if task not in TASKS:
        raise UserError(f"unknown task '{task}'; known: {', '.join(TASKS)}")
    o = overrides_from(wishes)
    dice = np.random.default_rng([seed, zlib.crc32(task.encode())])
    draft = _Draft(Verb(task), seed >= TEST_SEEDS or o.unseen, o, dice)
    MAKERS[task](draft, p)
    draft.add_distractors(p)
    look = _look(p, o, dice)
    split = o.paraphrase or ('test' if seed >= TEST_SEEDS else 'train')
    pick = int(dice.integers(1 << 16)) if o.template is None else o.template
    parsed = ParsedTask(draft.verb, draft.target, draft.destination, draft.side)
    named = ((parsed.target.colour, parsed.target.shape), (parsed.destination.colour, parsed.destination.shape))
    things = tuple(
        dataclasses.replace(thing, name=f'thing_{i}') for i, thing in enumerate(place(draft.wishes, p, dice))
    )
    return Episode(
        task=task, seed=seed, instruction=language.say(parsed, split, pick), parsed=parsed, things=things,
        look=look, split=split, absent=o.absent, ambiguous=o.ambiguous,
        held_out=any(palette.is_held_out(*pair) for pair in named),
    )  # fmt: skip


class _Draft:
    """An episode in the making."""

    def __init__(self, verb: Verb, is_test: bool, o: Overrides, dice: np.random.Generator) -> None:
        self.verb, self.is_test, self.o, self.dice = verb, is_test, o, dice
        self.wishes: list[Wish] = []
        self.used: list[Pair] = []  # pairs on the table or named: nothing else may look like them
        self.target = self.destination = Phrase()
        self.side = ''

    def choose(self, shapes: tuple[str, ...], colour: str | None, pool: str) -> Pair:
        """Return a pair not used yet; pool: 'seen', 'unseen' or 'any'."""
        pairs = [(c, s) for c in palette.COLOURS for s in shapes if (c, s) not in self.used]
        if pool != 'any' and colour is None:
            pairs = [pair for pair in pairs if palette.is_held_out(*pair) == (pool == 'unseen')]
        pairs = [pair for pair in pairs if colour in (None, pair[0])]
        if not pairs:
            raise UserError(f'no {colour or pool} {" or ".join(shapes)} left to choose')
        pair = pairs[int(self.dice.integers(len(pairs)))]
        self.used.append(pair)
        return pair

    def set_target(self, shapes: tuple[str, ...] = palette.SHAPES) -> Thing:
        """Choose and name the target; it is returned without a place."""
        if self.o.shape is not None:
            if self.o.shape not in shapes:
                raise UserError(f"a target of '{self.verb.value}' is a {' or '.join(shapes)}, not '{self.o.shape}'")
            shapes = (self.o.shape,)
        pair = self.choose(shapes, self.o.colour, 'unseen' if self.o.unseen else 'seen')
        self.target = language.phrase(*pair)
        return self.make(pair, Role.TARGET)

    def make(self, pair: Pair, role: Role) -> Thing:
        """Return a thing of that pair with a random size and yaw."""
        size, yaw = sample_size(pair[1], role, self.verb, self.dice), sample_yaw(pair[1], self.dice)
        return Thing('', *pair, size=size, position=np.zeros(3), yaw=yaw, role=role)

    def add_target(self, thing: Thing, corridor: tuple[float, float] = (0.0, 0.0)) -> None:
        """Put the target on the table, or leave it out, or put it there twice."""
        if self.o.target_yaw is not None:
            thing = dataclasses.replace(thing, yaw=self.o.target_yaw)
        if not self.o.absent:
            self.wishes.append(Wish(thing, self.o.target_at, corridor))
        if self.o.ambiguous:
            if thing.shape == 'drawer':
                raise UserError('there is room for one drawer only')
            self.wishes.append(Wish(self.make((thing.colour, thing.shape), Role.OTHER)))

    def add_distractors(self, p: SceneParams) -> None:
        """Add things the task does not need; when the target is absent, two that are nearly it come first."""
        low, high = p.distractors
        count = int(self.dice.integers(low, high + 1)) if self.o.distractors is None else self.o.distractors
        pool = 'any' if self.is_test else 'seen'
        if self.o.absent and self.target.shape in palette.SHAPES:
            count = max(count, 2)
            others = tuple(s for s in palette.SHAPES if s != self.target.shape)
            if not self.is_test and palette.is_held_out(self.target.colour, others[0]):
                others = ('ball',)
            pairs = [self.choose(others, self.target.colour, pool), self.choose((self.target.shape,), None, pool)]
            self.wishes += [Wish(self.make(pair, Role.OTHER)) for pair in pairs]
            count -= 2
        for _ in range(count):
            shapes = (*palette.SHAPES, *palette.SHAPES, 'ball')
            shape = shapes[int(self.dice.integers(len(shapes)))]
            thing = self.make(self.choose((shape,), None, pool), Role.OTHER)
            self.wishes.append(Wish(thing, may_be_dropped=self.o.distractors is None))


def _put_in(d: _Draft, p: SceneParams) -> None:
    target = d.set_target()
    box = d.make(d.choose(('box',), d.o.destination_colour, 'any'), Role.DESTINATION)
    d.destination = language.phrase(box.colour, 'box')
    d.wishes.append(Wish(box, d.o.destination_at))
    d.add_target(target)
    if d.dice.random() < p.second_box:
        other = d.make(d.choose(('box',), None, 'any'), Role.OTHER)
        d.wishes.append(Wish(other, may_be_dropped=True))


def _stack(d: _Draft, _: SceneParams) -> None:
    target = d.set_target()
    pair = d.choose(('cube',), d.o.destination_colour, 'seen')
    d.destination = language.phrase(*pair)
    d.wishes.append(Wish(d.make(pair, Role.DESTINATION), d.o.destination_at))
    d.add_target(target)


def _push(d: _Draft, _: SceneParams) -> None:
    d.side = d.o.side or ('left', 'right')[int(d.dice.integers(2))]
    if d.side not in ('left', 'right', 'forward', 'back'):
        raise UserError(f"unknown side '{d.side}'; known: left, right, forward, back")
    dx, dy = side_vector(d.side) * PUSH_ROOM
    d.add_target(d.set_target(), (float(dx), float(dy)))


def _press(d: _Draft, _: SceneParams) -> None:
    colour = d.o.colour or ('red', 'green')[int(d.dice.integers(2))]
    d.target = language.phrase(colour, 'button')
    d.add_target(d.make((colour, 'button'), Role.TARGET))


def _drawer(d: _Draft, is_open: bool) -> None:
    handle = d.choose(('drawer',), d.o.colour, 'any')
    d.target = language.phrase(*handle)
    opening = float(d.dice.uniform(0.8, 1.0)) if is_open else 0.0
    d.add_target(dataclasses.replace(d.make(handle, Role.TARGET), opening=opening))


MAKERS: dict[str, Callable[[_Draft, SceneParams], None]] = {
    'put_in': _put_in,
    'stack': _stack,
    'push': _push,
    'press': _press,
    'open': lambda d, _: _drawer(d, is_open=False),
    'close': lambda d, _: _drawer(d, is_open=True),
}


def sample_size(shape: str, role: Role, verb: Verb, dice: np.random.Generator) -> tuple[float, float, float]:
    """Return the bounding box (3,) in m of a random thing of that shape."""
    if shape == 'cube':
        low, high = {Role.DESTINATION: (0.042, 0.05), Role.TARGET: (0.035, 0.045)}.get(role, (0.035, 0.05))
        edge = float(dice.uniform(low, high))
        return edge, edge, edge
    if shape == 'cylinder':
        width = float(dice.uniform(0.034 if verb == Verb.PUSH else 0.03, 0.045))
        return width, width, float(dice.uniform(0.04, 0.05 if verb == Verb.PUSH else 0.06))
    if shape == 'ball':
        width = float(dice.uniform(0.035, 0.045))
        return width, width, width
    if shape == 'box':
        edge = float(dice.uniform(0.13, 0.145))
        return edge, edge, float(dice.uniform(0.05, 0.06))
    return {'button': (0.08, 0.08, 0.042), 'drawer': (0.18, 0.16, 0.09)}[shape]


def sample_yaw(shape: str, dice: np.random.Generator) -> float:
    """Return a random yaw in rad, as far as the shape has one."""
    spread = {'cube': math.pi / 4, 'box': 0.25, 'drawer': 0.1}.get(shape, 0.0)
    return float(dice.uniform(-spread, spread))


def _look(p: SceneParams, o: Overrides, dice: np.random.Generator) -> Look:
    tables = list(palette.TABLES)
    table = o.table or tables[int(dice.integers(len(tables)))]
    if table not in tables:
        raise UserError(f"unknown table '{table}'; known: {', '.join(tables)}")
    floor = palette.FLOORS[int(dice.integers(len(palette.FLOORS)))]
    light, seed = float(dice.uniform(0.85, 1.12)), int(dice.integers(1 << 30))
    light_from = (float(dice.uniform(-0.5, 0.7)), float(dice.uniform(-0.7, 0.7)), 1.4)
    shift, turn = _within(p.camera_shift, dice), _within(math.radians(p.camera_turn), dice)
    if o.plain:
        return Look(table, floor, texture_seed=seed)
    return Look(table, floor, light, light_from, seed, shift, turn, p.depth_noise)


def _within(radius: float, dice: np.random.Generator) -> tuple[float, float, float]:
    """Return a random vector no longer than `radius`."""
    direction = dice.normal(size=3)
    x, y, z = direction / np.linalg.norm(direction) * radius * dice.random()
    return float(x), float(y), float(z)
