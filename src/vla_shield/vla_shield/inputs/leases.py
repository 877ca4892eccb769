"""Leases of the arms: one holder of each, whose targets alone are accepted.

A target of anybody else is refused and named; it does not brake the motion of the holder.
"""

from __future__ import annotations

from math import inf

from vla_core.records.action import Source, Target
from vla_core.records.lease import Lease, LeaseKind, Leases
from vla_core.robot.config import RobotConfig

LEASE_TIMEOUT = 1.0  # s after the holder's last target, in which it keeps the arm
REFUSAL_TIME = 1.0  # s for which a refusal is reported
SOURCES = {
    LeaseKind.AUTONOMY: (Source.NONE, Source.POLICY, Source.PLANNER),
    LeaseKind.TELEOP: (Source.NONE, Source.TELEOP),
}


class LeaseTable:
    """Grants, keeps and withdraws leases. Times: ROS time, s."""

    def __init__(self, robot: RobotConfig) -> None:
        self._arms = tuple(arm.name for arm in robot.arms)
        self._arm_of = {joint: arm.name for arm in robot.arms for joint in arm.joint_names}
        self._leases = {arm: Lease(arm) for arm in self._arms}
        self._used = dict.fromkeys(self._arms, -inf)  # s, last grant or target
        self._refused, self._refused_at = '', -inf

    def acquire(self, holder: str, kind: LeaseKind, arms: tuple[str, ...], now: float) -> str:
        """Give `holder` the arms (none named: all); return why that is refused, or ''."""
        why = self._request_fault(holder, arms)
        if why:
            return why
        arms = arms or self._arms
        self._expire(now)
        for arm in arms:
            lease = self._leases[arm]
            if lease.holder not in ('', holder) and lease.kind >= kind:
                return f'{arm} is held by {lease.holder} for {now - lease.since:.1f} s'
        for arm in arms:
            if self._leases[arm].holder != holder or self._leases[arm].kind != kind:
                self._leases[arm] = Lease(arm, holder, kind, now)
            self._used[arm] = now
        return ''

    def release(self, holder: str, arms: tuple[str, ...]) -> str:
        """Free the arms that `holder` holds; return why that is refused, or ''."""
        why = self._request_fault(holder, arms)
        if why:
            return why
        others = [arm for arm in arms if self._leases[arm].holder != holder]
        if others:
            owner = self._leases[others[0]].holder or 'nobody'
            return f'{others[0]} is held by {owner}, not by {holder}'
        for arm in arms or self._arms:
            if self._leases[arm].holder == holder:
                self._leases[arm] = Lease(arm)
        return ''

    def clear(self) -> None:
        """Free all arms: the clock has jumped back."""
        self._leases = {arm: Lease(arm) for arm in self._arms}
        self._refused_at = -inf

    def refusal(self, target: Target, now: float) -> str:
        """Why a target is not the holder's, or '', which keeps the lease for another second."""
        self._expire(now)
        arms = dict.fromkeys(self._arm_of[name] for name in target.names if name in self._arm_of)
        if not arms and all(target.holder != lease.holder for lease in self._leases.values()):
            why = f'{target.holder or "a node without a name"} has no lease of any arm'
        else:
            faults = (self._fault(self._leases[arm], target) for arm in arms)
            why = next(filter(None, faults), '')
        if why:
            self._refused, self._refused_at = why, now
            return why
        for arm in arms:
            self._used[arm] = now
        return ''

    def kind(self, arm: str) -> LeaseKind:
        """What the arm's holder may send; AUTONOMY for a free arm."""
        return self._leases[arm].kind

    def state(self, now: float) -> Leases:
        """The leases as they are published."""
        self._expire(now)
        refused = self._refused if now - self._refused_at <= REFUSAL_TIME else ''
        return Leases(now, tuple(self._leases.values()), refused)

    def explain(self, problem: str, now: float) -> str:
        """The problem, and the last refusal if there was one just now."""
        refused = self.state(now).refused
        return f'{problem}; the last one was refused: {refused}' if refused else problem

    def _fault(self, lease: Lease, target: Target) -> str:
        sender = target.holder or 'a node without a name'
        if not lease.holder:
            return f'{sender} has no lease of {lease.arm}; nobody has'
        if lease.holder != target.holder:
            return f'{sender} has no lease of {lease.arm}; {lease.holder} has'
        if target.source not in SOURCES[lease.kind]:
            return (
                f'{sender} holds {lease.arm} for {lease.kind.name.lower()}, not {target.source!r}'
            )
        return ''

    def _request_fault(self, holder: str, arms: tuple[str, ...]) -> str:
        if not holder:
            return 'the holder has no name'
        unknown = [arm for arm in arms if arm not in self._leases]
        return f'no arm {unknown[0]!r}; known: {", ".join(self._arms)}' if unknown else ''

    def _expire(self, now: float) -> None:
        for arm, used in self._used.items():
            if self._leases[arm].holder and not now - used <= LEASE_TIMEOUT:
                self._leases[arm] = Lease(arm)
