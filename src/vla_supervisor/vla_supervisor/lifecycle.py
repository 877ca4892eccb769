"""Lifecycle bring-up: which transition to request from which node, derived from its reported
state, so that a restarted node is configured and activated again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from math import inf

from vla_core.params import check, param

CLOCK_SKEW = 0.1  # s, by which two nodes may read simulated time differently


class NodeState(str, Enum):
    """Primary lifecycle state, as the heartbeat reports it."""

    UNKNOWN = 'unknown'  # no heartbeat received, or another state
    UNCONFIGURED = 'unconfigured'
    INACTIVE = 'inactive'
    ACTIVE = 'active'


class NodeTransition(str, Enum):
    """Lifecycle transitions that bring a node up."""

    CONFIGURE = 'configure'
    ACTIVATE = 'activate'


@dataclass(frozen=True)
class BringUpParams:
    """Which nodes are brought up, and the time limits."""

    order: tuple[str, ...] = param(
        ('sim', 'perception', 'policy', 'control', 'shield'),
        'nodes, in the order of activation (the order of the data flow)',
    )
    startup: float = param(
        60.0, 's, time limit for the first heartbeat of every node', lo=1.0, hi=600.0
    )
    answer: float = param(
        60.0, 's, time limit for the response to a transition (models load)', lo=1.0, hi=600.0
    )
    deaf: float = param(
        2.0,
        's; a heartbeat this long after a request means that the node did not receive it',
        lo=0.5,
        hi=60.0,
    )
    retry: float = param(2.0, 's, from a failed transition to the next request', lo=0.1, hi=60.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class TransitionRequest:
    """Request `transition` from `node`."""

    node: str
    transition: NodeTransition


@dataclass(frozen=True)
class PendingRequest:
    """A request without a response yet."""

    transition: NodeTransition
    stamp: float  # s, of the request


class BringUp:
    """Configures all nodes at once, then activates them in order. Times: ROS time, s."""

    def __init__(self, params: BringUpParams) -> None:
        self.params = params
        self.states = dict.fromkeys(params.order, NodeState.UNKNOWN)
        self._was_up = False  # all nodes have been active at least once
        self._pending: dict[str, PendingRequest] = {}
        self._settled: dict[str, float] = {}  # s, end of the last request of a node
        self._failed: dict[str, float] = {}  # s, last failure of a node
        self._failures: dict[str, str] = {}  # present failures by node
        self._overdue = ''  # which nodes did not start in time
        self._seq: dict[str, int] = {}  # last heartbeat
        self._began: float | None = None

    @property
    def is_up(self) -> bool:
        return all(state == NodeState.ACTIVE for state in self.states.values())

    @property
    def is_waiting(self) -> bool:
        """True while a node has not responded to a request (it sends no heartbeat meanwhile)."""
        return bool(self._pending)

    @property
    def failure(self) -> str:
        """Why a node is not up now; empty when nothing has failed."""
        return '; '.join([*self._failures.values(), *filter(None, [self._overdue])])

    @property
    def is_hopeless(self) -> bool:
        """True when the stack failed to start; one that was up once is retried for ever."""
        return bool(self.failure) and not self._was_up

    def on_heartbeat(self, node: str, state: str, stamp: float, seq: int = 0) -> None:
        """Store a reported state, unless it was sent before the last request ended.

        A heartbeat long after a request means that the node did not receive the request. One with
        a smaller `seq` than the last comes from a restarted process: its failures are over.
        """
        if node not in self.states:
            return
        if seq < self._seq.get(node, 0):
            self._forget_failure(node)
        self._seq[node] = seq
        if not stamp > self._settled.get(node, -inf) + CLOCK_SKEW:
            return
        if node in self._pending:
            if not stamp > self._pending[node].stamp + self.params.deaf:
                return
            del self._pending[node]
        known = {member.value: member for member in NodeState}
        self._set_state(node, known.get(state, NodeState.UNKNOWN))

    def on_response(self, node: str, success: bool, now: float) -> None:
        """Store the result of a transition."""
        if node not in self._pending:
            return
        transition = self._pending.pop(node).transition
        self._settled[node] = now
        if success:
            is_configure = transition == NodeTransition.CONFIGURE
            self._forget_failure(node)
            self._set_state(node, NodeState.INACTIVE if is_configure else NodeState.ACTIVE)
        else:
            self._fail(node, f'{node} could not {transition.value} (see its log)', now)

    def on_clock_jump(self, step: float) -> None:
        """Keep all durations when ROS time jumps by `step` s."""
        self._pending = {
            node: replace(pending, stamp=pending.stamp + step)
            for node, pending in self._pending.items()
        }
        for times in (self._settled, self._failed):
            times.update({node: at + step for node, at in times.items()})
        if self._began is not None:
            self._began += step

    def due_requests(self, now: float) -> list[TransitionRequest]:
        """Return the requests to send now; none once the stack has failed to start."""
        if now <= 0.0:
            return []  # simulated time has not started
        if self._began is None:
            self._began = now
        self._was_up = self._was_up or self.is_up
        self._expire(now)
        if self.is_hopeless or self.is_up:
            return []
        requests = [
            request
            for request in self._wanted()
            if request.node not in self._pending and self._may_retry(request.node, now)
        ]
        self._pending.update({r.node: PendingRequest(r.transition, now) for r in requests})
        return requests

    def progress(self) -> str:
        """Return which nodes are not up, as text for a person; empty when all are."""
        rest = [f'{n} {s.value}' for n, s in self.states.items() if s != NodeState.ACTIVE]
        return self.failure or (f'starting: {", ".join(rest)}' if rest else '')

    def _wanted(self) -> list[TransitionRequest]:
        """Configure every unconfigured node; once there is none, activate the next in order."""
        unconfigured = self._nodes_in(NodeState.UNCONFIGURED)
        if unconfigured:
            return [TransitionRequest(node, NodeTransition.CONFIGURE) for node in unconfigured]
        if self._nodes_in(NodeState.UNKNOWN):
            return []
        return [
            TransitionRequest(node, NodeTransition.ACTIVATE)
            for node in self._nodes_in(NodeState.INACTIVE)[:1]
        ]

    def _nodes_in(self, state: NodeState) -> list[str]:
        return [node for node, known in self.states.items() if known == state]

    def _may_retry(self, node: str, now: float) -> bool:
        since = now - self._failed.get(node, -inf)
        return not 0.0 <= since < self.params.retry

    def _set_state(self, node: str, state: NodeState) -> None:
        if state != self.states[node]:  # a request that this state refused is no failure
            self._forget_failure(node)
        self.states[node] = state

    def _fail(self, node: str, text: str, now: float) -> None:
        self._failures[node], self._failed[node] = text, now

    def _forget_failure(self, node: str) -> None:
        self._failures.pop(node, None)
        self._failed.pop(node, None)

    def _expire(self, now: float) -> None:
        """Turn requests without a response, and nodes that never started, into failures."""
        p = self.params
        for node, pending in list(self._pending.items()):
            if now - pending.stamp > p.answer:
                del self._pending[node]
                verb = pending.transition.value
                self._fail(node, f'no response of {node} to {verb} within {p.answer:g} s', now)
        missing = [] if self._was_up else self._nodes_in(NodeState.UNKNOWN)
        is_late = self._began is not None and now - self._began > p.startup
        self._overdue = (
            f'{", ".join(missing)} did not start within {p.startup:g} s'
            if missing and is_late
            else ''
        )
