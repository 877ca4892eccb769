"""When each certified state is due on the controller's clock, and the message that says so.

A controller that scales time plays a trajectory at a share of its speed. The states therefore lie
on a trajectory clock that advances at that share of ROS time; all limits hold in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import COMMAND_HISTORY, Trajectory
from vla_core.robot.controller import ControllerContract
from vla_shield.command.reference import Candidate

STALLED = 0.02  # of full speed, below which the trajectory clock stands
STAMPED = 0.5  # of full speed, from which a message has a stamp; see `message`
FAR = 1.0  # s, between the clock and the next state: they start again
SAME = 1e-6  # s, points of a message are further apart


@dataclass(frozen=True)
class Node:
    """A certified state on the trajectory clock."""

    time: float  # s
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s


@dataclass(frozen=True)
class TimelineState:
    """All that a cycle changes, to be rolled back as one."""

    nodes: tuple[Node, ...] = ()  # the last one is the newest certified state
    shift: float = 0.0  # s, trajectory clock less ROS time
    now: float = 0.0  # s, ROS time of the last cycle


@dataclass
class CommandTimeline:
    """The trajectory clock and the states on it."""

    period: float  # s, of a cycle
    latency: float = 0.0  # s, of a message; the controller has no stop to play meanwhile
    update_period: float = 0.0  # s, by which a controller samples ahead, scaled or not
    state: TimelineState = field(default_factory=TimelineState)
    scaling: float = 1.0  # [0, 1], of the controller

    @classmethod
    def of(cls, period: float, contracts: Sequence[ControllerContract]) -> CommandTimeline:
        """The timeline for all controllers: the longest latency and the slowest update."""
        latency = max(contract.latency for contract in contracts)
        return cls(period, latency, max(1.0 / contract.update_rate for contract in contracts))

    def begin(self, now: float, q: Array, scaling: float) -> None:
        """Rest at `q` (n,) rad, in this cycle and before it."""
        rest, self.scaling = np.zeros_like(q), scaling
        times = (now - 2.0 * COMMAND_HISTORY, now + self.latency * self.rate)
        self.state = TimelineState(tuple(Node(time, q, rest) for time in times), 0.0, now)

    def jump(self, now: float) -> None:
        """The ROS clock jumped to `now`: the newest state is due now."""
        if not self.state.nodes:
            return
        newest = self.state.nodes[-1]
        self.begin(now, newest.position, self.scaling)
        still, node = self.state.nodes
        node = replace(node, velocity=newest.velocity)
        self.state = replace(self.state, nodes=(still, node))

    def tick(self, now: float, scaling: float) -> None:
        """Advance the trajectory clock to `now`, s, at the share `scaling` of ROS time."""
        state, self.scaling = self.state, scaling
        shift = state.shift
        if self.scaling != 1.0:
            shift += (self.rate - 1.0) * (now - state.now)
        self.state = replace(state, shift=shift, now=now)

    @property
    def rate(self) -> float:
        """Share of ROS time at which the trajectory clock advances."""
        return self.scaling if self.scaling >= STALLED else 0.0

    @property
    def step(self) -> float:
        """s on the trajectory clock from one state to the next; 0 while it stands."""
        return self.period * self.rate

    @property
    def lead(self) -> float:
        """s on the trajectory clock by which the newest state is beyond the latency."""
        return self.state.nodes[-1].time - self._clock - self.latency * self.rate

    @property
    def due(self) -> float:
        """s, ROS time at which the newest state is due."""
        return self.state.now + self.latency + self.lead / max(self.rate, STALLED)

    @property
    def gripper_lead(self) -> float:
        """s until the gripper, which is not scaled, is to be where it is commanded."""
        return min(max(self.lead, 0.5 * self.period), 1.5 * self.period)

    @property
    def _clock(self) -> float:
        return self.state.now + self.state.shift

    @property
    def is_far(self) -> bool:
        return not abs(self.lead) <= FAR

    @property
    def is_late(self) -> bool:
        """True when the controller has played the stop instead of the next state."""
        return self.step > 0.0 and self.lead + self.step < 0.5 * self.step

    @property
    def is_due(self) -> bool:
        """True when the next state is to be chosen in this cycle."""
        return self.step > 0.0 and self.lead + self.step <= 1.5 * self.step

    def put(self, candidate: Candidate) -> None:
        """Append a certified state, one step after the newest."""
        nodes, oldest = self.state.nodes, self._clock - 2.0 * COMMAND_HISTORY
        first = next((k for k in range(1, len(nodes)) if nodes[k].time > oldest), len(nodes)) - 1
        begin, middle = nodes[-1].time, candidate.middle
        added = [Node(begin + candidate.period, candidate.position, candidate.velocity)]
        if middle is not None:  # acceleration may change within the step
            added.insert(0, Node(begin + 0.5 * candidate.period, *middle))
        self.state = replace(self.state, nodes=(*nodes[first:], *added))

    def message(self, names: tuple[str, ...], candidate: Candidate, share: float) -> Trajectory:
        """The newest state, those before it, and its stop, for a controller that plays it at the
        `share` of full speed. One that is faster than the trajectory clock gets it stretched.

        A point that is not in the future makes the state from which the controller restarts
        irrelevant. With a stamp, a message that arrives late is played from where it then is, so
        its delay does not matter at full speed. A scaled controller takes the stamp as if it had
        played at full speed until now: the lower the scaling, the better is a message without a
        stamp, that is played from its first point whenever it arrives.
        """
        stop, clock = candidate.stop, self._clock - (1.0 - share) * self.update_period
        stretch = share / self.rate if share > self.rate > 0.0 else 1.0
        is_stamped = share >= STAMPED
        begin = clock - COMMAND_HISTORY / stretch if is_stamped else clock
        before = [self._at(begin), *(n for n in self.state.nodes if n.time > begin + SAME)]
        rest = before[-1].time + stop.times
        times = stretch * (np.concatenate(([node.time for node in before], rest)) - begin)
        position = np.concatenate(([node.position for node in before], stop.position))
        velocity = np.concatenate(([node.velocity for node in before], stop.velocity)) / stretch
        velocity[-1] = 0.0
        stamp = self.state.now - COMMAND_HISTORY if is_stamped else 0.0
        return Trajectory(stamp, names, times, position, velocity, len(before) - 1)

    def _at(self, time: float) -> Node:
        """The certified state at `time` s on the trajectory clock, between two nodes."""
        nodes = self.state.nodes
        k = next((k for k, node in enumerate(nodes) if node.time >= time - SAME), len(nodes) - 1)
        after, before = nodes[k], nodes[max(k - 1, 0)]
        h = after.time - before.time
        if k == 0 or abs(after.time - time) <= SAME or not h > 0.0:
            return replace(after, time=time)
        s = (time - before.time) / h
        slope = (after.position - before.position) / h
        square = 3.0 * slope - 2.0 * before.velocity - after.velocity
        cube = before.velocity + after.velocity - 2.0 * slope
        move = h * s * (before.velocity + s * (square + s * cube))
        speed = before.velocity + s * (2.0 * square + 3.0 * s * cube)
        return Node(time, before.position + move, speed)
