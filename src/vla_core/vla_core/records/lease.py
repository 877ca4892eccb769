"""Leases: who may move which arm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class LeaseKind(IntEnum):
    """What the holder is; a higher kind takes over from a lower one."""

    AUTONOMY = 0  # control: the chunks of a policy, planned moves
    TELEOP = 1  # a person with an input device


@dataclass(frozen=True)
class Lease:
    """The state of one arm's lease."""

    arm: str
    holder: str = ''  # full name of a node; '': the arm is free
    kind: LeaseKind = LeaseKind.AUTONOMY
    since: float = 0.0  # s, ROS time; 0 when free


@dataclass(frozen=True)
class Leases:
    """The leases of all arms."""

    stamp: float  # s, ROS time
    leases: tuple[Lease, ...]
    refused: str = ''  # the last target refused for want of a lease within 1 s, and why

    def holder(self, arm: str) -> str:
        """Full name of the node that holds `arm`; '' when it is free or not known."""
        return next((lease.holder for lease in self.leases if lease.arm == arm), '')
