"""Objects and instruction of each task, sampled from one seed."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable

import numpy as np

from vla_core.errors import UserError
from vla_core.records.scene import ParsedTask, Phrase, Role, Verb
from vla_sim.scenes import instructions, palette
from vla_sim.scenes.episode import (
    TEST_SEEDS,
    Episode,
    Overrides,
    SceneObject,
    parse_overrides,
    side_vector,
)
from vla_sim.scenes.palette import Pair
from vla_sim.scenes.placement import PlacementRequest, place
from vla_sim.scenes.printed_patch import place_patch
from vla_sim.scenes.rivals import name_another
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.scenes.variety import sample_appearance, sample_size, sample_yaw

TASKS = ('put_in', 'stack', 'push', 'press', 'open', 'close')
PUSH_ROOM = 0.16  # m, free distance on the named side


def sample_episode(task: str, seed: int, p: SceneParams, overrides: dict[str, object]) -> Episode:
    """Return the episode of a task and seed; raise UserError for an unknown task or override."""
    if task not in TASKS:
        raise UserError(f"unknown task '{task}'; known: {', '.join(TASKS)}")
    o = parse_overrides(overrides)
    rng = np.random.default_rng([seed, zlib.crc32(task.encode())])
    draft = _Draft(Verb(task), seed >= TEST_SEEDS or o.unseen, o, rng)
    MAKERS[task](draft, p)
    draft.add_rivals()
    draft.add_distractors(p)
    appearance = sample_appearance(p, o, rng)
    split = o.paraphrase or ('test' if seed >= TEST_SEEDS else 'train')
    pick = int(rng.integers(1 << 16)) if o.template is None else o.template
    things = tuple(
        dataclasses.replace(obj, name=f'thing_{i}')
        for i, obj in enumerate(place(draft.requests, p, rng))
    )
    parsed = ParsedTask(draft.verb, draft.target, draft.destination, draft.side)
    if o.other:
        parsed, things = name_another(parsed, things, draft.rivals)
    named = [(phrase.colour, phrase.shape) for phrase in (parsed.target, parsed.destination)]
    episode = Episode(
        task=task,
        seed=seed,
        instruction=instructions.format_instruction(parsed, split, pick, bool(o.rivals)),
        parsed=parsed,
        things=things,
        appearance=appearance,
        split=split,
        absent=o.absent,
        ambiguous=o.ambiguous,
        held_out=any(palette.is_held_out(*pair) for pair in named),
    )
    return (
        dataclasses.replace(episode, patch=place_patch(episode, o.decoy, p))
        if o.decoy
        else episode
    )


class _Draft:
    """An episode under construction."""

    def __init__(self, verb: Verb, is_test: bool, o: Overrides, rng: np.random.Generator) -> None:
        self.verb, self.is_test, self.o, self.rng = verb, is_test, o, rng
        self.requests: list[PlacementRequest] = []
        self.used: list[Pair] = []  # pairs on the table or in the instruction: not used again
        self.target = self.destination = Phrase()
        self.side = ''
        self.corridor = (0.0, 0.0)  # m, free beside the target and its rivals
        self.rivals: list[Pair] = []

    def left(self, shapes: tuple[str, ...], colour: str | None, pool: str) -> list[Pair]:
        """Return the unused pairs; pool 'seen', 'unseen' or 'any' applies without a colour."""
        pairs = [(c, s) for c in palette.COLOURS for s in shapes if (c, s) not in self.used]
        if pool != 'any' and colour is None:
            pairs = [pair for pair in pairs if palette.is_held_out(*pair) == (pool == 'unseen')]
        return [pair for pair in pairs if colour in (None, pair[0])]

    def choose(self, shapes: tuple[str, ...], colour: str | None, pool: str) -> Pair:
        """Return one of the unused pairs and mark it as used."""
        pairs = self.left(shapes, colour, pool)
        if not pairs:
            raise UserError(f'no {colour or pool} {" or ".join(shapes)} left to choose')
        pair = pairs[int(self.rng.integers(len(pairs)))]
        self.used.append(pair)
        return pair

    def set_target(self, shapes: tuple[str, ...] = palette.SHAPES) -> SceneObject:
        """Choose the target and its phrase; returned without a position."""
        if self.o.shape is not None:
            if self.o.shape not in shapes:
                known = ' or '.join(shapes)
                raise UserError(
                    f'the target of {self.verb.value} is a {known}, not {self.o.shape}'
                )
            shapes = (self.o.shape,)
        pair = self.choose(shapes, self.o.colour, 'unseen' if self.o.unseen else 'seen')
        self.target = instructions.phrase(*pair)
        return self.make(pair, Role.TARGET)

    def make(self, pair: Pair, role: Role) -> SceneObject:
        """Return an object of that pair with a random size and yaw."""
        size, yaw = (
            sample_size(pair[1], role, self.verb, self.rng),
            sample_yaw(pair[1], self.rng),
        )
        return SceneObject('', *pair, np.array(size), np.zeros(3), yaw, role)

    def add_target(self, obj: SceneObject) -> None:
        """Add the target once, not at all (absent) or twice (ambiguous)."""
        if self.o.target_yaw is not None:
            obj = dataclasses.replace(obj, yaw=self.o.target_yaw)
        if not self.o.absent:
            self.requests.append(PlacementRequest(obj, self.o.target_at, self.corridor))
        if self.o.ambiguous:
            if obj.shape == 'drawer':
                raise UserError('there is room for one drawer only')
            self.requests.append(PlacementRequest(self.make((obj.colour, obj.shape), Role.OTHER)))

    def add_rivals(self) -> None:
        """Add objects of the target's kind in other colours; a drawer has none."""
        shape = self.target.shape
        if shape == 'drawer':
            return
        shapes = palette.SHAPES if shape in palette.SHAPES else (shape,)
        for _ in range(self.o.rivals):
            pair = self.choose(shapes, None, 'any' if self.is_test else 'seen')
            self.rivals.append(pair)
            rival = dataclasses.replace(self.make(pair, Role.TARGET), role=Role.OTHER)
            self.requests.append(PlacementRequest(rival, corridor=self.corridor))

    def add_distractors(self, p: SceneParams) -> None:
        """Add distractors; for an absent target first two that resemble it."""
        low, high = p.distractors
        count = (
            int(self.rng.integers(low, high + 1))
            if self.o.distractors is None
            else self.o.distractors
        )
        pool = 'any' if self.is_test else 'seen'
        if self.o.absent and self.target.shape in palette.SHAPES:
            count = max(count, 2) - self._add_decoys(pool)
        for _ in range(count):
            shapes = [
                s
                for s in (*palette.SHAPES, *palette.SHAPES, 'ball')
                if self.left((s,), None, pool)
            ]
            shape = shapes[int(self.rng.integers(len(shapes)))]
            obj = self.make(self.choose((shape,), None, pool), Role.OTHER)
            self.requests.append(PlacementRequest(obj, may_be_dropped=self.o.distractors is None))

    def _add_decoys(self, pool: str) -> int:
        """Add an object of the absent target's colour and one of its shape; return how many."""
        named = self.target
        others = [s for s in (*palette.SHAPES, 'ball') if s != named.shape]
        if pool == 'seen':
            others = [s for s in others if not palette.is_held_out(named.colour, s)]
        same_colour = next((s for s in others if self.left((s,), named.colour, pool)), None)
        pairs = [self.choose((same_colour,), named.colour, pool)] if same_colour else []
        pairs.append(self.choose((named.shape,), None, pool))
        self.requests += [PlacementRequest(self.make(pair, Role.OTHER)) for pair in pairs]
        return len(pairs)


def _put_in(d: _Draft, p: SceneParams) -> None:
    target = d.set_target()
    box = d.make(d.choose(('box',), d.o.destination_colour, 'any'), Role.DESTINATION)
    d.destination = instructions.phrase(box.colour, 'box')
    d.requests.append(PlacementRequest(box, d.o.destination_at))
    d.add_target(target)
    if d.rng.random() < p.second_box:
        other = d.make(d.choose(('box',), None, 'any'), Role.OTHER)
        d.requests.append(PlacementRequest(other, may_be_dropped=True))


def _stack(d: _Draft, _: SceneParams) -> None:
    target = d.set_target()
    pair = d.choose(('cube',), d.o.destination_colour, 'seen')
    d.destination = instructions.phrase(*pair)
    d.requests.append(PlacementRequest(d.make(pair, Role.DESTINATION), d.o.destination_at))
    d.add_target(target)


def _push(d: _Draft, _: SceneParams) -> None:
    d.side = d.o.side or ('left', 'right')[int(d.rng.integers(2))]
    if d.side not in ('left', 'right', 'forward', 'back'):
        raise UserError(f"unknown side '{d.side}'; known: left, right, forward, back")
    dx, dy = side_vector(d.side) * PUSH_ROOM
    d.corridor = float(dx), float(dy)
    d.add_target(d.set_target())


def _press(d: _Draft, _: SceneParams) -> None:
    colours = palette.COLOURS if d.o.rivals else ('red', 'green')
    colour = d.o.colour or colours[int(d.rng.integers(len(colours)))]
    button = d.choose(('button',), colour, 'any')
    d.target = instructions.phrase(*button)
    d.add_target(d.make(button, Role.TARGET))


def _drawer(d: _Draft, is_open: bool) -> None:
    handle = d.choose(('drawer',), d.o.colour, 'any')
    d.target = instructions.phrase(*handle)
    opening = float(d.rng.uniform(0.8, 1.0)) if is_open else 0.0
    if d.o.rivals:
        opening = float(d.rng.uniform(0.4, 0.6))  # both verbs are possible
    d.add_target(dataclasses.replace(d.make(handle, Role.TARGET), opening=opening))


MAKERS: dict[str, Callable[[_Draft, SceneParams], None]] = {
    'put_in': _put_in,
    'stack': _stack,
    'push': _push,
    'press': _press,
    'open': lambda d, _: _drawer(d, is_open=False),
    'close': lambda d, _: _drawer(d, is_open=True),
}
