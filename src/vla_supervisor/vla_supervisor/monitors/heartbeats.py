"""Heartbeats of the other nodes: age and reported health. Times: steady clock, s."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, nan

from vla_core.params import check, param
from vla_core.records.safety import Heartbeat

OWN_NAME = 'supervisor'  # its own heartbeat is no sign of the others


@dataclass(frozen=True)
class HeartbeatParams:
    """Which nodes are monitored, and the maximum ages."""

    nodes: tuple[str, ...] = param(
        ('perception', 'policy', 'control', 'shield'), 'nodes that must be alive and healthy'
    )
    noted: tuple[str, ...] = param(
        ('recorder',), 'nodes whose loss is logged; the task continues without them'
    )
    max_age: float = param(0.5, 's, maximum age of a heartbeat', lo=0.02, hi=10.0)
    shield_max_age: float = param(0.05, 's, maximum age of a shield heartbeat', lo=0.02, hi=1.0)
    glance: float = param(
        0.025, 's, longest supervisor cycle; time beyond it is not added to heartbeat ages',
        lo=0.001, hi=1.0,
    )  # fmt: skip
    isolation: float = param(
        5.0, 's, without a heartbeat of any node, then the supervisor restarts', lo=1.0, hi=60.0
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass
class LastHeartbeat:
    """The newest heartbeat of one node."""

    received: float  # s, steady clock of this process
    healthy: bool
    detail: str


@dataclass
class Heartbeats:
    """The newest heartbeat of every other node."""

    params: HeartbeatParams
    latest: dict[str, LastHeartbeat] = field(default_factory=dict)
    _cycle: float = nan  # s, start of the last cycle
    _excused: float = -inf  # s, until when silence of all nodes is explained

    def begin_cycle(self, steady: float) -> None:
        """Start a cycle at `steady` s. Cycle overrun is subtracted from heartbeat ages: then the
        machine was paused, and the other nodes with it."""
        late = steady - self._cycle - self.params.glance
        if late > 0.0:
            for beat in self.latest.values():
                beat.received = min(beat.received + late, steady)
        self._cycle = steady

    def on_heartbeat(self, beat: Heartbeat, steady: float) -> None:
        """Store a heartbeat received at `steady` s."""
        if beat.node != OWN_NAME:
            self.latest[beat.node] = LastHeartbeat(steady, beat.healthy, beat.detail)

    def age(self, node: str, steady: float) -> float:
        """Return the age, s, of the newest heartbeat of `node`; inf when there is none."""
        beat = self.latest.get(node)
        return steady - beat.received if beat else inf

    def is_shield_lost(self, steady: float) -> bool:
        """True when the shield has sent heartbeats and none is fresh."""
        known = 'shield' in self.latest
        return known and not self.age('shield', steady) <= self.params.shield_max_age

    def excuse_silence(self, steady: float) -> None:
        """Do not count the silence of all nodes until now: a node that loads sends nothing."""
        self._excused = steady

    def isolation(self, steady: float) -> str:
        """Return a reason when all nodes went silent at once; empty before the first heartbeat.

        Then it is this process that receives nothing (its DDS participant), and only a restart
        helps."""
        if not self.latest:
            return ''
        silent = min(self.age(node, steady) for node in self.latest)
        silent = min(silent, steady - self._excused)
        if silent < self.params.isolation:
            return ''
        return f'no heartbeat from any node for {silent:.1f} s (limit {self.params.isolation:g} s)'

    def reason(self, steady: float) -> str:
        """Return which required nodes are missing, silent or not healthy; empty when none is."""
        return '; '.join(filter(None, (self._fault(node, steady) for node in self.params.nodes)))

    def remark(self, steady: float) -> str:
        """Return which of the `noted` nodes were there and are lost; empty when none is."""
        known = (node for node in self.params.noted if node in self.latest)
        return '; '.join(filter(None, (self._fault(node, steady) for node in known)))

    def _fault(self, node: str, steady: float) -> str:
        beat = self.latest.get(node)
        if beat is None:
            return f'no heartbeat from {node} yet'
        age = self.age(node, steady)
        limit = self.params.shield_max_age if node == 'shield' else self.params.max_age
        if not age <= limit:
            return f'no heartbeat from {node} for {age:.2f} s (limit {limit:g} s)'
        return '' if beat.healthy else f'{node} is not healthy: {beat.detail}'
