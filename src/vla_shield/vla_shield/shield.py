"""The shield: every cycle one certified command with its own stop, or the stop itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.records.action import Source, Target, Trajectory
from vla_core.records.safety import ArmState, Decision, Level, SafetyVote, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_shield.command.gripper import GripperCommand
from vla_shield.command.reference import Reference, joined
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.collision_scene import CollisionScene
from vla_shield.decision import DISARMED, FREE, CycleDecision
from vla_shield.inputs.buffer import InputBuffer
from vla_shield.inputs.target_motion import standstill
from vla_shield.inputs.votes import Votes
from vla_shield.monitoring.loop_timing import LoopTiming
from vla_shield.monitoring.tracking_faults import TrackingFaultDetector
from vla_shield.optimiser.step import OptimisedStep, StepOptimiser
from vla_shield.params import ShieldParams
from vla_shield.report import ReportBuilder, outcome

__all__ = ['Shield', 'ShieldOutput', 'ShieldParams']


@dataclass(frozen=True)
class ShieldOutput:
    """What goes out in one cycle; nothing for the robot while disarmed."""

    arm: Trajectory | None
    gripper: Trajectory | None
    report: ShieldReport


class Shield:
    """Takes joints, target, votes and scene; `tick` gives the command. Times are ROS times, s."""

    def __init__(self, params: ShieldParams, robot: RobotConfig) -> None:
        self.params = params
        self.robot = robot
        self.state = ArmState.DISARMED
        self.intake = InputBuffer(params, robot)
        self.votes = Votes(params)
        self.loop = LoopTiming()
        self.reference = Reference(robot.limits, params)
        self.grip = GripperCommand(robot.gripper)
        self._body = CollisionModel(params, robot)
        self._world = CollisionScene(params, self._body)
        self._guard = ConstraintChecker(params, robot, self._body)
        self._steer = StepOptimiser(params, robot, self._body, self._guard)
        self._suspicion = TrackingFaultDetector(params, self._guard, self._body)
        self._account = ReportBuilder(self.intake, self.votes, self._guard, self.loop)
        self._is_leaving = False
        self._latch = ''  # why, while latched
        self._scene_fault = ''
        self._width = -1.0  # m, of the fingers in the body
        self._now = -np.inf  # s, of the last cycle
        self._node_time = 0.0  # s, when the reference is to be reached
        self._cycle = 0
        self._step: OptimisedStep | None = None

    def on_joints(self, joints: JointState, now: float | None = None) -> None:
        """A sample of the joints; without `now` it counts as received in the next cycle."""
        self.intake.put_joints(joints, now)

    def on_target(self, target: Target, now: float) -> None:
        """What control asks for."""
        self.intake.put_target(target, now)

    def on_vote(self, vote: SafetyVote, now: float) -> None:
        """A permission, or a refusal."""
        self.votes.put(vote, now)

    def on_scene(self, scene: GroundedScene, now: float | None = None) -> None:
        """What is around; objects stay until the next scene."""
        if self.intake.put_scene(scene, now):
            self._scene_fault = self._world.update(scene)
            self._guard.on_world(self.reference.now.position)

    def note_loop(self, ms: float, period_ms: float) -> None:
        """How long the host's last cycle worked, and how long after the one before it began."""
        self.loop.put(ms, period_ms, self._now)

    def arm(self, now: float) -> str:
        """Begin to move; return why not, or ''."""
        if self.state == ArmState.ARMED and not self._is_leaving:
            return ''
        if self.state != ArmState.DISARMED:
            return self._latch or 'still braking'
        self.intake.stamp_arrivals(now)
        why = self.intake.arming_fault(now) or self.votes.stop_reason() or self.votes.missing(now)
        if not why and not np.all(np.abs(self.intake.velocity) <= self.params.still_speed):
            why = 'the robot is moving'
        if why:
            return why
        self.reference.place(self.intake.q)
        self.grip.place(self.intake.width)
        self._suspicion.clear()
        self._guard.sag.clear()
        self._node_time, self.state, self._is_leaving = now, ArmState.ARMED, False
        return ''

    def disarm(self, now: float) -> None:
        """Brake, then let go."""
        self._is_leaving = self.state == ArmState.ARMED

    def reset(self, now: float) -> str:
        """Leave the latch for DISARMED; return what still stands against it, or ''."""
        if self.state == ArmState.ARMED:
            return ''
        if not self.reference.is_at_rest:
            return 'still braking'
        why = self.votes.release(now)  # a STOP may have come while disarmed, too
        if not why:
            self.state, self._latch = ArmState.DISARMED, ''
        return why

    def tick(self, now: float) -> ShieldOutput:
        """One cycle; while armed or latched always with a command."""
        self._cycle += 1
        self._before = self.reference.now, self.reference.span, self._node_time, self.grip.width
        self._watch_clock(now)
        self.intake.stamp_arrivals(now)
        self._follow_body()
        if self.state == ArmState.DISARMED:
            return ShieldOutput(None, None, self._report(now, DISARMED))
        verdict = self._verdict(now)
        lead = self._advance(now, verdict)
        verdict = outcome(verdict, self._step, self._guard.scale)
        if self._is_leaving and self.reference.is_at_rest:
            self.state, self._is_leaving = ArmState.DISARMED, False
        arm = self._trajectory(now, lead)
        return ShieldOutput(arm, self.grip.trajectory(now, lead), self._report(now, verdict))

    def take_back(self) -> None:
        """The last command was not sent: the controller plays the stop of the one before it."""
        self.reference.now, self.reference.span, self._node_time, self.grip.width = self._before

    def _watch_clock(self, now: float) -> None:
        if now < self._now - 1e-6 or not np.isfinite(now):
            self.intake.clear()
            self.votes.clear()
            self._world.forget()
            self.loop.clear()
            self._suspicion.clear()
            self._node_time = now
        self._now = now

    def _follow_body(self) -> None:
        intake = self.intake
        self._world.remember(intake.joints.stamp, intake.q)
        self._guard.follow(intake.q, self.reference.now.position)
        if abs(intake.width - self._width) > 5e-4:
            self._width = intake.width
            self._body.set_width(intake.width)
            self._guard.on_fingers()

    def _verdict(self, now: float) -> CycleDecision:
        """The first of these that stands against moving, most severe first."""
        intake, task = self.intake, self.intake.target.task_id if self.intake.target else ''
        vote = self.votes.permission(now, task)
        if vote.level == Level.STOP:
            self.state, self._latch, self._is_leaving = ArmState.LATCHED, vote.reason, False
        self._guard.scale = (
            min(vote.scale, self.loop.scale(now)) if vote.level < Level.HOLD else 1.0
        )
        joints = intake.joints_fault(now)
        if joints:
            return CycleDecision(Decision.BRAKE, joints, ('joints',))
        if self.state == ArmState.LATCHED:
            return CycleDecision(Decision.BRAKE, f'latched: {self._latch}', ('latch', *vote.rules))
        if self._is_leaving:
            return CycleDecision(Decision.HOLD, 'disarming', ('disarm',))
        fault = intake.target_fault()
        if fault:
            return CycleDecision(Decision.REJECTED, fault, ('target',))
        why = intake.target_staleness(now)
        if why:
            return CycleDecision(Decision.HOLD, why, ('target:stale',))
        if vote.level >= Level.HOLD:
            return CycleDecision(Decision.HOLD, vote.reason, vote.rules)
        return self._doubt(now) or CycleDecision(FREE, vote.reason, vote.rules)

    def _doubt(self, now: float) -> CycleDecision | None:
        """Reasons to hold although nobody asks for it."""
        intake, target = self.intake, self.intake.target
        if self._scene_fault:
            return CycleDecision(Decision.HOLD, self._scene_fault, ('scene',))
        if target is not None and target.source == Source.POLICY and intake.scene_fault(now):
            return CycleDecision(Decision.HOLD, intake.scene_fault(now), ('scene:stale',))
        if target is not None and target.chunk_seq >= 0:
            age = now - target.chunk_stamp
            if not -self.params.future_tolerance <= age <= self.params.observation_timeout:
                return CycleDecision(
                    Decision.HOLD, f'chunk from {age:.2f} s ago', ('chunk:stale',)
                )
        if self.loop.hangs(now, self.params.dwell):
            return CycleDecision(Decision.HOLD, 'the shield itself was late', ('loop',))
        return self._suspicion.look(self.reference, intake)

    def _advance(self, now: float, verdict: CycleDecision) -> float:
        """Move the reference on to the next period; return how far ahead of now it lies, s. States
        lie on a fixed grid of time: a late cycle has played some of the stop, an early one repeats
        what it sent."""
        dt, reference = self.params.period, self.reference
        self._step = None
        if abs(self._node_time - now) > 1.0:
            reference.place(reference.now.ramp.end)
            self._node_time = now
        while self._node_time + dt - now < 0.5 * dt:
            reference.accept(reference.stop())
            self._node_time += dt
        if self._node_time + dt - now <= 1.5 * dt:
            self._move(verdict)
            self._node_time += dt
        return self._node_time - now

    def _move(self, verdict: CycleDecision) -> None:
        target, fingers, dt = self.intake.target, self.intake.fingers, self.params.period
        if verdict.decision != FREE or target is None:
            self.grip.keep(fingers, dt)
            if verdict.ease_to is not None:
                wish = standstill(verdict.ease_to)
                self.reference.accept(self._steer.step(self.reference, wish, 0.0).candidate)
            else:
                self._guard.look(self.reference.now.position, np.zeros(len(self.intake.q)))
                self.reference.accept(self.reference.stop())
            return
        late = self.intake.lateness(self._node_time)
        self._step = self._steer.step(self.reference, self.intake.wish, late)
        self.reference.accept(self._step.candidate)
        self.grip.move(target.gripper, fingers, dt)

    def _trajectory(self, now: float, lead: float) -> Trajectory:
        """The certified state `lead` s from now, then the stop."""
        state = self.reference.now
        stop = state.stop
        times, path, speeds = joined(
            lead, state.position, state.velocity, stop.times, stop.position, stop.velocity
        )
        return Trajectory(now, self.robot.joint_names, times, path, speeds)

    def _report(self, now: float, verdict: CycleDecision) -> ShieldReport:
        return self._account.report((now, self._cycle), self.state, verdict, self._step)
