"""What a cycle tells: the outcome of a step in words, and the report."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.records.safety import ArmState, Decision, ShieldReport
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.decision import FREE, CycleDecision
from vla_shield.inputs.buffer import InputBuffer
from vla_shield.inputs.votes import Votes
from vla_shield.monitoring.loop_timing import LoopTiming
from vla_shield.optimiser.step import OptimisedStep

SPEED_RULES = {'slow', 'speed', 'velocity'}


def outcome(verdict: CycleDecision, step: OptimisedStep | None, scale: float) -> CycleDecision:
    """What became of a free cycle: passed, slowed or clipped."""
    if verdict.decision != FREE or step is None:
        return verdict
    rules = tuple(dict.fromkeys((*verdict.rules, *step.rules)))
    if step.change == 0.0:
        return CycleDecision(Decision.PASS, '', rules)
    if scale < 1.0 and set(step.rules) <= SPEED_RULES:
        return CycleDecision(Decision.SLOWED, verdict.reason or f'scaled by {scale:.2f}', rules)
    return CycleDecision(Decision.CLIPPED, ', '.join(step.rules) or 'limits', rules)


@dataclass(frozen=True)
class ReportBuilder:
    """Where the numbers of a report come from."""

    intake: InputBuffer
    votes: Votes
    guard: ConstraintChecker
    loop: LoopTiming

    def report(
        self,
        moment: tuple[float, int],
        state: ArmState,
        verdict: CycleDecision,
        step: OptimisedStep | None,
    ) -> ShieldReport:
        """One cycle, said out loud; `moment` is its ROS time in s and its number."""
        now, cycle = moment
        target, guard = self.intake.target, self.guard
        tightest, margin = guard.closest, guard.slack
        if step is not None and step.rules and step.margin < 0.0:
            tightest, margin = step.rules[0], step.margin
        return ShieldReport(
            stamp=now,
            cycle=cycle,
            state=state,
            decision=verdict.decision,
            reason=verdict.reason,
            rules=verdict.rules,
            tightest=tightest,
            margin=margin,
            change=step.change if step is not None else 0.0,
            speed_scale=guard.scale if verdict.is_moving else 0.0,
            separation=guard.separation,
            chunk_seq=target.chunk_seq if target else -1,
            chunk_stamp=target.chunk_stamp if target else 0.0,
            ages={**self.intake.ages(now), **self.votes.ages(now)},
            loop_ms=self.loop.loop_ms,
            period_ms=self.loop.period_ms,
        )
