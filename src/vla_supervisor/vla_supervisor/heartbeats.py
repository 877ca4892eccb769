"""Who has gone quiet, and who says it is not well. Times are of the steady clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

from vla_core.params import check, param
from vla_core.records.safety import Heartbeat


@dataclass(frozen=True)
class HeartbeatParams:
    """Who must be heard, how often."""

    nodes: tuple[str, ...] = param(
        ('perception', 'policy', 'control', 'shield'), 'nodes that must be alive and healthy'
    )
    noted: tuple[str, ...] = param(
        ('recorder',), 'nodes whose loss is said, and that the task goes on without'
    )
    max_age: float = param(0.5, 's, of silence of a node', lo=0.02, hi=10.0)
    shield_max_age: float = param(0.05, 's, of silence of the shield', lo=0.02, hi=1.0)
    glance: float = param(
        0.025, 's, from one look to the next; what is longer is not silence', lo=0.001, hi=1.0
    )
    startup: float = param(30.0, 's, in which every node must have been heard', lo=1.0, hi=600.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass
class LastHeartbeat:
    """The last word of one node."""

    heard: float  # s, steady clock of this process
    healthy: bool
    detail: str


@dataclass
class Heartbeats:
    """The last word of every node."""

    params: HeartbeatParams
    pulses: dict[str, LastHeartbeat] = field(default_factory=dict)
    _looked: float = nan  # s, steady clock

    def look(self, steady: float) -> None:
        """Begin a look at `steady` s. One that is late has not listened meanwhile: a machine that
        stood still did so for who was to be heard, too, and that is not their silence."""
        deaf = steady - self._looked - self.params.glance
        if deaf > 0.0:
            for pulse in self.pulses.values():
                pulse.heard = min(pulse.heard + deaf, steady)
        self._looked = steady

    def put(self, beat: Heartbeat, steady: float) -> None:
        """Note that a node was heard at `steady` s."""
        self.pulses[beat.node] = LastHeartbeat(steady, beat.healthy, beat.detail)

    def age(self, node: str, steady: float) -> float:
        """Return s since `node` was heard; inf when never."""
        pulse = self.pulses.get(node)
        return steady - pulse.heard if pulse else float('inf')

    def is_shield_lost(self, steady: float) -> bool:
        """True when the shield was heard once and has gone quiet."""
        known = 'shield' in self.pulses
        return known and not self.age('shield', steady) <= self.params.shield_max_age

    def reason(self, steady: float) -> str:
        """Return who is missing, quiet or not well; empty when all are well."""
        return '; '.join(filter(None, (self._of(node, steady) for node in self.params.nodes)))

    def remark(self, steady: float) -> str:
        """Return which of the `noted` was heard and is lost; empty when none is."""
        known = (node for node in self.params.noted if node in self.pulses)
        return '; '.join(filter(None, (self._of(node, steady) for node in known)))

    def _of(self, node: str, steady: float) -> str:
        pulse = self.pulses.get(node)
        if pulse is None:
            return f'{node} has not been heard'
        age = self.age(node, steady)
        limit = self.params.shield_max_age if node == 'shield' else self.params.max_age
        if not age <= limit:
            return f'{node} has been silent for {age:.2f} s'
        return '' if pulse.healthy else f'{node} is not well: {pulse.detail}'
