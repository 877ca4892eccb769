"""Which arms stand although others may move: each has its own target and its own source."""

from __future__ import annotations

import numpy as np

from vla_core.records.action import Source, Target
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Decision
from vla_shield.decision import CycleDecision
from vla_shield.inputs.buffer import InputBuffer
from vla_shield.inputs.leases import LeaseTable
from vla_shield.inputs.robot_inputs import RobotInputs
from vla_shield.inputs.source_freshness import SourceFreshness

STANDING = 0.05  # rad from the measured arm, and rad/s: a target below both asks for no motion


class ArmHolds:
    """The decisions against the motion of single arms in one cycle."""

    def __init__(self, inputs: RobotInputs, leases: LeaseTable, needs: SourceFreshness) -> None:
        self._inputs, self._leases, self._needs = inputs, leases, needs
        self.decisions: list[CycleDecision | None] = []  # of each arm; None: it may move
        self.clear()

    def clear(self) -> None:
        """No arm is held."""
        self.decisions = [None] * len(self._inputs.arms)

    def check_targets(self, now: float) -> CycleDecision | None:
        """Hold arms whose target is faulty or stale; the decision for all when none is left."""
        for k, arm in enumerate(self._inputs.arms):
            fault = arm.target_fault()
            if fault:
                self.decisions[k] = self._decision(k, Decision.REJECTED, fault, 'target')
                continue
            why = arm.target_staleness(now)
            if why:
                why = self._leases.explain(why, now)
                self.decisions[k] = self._decision(k, Decision.HOLD, why, 'target:stale')
        return self._for_all()

    def check_sources(self, now: float) -> CycleDecision | None:
        """Hold arms whose target needs more than there is; the decision for all when none is
        left."""
        for k, arm in enumerate(self._inputs.arms):
            if self.decisions[k] is None and arm.target is not None:
                source = self._source(arm, arm.target)
                why, rule = self._needs.fault(arm.target, source, self._inputs.scene_status, now)
                if why:
                    self.decisions[k] = self._decision(k, Decision.HOLD, why, rule)
        return self._for_all()

    def _source(self, arm: InputBuffer, target: Target) -> Source:
        """The source that counts: NONE is for a standing arm; one that moves needs what the kind
        of its lease needs."""
        if target.source != Source.NONE:
            return target.source
        is_far = np.abs(arm.motion.position - arm.q).max() > STANDING
        if not is_far and np.abs(arm.motion.velocity).max() <= STANDING:
            return Source.NONE
        is_teleop = self._leases.kind(arm.robot.arm.name) == LeaseKind.TELEOP
        return Source.TELEOP if is_teleop else Source.PLANNER

    def _decision(self, arm: int, decision: Decision, why: str, rule: str) -> CycleDecision:
        return CycleDecision(decision, self._inputs.labelled(arm, why), (rule,))

    def _for_all(self) -> CycleDecision | None:
        """The most severe decision when every arm is held; of arms that had a target, if any."""
        held = [decision for decision in self.decisions if decision is not None]
        if len(held) < len(self.decisions):
            return None
        arms = zip(held, self._inputs.arms, strict=True)
        asked = [decision for decision, arm in arms if arm.target is not None]
        return max(asked or held, key=lambda decision: decision.decision)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why each held arm stands, for a robot with several arms."""
        if len(self.decisions) == 1:
            return ()
        return tuple(decision.reason for decision in self.decisions if decision is not None)
