"""Plan of the labelled rollouts: kinds of tasks and disturbances."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vla_core.errors import UserError
from vla_core.records.scene import ParsedTask, Role, Verb
from vla_lockstep.episode_plan import LockstepParams
from vla_sim.faults.kinds import Fault, FaultKind
from vla_sim.scenes import instructions
from vla_sim.scenes.episode import TEST_SEEDS, Episode
from vla_sim.scenes.palette import SHAPES

FIRST_SEED = TEST_SEEDS + 500_000  # apart from those of ./vla eval
NATURAL = 'natural'
USUAL, SLOWEST = 0.5, 10.0  # share of the rollouts at the host's pace, factor of the slowest


@dataclass(frozen=True)
class TaskKind:
    """One task of the split by task: a verb with a kind of object."""

    name: str
    task: str  # as the simulator knows it
    overrides: dict[str, Any] = field(default_factory=dict)


SUITES = {
    'tabletop': (
        *(TaskKind(f'put_in {s}', 'put_in', {'shape': s}) for s in SHAPES),
        *(TaskKind(f'stack {s}', 'stack', {'shape': s}) for s in SHAPES),
        *(
            TaskKind(f'push {s} {side}', 'push', {'shape': s, 'side': side})
            for s in SHAPES
            for side in ('left', 'right')
        ),
        *(TaskKind(f'press {c}', 'press', {'colour': c}) for c in ('red', 'green')),
        TaskKind('open', 'open'),
        TaskKind('close', 'close'),
    )
}

# cause: share of the rollouts
CAUSES = {
    NATURAL: 0.16,
    'dynamics': 0.18,  # a heavy load at the tool, or a weak grip
    'slippery': 0.12,  # low friction of objects and fingers
    'camera': 0.22,  # black, frozen or full of holes for a while
    'moved': 0.24,  # the target jumps sideways or is removed
    'words': 0.06,  # the robot, or its policy alone, gets another instruction
}
TYPICAL = {'put_in': 8.0, 'stack': 9.0, 'push': 4.4, 'press': 2.7, 'open': 6.0, 'close': 5.0}  # s
LIFTS = ('put_in', 'stack')
# causes that do not apply to a task: an object that is not held cannot slip, and moving an object
# sideways completes a push
WITHOUT = {
    'push': ('slippery', 'moved'),
    'press': ('slippery',),
    'open': ('slippery',),
    'close': ('slippery',),
}


@dataclass(frozen=True)
class Disturbance:
    """The disturbance of one rollout; `at` and `length` count from the policy's start."""

    cause: str
    fault: Fault | None = None
    at: float = 0.0  # s
    length: float = np.inf  # s, then the fault is removed
    words: str = ''  # receiver of another instruction: 'all', or only the 'policy'


def paced(host: LockstepParams, seed: int) -> LockstepParams:
    """Return the host parameters of that rollout: unchanged in half of them, up to ten times the
    delays in the others; otherwise the detector would report a slow machine as a failure."""
    rng = np.random.default_rng([seed, zlib.crc32(b'pace')])
    if rng.random() < USUAL:
        return host
    scene, chunk = np.exp(rng.uniform(0.0, np.log(SLOWEST), 2))
    return replace(
        host,
        scene_delay=round(float(scene) * host.scene_delay),
        chunk_delay=round(float(chunk) * host.chunk_delay),
    )


def disturbance(kind: TaskKind, seed: int, causes: tuple[str, ...]) -> Disturbance:
    """The disturbance of the rollout of that seed."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.name.encode())])
    known = [cause for cause in causes if cause not in WITHOUT.get(kind.task, ())]
    known = known or [NATURAL]
    weights = np.array([CAUSES[cause] for cause in known])
    cause = known[int(rng.choice(len(known), p=weights / weights.sum()))]
    return MAKERS[cause](kind.task, rng)


def _early(task: str, rng: np.random.Generator, until: float) -> float:
    """Return a random time in s within the first share `until` [0, 1] of a typical task."""
    return float(rng.uniform(0.0, until) * TYPICAL[task])


def _natural(_: str, __: np.random.Generator) -> Disturbance:
    return Disturbance(NATURAL)


def _dynamics(task: str, rng: np.random.Generator) -> Disturbance:
    at = _early(task, rng, 0.4)
    if task in LIFTS and rng.random() < 0.5:
        grip = float(np.exp(rng.uniform(np.log(0.0002), np.log(0.01))))
        return Disturbance('dynamics', Fault(FaultKind.WEAK_GRIPPER, grip), at)
    return Disturbance('dynamics', Fault(FaultKind.PAYLOAD, float(rng.uniform(8.0, 35.0))), at)


def _slippery(task: str, rng: np.random.Generator) -> Disturbance:
    friction = float(np.exp(rng.uniform(np.log(0.002), np.log(0.03))))
    return Disturbance('slippery', Fault(FaultKind.SLIPPERY, friction), _early(task, rng, 0.2))


def _camera(task: str, rng: np.random.Generator) -> Disturbance:
    kinds = (FaultKind.CAMERA_BLACK, FaultKind.CAMERA_FREEZE, FaultKind.DEPTH_HOLES)
    kind = kinds[int(rng.integers(len(kinds)))]
    fault = Fault(kind, float(rng.uniform(0.6, 0.99)))
    length = float(rng.uniform(3.0, 20.0))
    return Disturbance('camera', fault, _early(task, rng, 0.3), length)


def _moved(task: str, rng: np.random.Generator) -> Disturbance:
    at = _early(task, rng, 0.5)
    if task in LIFTS and rng.random() < 0.6:
        return Disturbance('moved', Fault(FaultKind.REMOVE_TARGET), at)
    return Disturbance('moved', Fault(FaultKind.MOVE_TARGET, float(rng.uniform(0.04, 0.2))), at)


def _words(_: str, rng: np.random.Generator) -> Disturbance:
    return Disturbance('words', words='all' if rng.random() < 0.7 else 'policy')


MAKERS = {
    NATURAL: _natural,
    'dynamics': _dynamics,
    'slippery': _slippery,
    'camera': _camera,
    'moved': _moved,
    'words': _words,
}


def parse_causes(text: str) -> tuple[str, ...]:
    """Return the causes in 'a,b' (empty: all); UserError lists the known ones."""
    names = tuple(name for name in text.split(',') if name) or tuple(CAUSES)
    unknown = [name for name in names if name not in CAUSES]
    if unknown:
        raise UserError(f"no cause '{unknown[0]}'; known: {', '.join(CAUSES)}")
    return names


def other_words(episode: Episode) -> str:
    """Return an instruction for the same table other than the intended one."""
    rng = np.random.default_rng([episode.seed, zlib.crc32(b'other words')])
    tasks = [task for task in _other_tasks(episode) if task != episode.parsed]
    task = tasks[int(rng.integers(len(tasks)))]
    return instructions.format_instruction(task, episode.split, int(rng.integers(1 << 16)))


def _other_tasks(episode: Episode) -> list[ParsedTask]:
    """Other tasks on the same table: the same verb with another object, else another verb."""
    intended = episode.parsed
    candidates = [t for t in episode.things if t.is_free and t.shape in SHAPES]
    others = [t for t in candidates if t.role == Role.OTHER]
    phrases = [instructions.phrase(t.colour, t.shape) for t in others]
    if intended.verb in (Verb.PUT_IN, Verb.STACK, Verb.PUSH) and phrases:
        return [replace(intended, target=phrase) for phrase in phrases]
    if intended.verb == Verb.PUSH:
        return [replace(intended, side='left' if intended.side == 'right' else 'right')]
    if intended.verb in (Verb.OPEN, Verb.CLOSE):
        other = Verb.CLOSE if intended.verb == Verb.OPEN else Verb.OPEN
        return [replace(intended, verb=other)]
    pushes = [ParsedTask(Verb.PUSH, phrase, side='left') for phrase in phrases]
    target = [intended.target] if intended.verb in (Verb.PUT_IN, Verb.STACK) else []
    pushes += [ParsedTask(Verb.PUSH, phrase, side='left') for phrase in target]
    return pushes or [ParsedTask(Verb.OPEN, instructions.phrase('', 'drawer'))]
