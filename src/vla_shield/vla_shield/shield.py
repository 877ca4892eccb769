"""The shield: in every cycle one certified command with its own stop, or the stop itself."""

from __future__ import annotations

import numpy as np

from vla_core.records.action import Target
from vla_core.records.safety import SCALING, ArmState, Decision, Level, SafetyVote, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_shield.command.grippers import GripperCommands
from vla_shield.command.reference import Reference
from vla_shield.command.timeline import CommandTimeline
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.collision_scene import CollisionScene
from vla_shield.decision import DISARMED, PERMITTED, CycleDecision
from vla_shield.inputs.arm_holds import ArmHolds
from vla_shield.inputs.leases import LeaseTable
from vla_shield.inputs.robot_inputs import RobotInputs
from vla_shield.inputs.source_freshness import SourceFreshness
from vla_shield.inputs.target_motion import standstill
from vla_shield.inputs.votes import Votes
from vla_shield.monitoring.loop_timing import LoopTiming
from vla_shield.monitoring.tracking import Tracking
from vla_shield.optimiser.arm_tracking import ArmRequest
from vla_shield.optimiser.step import OptimisedStep, StepOptimiser
from vla_shield.params import ShieldParams
from vla_shield.report import ReportBuilder, ShieldOutput, final_decision, part_of

__all__ = ['Shield', 'ShieldOutput', 'ShieldParams']


class Shield:
    """Takes joints, target, votes and scene; `tick` returns the command. Times are ROS time, s."""

    def __init__(self, params: ShieldParams, robot: RobotConfig) -> None:
        self.params, self.robot = params, robot
        self.state = ArmState.DISARMED
        self.inputs = RobotInputs(params, robot)
        self.leases = LeaseTable(robot)
        self._needs = SourceFreshness(params)
        self._holds = ArmHolds(self.inputs, self.leases, self._needs)
        self.votes = Votes(params)
        self.loop = LoopTiming()
        self.reference = Reference(robot.limits, params)
        contracts = [arm.controller for arm in robot.arms]
        self._timeline = CommandTimeline.of(params.period, contracts)
        self.grippers = GripperCommands(robot)
        self._model = CollisionModel(params, robot)
        self._scene = CollisionScene(params, self._model)
        self._checker = ConstraintChecker(params, robot, self._model)
        self._optimiser = StepOptimiser(params, robot, self._model, self._checker)
        self._tracking = Tracking(params, robot, self._checker, self._model)
        self._report = ReportBuilder(self.inputs, self.votes, self._checker, self.loop)
        self._is_disarming, self._latch_reason, self._scene_fault = False, '', ''
        self._now, self._cycle = -np.inf, 0  # s, of the last cycle, and its number
        self._step: OptimisedStep | None = None

    def on_joints(self, joints: JointState, now: float | None = None) -> str:
        """Take a joint sample (now None: of the next cycle); return why it is unused, or ''."""
        return self.inputs.put_joints(joints, now)

    def on_target(self, target: Target, now: float) -> None:
        """Take a target of the lease's holder; anybody else's is refused, and reported."""
        if not self.leases.refusal(target, now):
            self.inputs.put_target(target, now)

    def on_dead_man(self, is_held: bool, now: float) -> None:
        """Take the state of the enabling switch, which teleoperation needs."""
        self._needs.put_dead_man(is_held, now)

    def on_vote(self, vote: SafetyVote, now: float) -> None:
        """Take a vote."""
        self.votes.put(vote, now)

    def on_scene(self, scene: GroundedScene, now: float | None = None) -> None:
        """Take a scene; its objects stay until the next one."""
        if self.inputs.put_scene(scene, now):
            self._scene_fault = self._scene.update(scene)
            self._checker.on_scene(self.reference.state.position)

    def record_cycle(self, work_ms: float, period_ms: float) -> None:
        """Record the host's work time in its last cycle, and the time since the cycle before."""
        self.loop.put(work_ms, period_ms, self._now)

    def arm(self, now: float) -> str:
        """Enable motion; return why that is refused, or ''."""
        if self.state == ArmState.ARMED and not self._is_disarming:
            return ''
        if self.state != ArmState.DISARMED:
            return self._latch_reason or 'still braking'
        self.inputs.begin_cycle(now)
        why = self.inputs.arming_fault(now) or self.votes.stop_reason() or self.votes.missing(now)
        why = why or self.inputs.scaling_fault(now)
        if not why and not np.all(np.abs(self.inputs.velocity) <= self.params.still_speed):
            why = 'the robot is moving'
        if why:
            return why
        self.reference.reset(self.inputs.q)
        self.grippers.reset(self.inputs)
        self._tracking.reset()
        self._checker.prepare(self.inputs.q, np.zeros(len(self.inputs.q)))
        self._timeline.begin(now, self.inputs.q, self.inputs.scaling.share)
        self.state, self._is_disarming = ArmState.ARMED, False
        return ''

    def disarm(self, now: float) -> None:
        """Brake, then stop commanding."""
        self._is_disarming = self.state == ArmState.ARMED

    def reset(self, now: float) -> str:
        """Change from LATCHED to DISARMED; return why that is refused, or ''."""
        if self.state == ArmState.ARMED:
            return ''
        if not self.reference.is_at_rest:
            return 'still braking'
        why = self.votes.release(now)  # a STOP may have come while disarmed, too
        if not why:
            self.state, self._latch_reason = ArmState.DISARMED, ''
        return why

    def tick(self, now: float) -> ShieldOutput:
        """Run one cycle; while armed or latched it always returns a command."""
        self._cycle += 1
        reference, timeline = self.reference, self._timeline
        before = reference.state, reference.joint_range
        self._before = (*before, timeline.state, self.grippers.state)
        self._check_clock(now)
        self.inputs.begin_cycle(now)
        self._update_model()
        if self.state == ArmState.DISARMED:
            return ShieldOutput((), (), self._build_report(now, DISARMED))
        decision = self._decide(now)
        self._advance(now, decision)
        decision = final_decision(decision, self._step, self._checker, self.inputs.scaling)
        if self._is_disarming and reference.is_at_rest:
            self.state, self._is_disarming = ArmState.DISARMED, False
        arms = tuple(
            part_of(timeline.message(self.robot.joint_names, reference.state, share), part)
            for part, share in zip(self._model.tree.slices, self.inputs.shares, strict=True)
        )
        grippers, goals = self.grippers.commands(self.inputs, now, timeline.gripper_lead)
        return ShieldOutput(arms, grippers, self._build_report(now, decision), goals)

    def roll_back(self) -> None:
        """Undo the last cycle, whose command was not sent: the stop before it is played."""
        reference, timeline = self.reference, self._timeline
        reference.state, reference.joint_range, timeline.state, self.grippers.state = self._before

    def _check_clock(self, now: float) -> None:
        if now < self._now - 1e-6 or not np.isfinite(now):
            self.inputs.clear()
            self.leases.clear()
            self._needs.clear()
            self.votes.clear()
            self._scene.clear_history()
            self.loop.clear()
            self._tracking.clear()
            self._timeline.jump(now)
        self._now = now

    def _update_model(self) -> None:
        inputs = self.inputs
        self._scene.record_joints(inputs.joints_stamp, inputs.q)
        self._checker.offset = self._tracking.update(inputs, self.reference.state.position)
        if self.state == ArmState.DISARMED:
            self.grippers.reset(inputs)
        if self._model.update_widths(self.grippers.furthest(inputs)):
            self._checker.on_fingers()

    def _decide(self, now: float) -> CycleDecision:
        """The first reason against motion, most severe first, or PERMITTED."""
        inputs, task = self.inputs, self.inputs.target.task_id if self.inputs.target else ''
        vote = self.votes.permission(now, task)
        if vote.level == Level.STOP:
            self.state, self._latch_reason = ArmState.LATCHED, vote.reason
            self._is_disarming = False
        self._checker.scale = (
            min(vote.scale, self.loop.scale(now)) if vote.level < Level.HOLD else 1.0
        )
        joints = inputs.joints_fault(now)
        if joints:
            return CycleDecision(inputs.joints_response, joints, ('joints',))
        if self.state == ArmState.LATCHED:
            why = f'latched: {self._latch_reason}'
            return CycleDecision(Decision.BRAKE, why, ('latch', *vote.rules))
        if self._is_disarming:
            return CycleDecision(Decision.HOLD, 'disarming', ('disarm',))
        self._holds.clear()
        held = self._holds.check_targets(now)
        if held is not None:
            return held
        if vote.level >= Level.HOLD:
            return CycleDecision(Decision.HOLD, vote.reason, vote.rules)
        return self._own_hold(now) or CycleDecision(PERMITTED, vote.reason, vote.rules)

    def _own_hold(self, now: float) -> CycleDecision | None:
        """A HOLD by the shield's own checks, without a vote for it."""
        if self._scene_fault:
            return CycleDecision(Decision.HOLD, self._scene_fault, ('scene',))
        held, why = self._holds.check_sources(now), self.inputs.scaling_fault(now)
        if held is not None or why:
            return held or CycleDecision(Decision.HOLD, why, (SCALING,))
        if self.loop.has_long_overrun(now, self.params.dwell):
            return CycleDecision(Decision.HOLD, 'overrun of a shield cycle', ('loop',))
        return self._tracking.check(self.reference, self.inputs)

    def _advance(self, now: float, decision: CycleDecision) -> None:
        """Advance the reference to the next period. States lie on a fixed grid of time: a late
        cycle skips the part of the stop that was played, an early one repeats the last command."""
        timeline, reference = self._timeline, self.reference
        self._step = None
        timeline.tick(now, self.inputs.scaling.share)
        reference.step = timeline.step
        if timeline.is_far:
            reference.reset(reference.state.ramp.end)
            timeline.begin(now, reference.state.position, timeline.scaling)
        while timeline.is_late:
            reference.accept(reference.stop())
            timeline.put(reference.state)
        if timeline.is_due:
            self._move(decision)
            timeline.put(reference.state)

    def _move(self, decision: CycleDecision) -> None:
        inputs, reference, dt = self.inputs, self.reference, self.params.period
        requests: list[ArmRequest | None] = [None] * len(inputs.arms)
        if decision.decision == PERMITTED:
            for k, arm in enumerate(inputs.arms):
                if self._holds.decisions[k] is None:
                    requests[k] = ArmRequest(arm.motion, arm.excess_latency(self._timeline.due))
            self._step = self._optimiser.solve(reference, requests)
            reference.accept(self._step.candidate)
        elif decision.return_to is not None:
            requests[decision.arm] = ArmRequest(standstill(decision.return_to), 0.0)
            reference.accept(self._optimiser.solve(reference, requests).candidate)
        else:
            self._checker.prepare(reference.state.position, np.zeros(len(inputs.q)))
            reference.accept(reference.stop())
        may_move = [decision.decision == PERMITTED and r is not None for r in requests]
        self.grippers.step(inputs, may_move, dt, self._allows_width)

    def _allows_width(self, gripper: int, width: float) -> bool:
        return self._checker.allows_width(gripper, width, self.reference.state)

    def _build_report(self, now: float, decision: CycleDecision) -> ShieldReport:
        held = self._holds.reasons if decision.is_moving else ()
        return self._report.build((now, self._cycle), self.state, decision, self._step, held)
