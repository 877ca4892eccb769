"""Which transition to ask of which node next; by state, so a restarted node comes back up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import inf

from vla_core.params import check, param

APART = 0.1  # s, by which simulated time may be read differently by two nodes


class State(str, Enum):
    """Where a node stands, as its heartbeat says."""

    UNKNOWN = 'unknown'  # not heard
    UNCONFIGURED = 'unconfigured'
    INACTIVE = 'inactive'
    ACTIVE = 'active'


class Step(str, Enum):
    """Transitions that bring a node up."""

    CONFIGURE = 'configure'
    ACTIVATE = 'activate'


@dataclass(frozen=True)
class BringUpParams:
    """Who is brought up, and how patiently."""

    order: tuple[str, ...] = param(
        ('sim', 'perception', 'policy', 'control', 'shield'), 'nodes, in the order the data flows'
    )
    startup: float = param(60.0, 's, in which every node must have been heard', lo=1.0, hi=600.0)
    answer: float = param(60.0, 's, in which a node must answer (models load)', lo=1.0, hi=600.0)
    deaf: float = param(
        2.0, 's, after which a node that beats on has not got a request', lo=0.5, hi=60.0
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Ask:
    """Ask `node` for `step`."""

    node: str
    step: Step


@dataclass(frozen=True)
class Pending:
    """A request without an answer yet."""

    step: Step
    stamp: float  # s, when it was asked


class BringUp:
    """All nodes are configured at once, then activated in the order of the data. Times: ROS, s."""

    def __init__(self, params: BringUpParams) -> None:
        self.params = params
        self.states = dict.fromkeys(params.order, State.UNKNOWN)
        self.failure = ''  # why it does not go on; empty while it does
        self._was_up = False  # ever
        self._asked: dict[str, Pending] = {}
        self._settled: dict[str, float] = {}  # s, when the last request of a node ended
        self._began: float | None = None

    @property
    def is_up(self) -> bool:
        return all(state == State.ACTIVE for state in self.states.values())

    @property
    def is_hopeless(self) -> bool:
        """The stack cannot start; one that was up once is waited for."""
        return bool(self.failure) and not self._was_up

    def hear(self, node: str, state: str, stamp: float) -> None:
        """Note what a heartbeat says, unless it was sent before the last request ended.

        One that still comes long after a request means that the node knows nothing of it.
        """
        if node not in self.states or not stamp > self._settled.get(node, -inf) + APART:
            return
        if node in self._asked:
            if not stamp > self._asked[node].stamp + self.params.deaf:
                return
            del self._asked[node]
        known = {member.value: member for member in State}
        self.states[node] = known.get(state, State.UNKNOWN)

    def answered(self, node: str, is_done: bool, now: float) -> None:
        """Note how a request ended."""
        if node not in self._asked:
            return
        step = self._asked.pop(node).step
        self._settled[node] = now
        if is_done:
            self.states[node] = State.INACTIVE if step == Step.CONFIGURE else State.ACTIVE
        else:
            self.failure = f'{node} could not {step.value}: its log says why'

    def due(self, now: float) -> list[Ask]:
        """Return what to ask now; nothing after a failure."""
        if now <= 0.0:
            return []  # under simulated time there is none until the clock speaks
        if self._began is None:
            self._began = now
        self.failure = self.failure or self._overdue(now)
        self._was_up = self._was_up or self.is_up
        if self.failure or self.is_up:
            return []
        asks = [Ask(node, Step.CONFIGURE) for node in self._at(State.UNCONFIGURED)]
        if not asks and not self._at(State.UNKNOWN):
            waiting = [node for node, state in self.states.items() if state != State.ACTIVE]
            if self.states[waiting[0]] == State.INACTIVE:
                asks = [Ask(waiting[0], Step.ACTIVATE)]
        asks = [ask for ask in asks if ask.node not in self._asked]
        self._asked.update({ask.node: Pending(ask.step, now) for ask in asks})
        return asks

    def _at(self, state: State) -> list[str]:
        return [node for node, known in self.states.items() if known == state]

    def _overdue(self, now: float) -> str:
        for node, pending in self._asked.items():
            if now - pending.stamp > self.params.answer:
                return (
                    f'{node} does not answer {pending.step.value} within {self.params.answer:g} s'
                )
        silent = self._at(State.UNKNOWN)
        if silent and self._began is not None and now - self._began > self.params.startup:
            return f'{", ".join(silent)} did not start within {self.params.startup:g} s'
        return ''

    def progress(self) -> str:
        """Return who is not up yet, for people; empty when all are."""
        rest = [
            f'{node} {state.value}' for node, state in self.states.items() if state != State.ACTIVE
        ]
        return self.failure or (f'starting: {", ".join(rest)}' if rest else '')
