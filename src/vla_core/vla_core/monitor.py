"""What watches the others and votes: failure detector, steering verifier, rules."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from vla_core.records.safety import SafetyVote


class Voter(Protocol):
    """Has a say in whether the robot may move."""

    def vote(self, now: float) -> SafetyVote:
        """Permission at ROS time `now` (s)."""


class Monitor(Voter, Protocol):
    """Hears what flows, by the name of its topic; may tighten motion and nothing else."""

    def hear(self, topic: str, record: Any, now: float) -> None:
        """Take note of a record at ROS time `now` (s); topics it does not care for pass by."""


@runtime_checkable
class Reporter(Protocol):
    """A monitor that says more than its vote."""

    def tell(self, now: float) -> list[tuple[str, Any]]:
        """Return what it has to say since it was last asked, as (topic, record)."""
