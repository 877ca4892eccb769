"""The output of a cycle: commands and report."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vla_core.records.action import GripperGoal, Trajectory
from vla_core.records.safety import SCALING, ArmState, Decision, ShieldReport
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.decision import PERMITTED, CycleDecision
from vla_shield.inputs.controller_scaling import ControllerScaling
from vla_shield.inputs.robot_inputs import RobotInputs
from vla_shield.inputs.votes import Votes
from vla_shield.monitoring.loop_timing import LoopTiming
from vla_shield.optimiser.step import OptimisedStep

SPEED_RULES = ('slow', 'speed', 'velocity')


@dataclass(frozen=True)
class ShieldOutput:
    """The output of one cycle: one command per arm and gripper, in the order of the robot file;
    none while disarmed."""

    arms: tuple[Trajectory, ...]
    grippers: tuple[Trajectory, ...]
    report: ShieldReport
    goals: tuple[GripperGoal, ...] = ()  # one per gripper, for those commanded by an action

    @property
    def arm(self) -> Trajectory | None:
        """The command of the first arm."""
        return self.arms[0] if self.arms else None

    @property
    def gripper(self) -> Trajectory | None:
        """The command of the first gripper."""
        return self.grippers[0] if self.grippers else None


def part_of(trajectory: Trajectory, part: slice) -> Trajectory:
    """The columns of one arm."""
    if part == slice(0, len(trajectory.names)):
        return trajectory
    return Trajectory(
        trajectory.stamp, trajectory.names[part], trajectory.time_from_start,
        trajectory.position[:, part], trajectory.velocity[:, part], trajectory.next_row,
    )  # fmt: skip


def final_decision(
    decision: CycleDecision,
    step: OptimisedStep | None,
    checker: ConstraintChecker,
    scaling: ControllerScaling,
) -> CycleDecision:
    """Refine PERMITTED into PASS, SLOWED or CLIPPED by the optimiser step."""
    scale, speed_rules = (
        checker.scale,
        {r + label for label in checker.labels for r in SPEED_RULES},
    )
    if decision.decision != PERMITTED:
        return decision
    if scaling.share < 1.0:
        decision = replace(decision, reason=scaling.text, rules=(SCALING, *decision.rules))
    if step is None:
        return decision
    rules = tuple(dict.fromkeys((*decision.rules, *step.rules)))
    if step.change == 0.0:
        return CycleDecision(Decision.PASS, scaling.text, rules)
    if scale < 1.0 and set(step.rules) <= speed_rules:
        return CycleDecision(Decision.SLOWED, decision.reason or f'scaled by {scale:.2f}', rules)
    return CycleDecision(Decision.CLIPPED, ', '.join(step.rules) or 'limits', rules)


@dataclass(frozen=True)
class ReportBuilder:
    """Collects the numbers of a report."""

    inputs: RobotInputs
    votes: Votes
    checker: ConstraintChecker
    loop: LoopTiming

    def build(
        self,
        moment: tuple[float, int],
        state: ArmState,
        decision: CycleDecision,
        step: OptimisedStep | None,
        held: tuple[str, ...] = (),
    ) -> ShieldReport:
        """The report of one cycle; `moment` is its ROS time in s and its number."""
        now, cycle = moment
        target, checker = self.inputs.target, self.checker
        tightest, slack = checker.tightest, checker.slack
        if step is not None and step.rules and step.slack < 0.0:
            tightest, slack = step.rules[0], step.slack
        return ShieldReport(
            stamp=now,
            cycle=cycle,
            state=state,
            decision=decision.decision,
            reason=decision.reason,
            rules=decision.rules,
            tightest=tightest,
            margin=slack,
            change=step.change if step is not None else 0.0,
            speed_scale=checker.scale * self.inputs.scaling.share if decision.is_moving else 0.0,
            separation=checker.separation,
            chunk_seq=target.chunk_seq if target else -1,
            chunk_stamp=target.chunk_stamp if target else 0.0,
            held=held,
            ages={**self.inputs.ages(now), **self.votes.ages(now)},
            loop_ms=self.loop.loop_ms,
            period_ms=self.loop.period_ms,
        )
