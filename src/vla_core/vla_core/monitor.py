"""Interfaces of monitors, which observe the stack and vote: failure detector, verifier, rules."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from vla_core.records.safety import SafetyVote


class Voter(Protocol):
    """Votes on whether the robot may move."""

    def vote(self, now: float) -> SafetyVote:
        """The permission to move at ROS time `now` (s)."""


class Monitor(Voter, Protocol):
    """Observes records by topic name; its vote can only restrict motion."""

    def observe(self, topic: str, record: Any, now: float) -> None:
        """Process a record received at ROS time `now` (s); unused topics are ignored."""


@runtime_checkable
class Reporter(Protocol):
    """A monitor that publishes records besides its vote."""

    def outputs(self, now: float) -> list[tuple[str, Any]]:
        """The records since the last call, as (topic, record)."""
