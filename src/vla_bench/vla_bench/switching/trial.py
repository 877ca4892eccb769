"""One episode with another instruction, or a cancel, at a moment of the running task: early, mid
or late, after SwitchVLA (arXiv 2506.03574).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vla_core.errors import UserError
from vla_core.records.scene import ParsedTask, Phrase, Role, Verb
from vla_core.records.task import Phase, ResultCode
from vla_lockstep.lockstep import Lockstep, Run
from vla_policy.protocol import Policy
from vla_sim.faults.incidents import IncidentDetector
from vla_sim.scenes import instructions
from vla_sim.scenes.episode import Episode, SceneObject, side_vector
from vla_sim.scenes.task_truth import TaskTruth
from vla_sim.scenes.tasks import PUSH_ROOM, sample_episode

MOMENTS = ('early', 'mid', 'late', 'cancel')
TASKS = ('put_in', 'stack')
CLOSING = 0.1  # s, in which a changing gripper counts as neither holding nor free
FALL = 0.02  # m, longest fall of what is put back
SETTLE = 1.0  # s, watched after the end
TIMEOUT = 120.0  # s of simulated time
ROOM = 0.05  # m, clearance beside a pushed object


@dataclass(frozen=True)
class SwitchPlan:
    """An episode, and the moment of the new instruction."""

    moment: str
    seed: int
    task: str
    is_ignored: bool = False  # control: the instruction is not given, the first task continues


@dataclass(frozen=True)
class SwitchResult:
    """The result, by the simulator's truth and by the phases of the stack."""

    first: str  # instruction
    second: str  # '' for a cancel
    code: ResultCode  # of the last task
    text: str
    is_done: bool  # truth: the second task is done; of a cancel: what was held rests
    was_held: bool | None  # truth, at the new instruction; None: between held and free
    rolled_back: bool
    fall: float  # m, of the first object after the new instruction
    mishaps: dict[str, str]
    seconds: float  # simulated, from the second instruction to its result

    @property
    def is_right(self) -> bool:
        """Put back when in contact, switched at once when not; done, nothing dropped or hit."""
        return self.is_done and self.is_right_way and not self.mishaps

    @property
    def is_right_way(self) -> bool:
        """Put back when it was held, switched at once when not; either while the grip changed."""
        return self.was_held is None or self.rolled_back == self.was_held


def second_task(episode: Episode, is_late: bool, dice: np.random.Generator) -> Episode | None:
    """The same scene with an instruction about another object; None where there is none. With
    `is_late` the box is already full.
    """
    others = [t for t in episode.things if t.role == Role.OTHER and t.is_free]
    others = [t for t in others if t.shape in ('cube', 'cylinder')]
    box = None if is_late else next((t for t in episode.things if t.shape == 'box'), None)
    options = [(Verb.PUT_IN, thing, '') for thing in others if box is not None]
    for thing in others:
        sides = [side for side in ('left', 'right') if has_room(episode, thing, side)]
        options += [(Verb.PUSH, thing, side) for side in sides]
    if not options:
        return None
    verb, thing, side = options[int(dice.integers(len(options)))]
    goal = box if verb == Verb.PUT_IN else None
    words = instructions.phrase(goal.colour, goal.shape) if goal else Phrase()
    parsed = ParsedTask(verb, instructions.phrase(thing.colour, thing.shape), words, side)
    things = tuple(replace(t, role=_role(t, thing, goal)) for t in episode.things)
    sentence = instructions.format_instruction(parsed, 'train', 0)
    return replace(episode, task=verb.value, instruction=sentence, parsed=parsed, things=things)


def _role(thing: SceneObject, target: SceneObject, goal: SceneObject | None) -> Role:
    if thing.name == target.name:
        return Role.TARGET
    return Role.DESTINATION if goal is not None and thing.name == goal.name else Role.OTHER


def has_room(episode: Episode, thing: SceneObject, side: str) -> bool:
    """True when the path of a push is free, behind the object and before it."""
    direction = side_vector(side)
    for other in episode.things:
        if other.name == thing.name:
            continue
        away = (other.position - thing.position)[:2]
        along, aside = (
            float(away @ direction),
            float(abs(away[0] * direction[1] - away[1] * direction[0])),
        )
        reach = 0.5 * float(np.hypot(*other.size[:2])) + ROOM
        if aside <= reach and -0.06 - reach <= along <= PUSH_ROOM + reach:
            return False
    ahead = thing.position[:2] + direction * PUSH_ROOM
    return bool(abs(ahead[1]) <= 0.42)


def find_episode(host: Lockstep, plan: SwitchPlan) -> tuple[Episode, Episode]:
    """The first scene from the plan's seed on in which a second task is possible."""
    dice = np.random.default_rng(plan.seed)
    for k in range(50):
        seed = plan.seed + 10_000 * k
        try:
            first = sample_episode(plan.task, seed, host.setup.scene, {'distractors': 3})
        except UserError:
            continue
        second = second_task(first, plan.moment == 'late', dice)
        if second is not None:
            return first, second
    raise UserError(f'no scene for {plan}')


class SwitchTrial:
    """Plays one plan in lockstep."""

    def __init__(self, host: Lockstep, plan: SwitchPlan, policy: Policy) -> None:
        self.plan, self.sim = plan, host.sim
        self.first, self.second = find_episode(host, plan)
        self.sim.start(self.first)
        self.phases: list[Phase] = []
        self.run_of = Run(host.setup, self.sim, policy, self._tap)
        self.judge = TaskTruth(self.sim.model, self.second, self.sim.finger_bodies)
        names = {t.name for t in self.first.things if t.role in (Role.TARGET, Role.DESTINATION)}
        self.mishaps = IncidentDetector(self.sim, names, FALL)
        self.target = next(t for t in self.first.things if t.role == Role.TARGET)
        dice = np.random.default_rng([plan.seed, MOMENTS.index(plan.moment)])
        self._delay = {'early': (0.3, 2.0), 'late': (0.0, 0.3)}.get(plan.moment, (0.1, 2.5))
        self._delay_s = float(dice.uniform(*self._delay))
        self._since: float | None = None  # s, since when the moment has come

    def play(self) -> SwitchResult:
        run = self.run_of
        run.bring_up()
        run.start_task(self.first.instruction, self.plan.seed)
        while not self._is_time() and not run.is_over and self.sim.time < TIMEOUT:
            self._cycle()
        spoke, held = self.sim.time, {self._grip}
        self.phases.clear()
        self.mishaps.begin()
        task_id = self._speak()
        while self.sim.time < spoke + TIMEOUT and not self._is_over(task_id):
            self._cycle()
            if self.sim.time <= spoke + CLOSING:
                held.add(self._grip)
        ended = self.sim.time
        while self.sim.time < ended + SETTLE:
            self._cycle()
        self.mishaps.settle()
        return self._result(held.pop() if len(held) == 1 else None, ended - spoke)

    def _speak(self) -> str:
        executive, now = self.run_of.executive, self.sim.time
        if self.plan.is_ignored:
            return executive.status.task_id
        if self.plan.moment == 'cancel':
            executive.cancel(now)
            return executive.status.task_id
        named = (Role.TARGET, Role.DESTINATION)
        self.mishaps.allow(*(t.name for t in self.second.things if t.role in named))
        return executive.start(self.second.instruction, self.plan.seed, now).task_id

    def _is_over(self, task_id: str) -> bool:
        status = self.run_of.executive.status
        return status.task_id == task_id and status.phase in (Phase.DONE, Phase.FAILED)

    def _is_time(self) -> bool:
        now = self.sim.time
        if self.plan.moment == 'early':
            status = self.run_of.status
            has_come = status is not None and status.phase == Phase.RUNNING
        elif self.plan.moment == 'late':
            has_come = self._is_let_go
        else:
            has_come = self._is_held
        if has_come and self._since is None:
            self._since = now
        return self._since is not None and now - self._since >= self._delay_s

    @property
    def _is_held(self) -> bool:
        return self.mishaps.held == self.target.name

    @property
    def _grip(self) -> bool | None:
        return self.mishaps.is_carried(self.target.name)

    @property
    def _is_let_go(self) -> bool:
        return self.target.name in self.mishaps.let_go

    def _cycle(self) -> None:
        self.run_of.cycle()
        self.judge.update(self.sim.data, self.sim.time)
        self.mishaps.look()

    def _tap(self, topic: str, record: Any, now: float) -> None:
        if topic == 'status':
            self.phases.append(record.phase)

    def _result(self, was_held: bool | None, seconds: float) -> SwitchResult:
        status, is_cancel = self.run_of.executive.status, self.plan.moment == 'cancel'
        is_done = self.judge.is_done
        if is_cancel:
            is_done = status.code == ResultCode.CANCELLED and not self.mishaps.held
        return SwitchResult(
            self.first.instruction, '' if is_cancel else self.second.instruction,
            status.code, status.text, is_done, was_held, Phase.ROLLBACK in self.phases,
            self.mishaps.falls.get(self.target.name, 0.0), self.mishaps.found, seconds,
        )  # fmt: skip
