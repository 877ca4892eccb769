"""A trial of control with the real shield behind it: which targets pass unchanged?"""

from __future__ import annotations

from vla_bench.seams.trial import PERIOD, TASK, ControlRig, SeamTrial
from vla_core.records.action import Source
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Decision, Level, SafetyVote
from vla_core.records.scene import GroundedScene, ParsedTask, TargetStatus
from vla_shield.shield import Shield, ShieldParams

VOTE_EVERY = 10  # cycles


class ShieldedRig(ControlRig):
    """The arm follows the shield; every voter says RUN, and nothing stands on the table."""

    def __init__(self, trial: SeamTrial) -> None:
        super().__init__(trial)
        self.shield = Shield(ShieldParams(), self.robot)
        self.decisions: list[Decision] = []  # on targets of the policy

    def _tick(self, now: float) -> None:
        self.shield.on_joints(self._joints(now), now)
        if round(now / PERIOD) % VOTE_EVERY == 0:
            self._vote(now)
        self.shield.arm(now)
        target = self.controller.tick(now)
        if target is None:
            raise RuntimeError('control has joint states and gives no target')
        self.shield.leases.acquire(target.holder, LeaseKind.AUTONOMY, (), now)
        self.shield.on_target(target, now)
        output = self.shield.tick(now)
        self.controller.on_report(output.report, now)
        arm = output.arm
        self.arm.step(self.arm.q if arm is None else arm.position[arm.next_row], False)
        if target.source == Source.POLICY:
            self.decisions.append(output.report.decision)
        self.trace.time.append(now)
        self.trace.position.append(target.position)
        self.trace.velocity.append(target.velocity)

    def _vote(self, now: float) -> None:
        for voter in self.shield.params.required_voters:
            seq = round(now / PERIOD)
            self.shield.on_vote(SafetyVote(now, voter, seq, Level.RUN, 1.0, 0.3, TASK), now)
        scene = GroundedScene(now, TASK, ParsedTask(), (), TargetStatus.PRESENT)
        self.shield.on_scene(scene, now)

    @property
    def passed(self) -> list[bool]:
        """Whether the shield passed each target of the policy unchanged."""
        return [decision == Decision.PASS for decision in self.decisions]
