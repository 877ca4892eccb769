"""The controller: chunks and planned moves in, one target per period out, under every input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_control.chunks.player import ChunkPlayer
from vla_control.chunks.validity import Expected
from vla_control.moves.contact_estimator import ContactEstimator
from vla_control.moves.executed_path import ExecutedPath, PathPoint
from vla_control.moves.phase_move import MOVE_PHASES, PhaseMove
from vla_control.moves.rollback import Rollback
from vla_control.params import ControlParams
from vla_control.tracking.arm_measurement import ArmMeasurement, arm_measurement
from vla_control.tracking.servo import DEADBAND, STILL, Servo
from vla_control.tracking.speed_scaling import SpeedScaling
from vla_core.frozen import Array
from vla_core.records.action import ActionChunk, Contact, ControlState, Source, Target
from vla_core.records.safety import ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_states.merger import JointStateMerger
from vla_core.robot.model import RobotModel

MIN_PERIOD = 1e-4  # s, an earlier cycle repeats the last target
MAX_PERIODS = 3.0  # a later cycle counts as this long


class Controller:
    """Owns the commanded state; deterministic in its inputs and `now`."""

    def __init__(self, params: ControlParams, robot: RobotConfig) -> None:
        params = params.for_lag(robot.arm.controller.lag)
        self.params, self.robot = params, robot
        self.merger = JointStateMerger(robot)
        self.servo = Servo(RobotModel(robot), params)
        self.player = ChunkPlayer(params, self.servo)
        self.contacts, self.path = ContactEstimator(robot.gripper), ExecutedPath()
        rollback = Rollback(params, self.servo, self.path, self.contacts)
        self.phase_move = PhaseMove(params, self.servo, rollback)
        self.speed_scaling = SpeedScaling(params)
        self.task_id, self.phase = '', Phase.IDLE
        self.reason = ''  # why the last chunk was refused
        self._measured: ArmMeasurement | None = None
        # full name of the node that sends the targets; False: another moves the arm
        self.holder, self.has_lease = '/control', True
        self._opening: float | None = None  # m, commanded to the gripper
        self._source = Source.NONE
        self._last_tick: float | None = None  # s, ROS time
        self._requested_rate = 1.0  # of control's clock, from the last cycle

    def on_joints(self, joints: JointState) -> None:
        """Store a joint state, or the part of it that arm or gripper published."""
        merged = self.merger.merge(joints)
        if merged is None:
            return
        measured = arm_measurement(merged, self.robot.joint_names, self.robot.gripper)
        if measured is None:
            return
        if self._measured is not None and measured.stamp < self._measured.stamp - 1.0:
            self.restart()
        if self._measured is None:
            self.servo.reset(measured.q)
            self._opening = measured.opening if self._opening is None else self._opening
        if self._measured is None or measured.stamp > self._measured.stamp:
            self._measured = measured
            self.player.history.put(measured.stamp, measured.q)

    def on_chunk(self, chunk: ActionChunk, now: float) -> str:
        """Execute this chunk from now on; return the reason when it is refused."""
        last, names = self.player, self.robot.joint_names
        expected = Expected(self.task_id, self.phase, last.seq, last.stamp, names)
        self.reason = (
            'no joint states yet'
            if self._measured is None
            else self.player.put(chunk, expected, now)
        )
        return self.reason

    def refuse(self, reason: str) -> None:
        """Store why the last chunk message was invalid."""
        self.reason = reason

    def on_status(self, status: TaskStatus, now: float) -> None:
        """Follow the task: every change of task or phase ends the motion being executed."""
        if status.task_id != self.task_id:
            self.player.new_task()
        elif status.phase == self.phase:
            return
        self.task_id, self.phase, self.reason = status.task_id, status.phase, ''
        self.player.clear()
        if status.phase in MOVE_PHASES:
            self._stop_closing()
        self.phase_move.begin(status.phase)

    def _stop_closing(self) -> None:
        """Stop closing fingers that hold nothing yet: the move would drag what they grip."""
        if self._measured is not None and self.contacts.contact == Contact.NONE:
            self._command_opening(max(self._opening or 0.0, self._measured.opening))

    def on_scene(self, scene: GroundedScene) -> None:
        """Store the objects at the gripper and below it."""
        self.contacts.scene = scene

    def on_report(self, report: ShieldReport, now: float) -> None:
        """Store what the shield allows."""
        self.speed_scaling.on_report(report, now)

    def tick(self, now: float) -> Target | None:
        """Return the target at `now`; None until the first joint state."""
        if self._measured is None or self._opening is None:
            return None
        dt = self.params.period if self._last_tick is None else now - self._last_tick
        if dt > MIN_PERIOD:
            self._advance(now, min(dt, MAX_PERIODS * self.params.period), self._measured)
            self._last_tick = now
        return self._target(now, self._opening)

    def state(self, now: float) -> ControlState:
        """Return the state of control, for the supervisor."""
        state = ControlState(
            stamp=now,
            moving=self._source != Source.NONE and not self._is_done(),
            move_done=self._is_done(),
            reason=self.reason,
            chunk_seq=self.player.seq,
            executed_steps=self.player.executed_steps(now),
            lateness=self.player.lateness,
            phase=self.phase,
            task_id=self.task_id,
            contact=self.contacts.contact,
            move_problem=self.phase_move.problem,
        )
        if self._measured is None:
            return state
        x, y, z = map(float, self.servo.model.fk(self._measured.q)[:3, 3])
        at_home = self._is_at(self.servo.model.home)
        return replace(state, at_home=at_home, tcp=(x, y, z), gripper=self._measured.opening)

    def _advance(self, now: float, dt: float, measured: ArmMeasurement) -> None:
        """Advance the command by one period."""
        self._source = Source.NONE
        age = now - measured.stamp
        if not -self.params.future_tolerance <= age <= self.params.joints_max_age:
            self._pause(now, dt)
            self.servo.brake(dt)
        elif self.speed_scaling.is_disarmed() or not self.has_lease:
            self._pause(now, dt)
            self._follow_measured(measured, dt)
        elif self.speed_scaling.is_held(now):
            self._pause(now, dt)
            self.servo.converge(measured.q, measured.v, dt)
        else:
            self._execute(now, dt, measured)
            self._record(now, measured)

    def _record(self, now: float, measured: ArmMeasurement) -> None:
        """Record the contact, and the executed path except during a roll-back."""
        tool = self.servo.pose[:3, 3]
        self.contacts.update(measured, self._opening or 0.0, tool)
        if self.phase != Phase.ROLLBACK:
            point = PathPoint(now, self.servo.q, tool, measured.opening, self.contacts.contact)
            self.path.put(point)

    def _pause(self, now: float, dt: float) -> None:
        """Slow control's clock to a stop; a planned move is replanned afterwards."""
        self.player.progress.advance(now, self.speed_scaling.update(0.0, dt))
        self.phase_move.pause()

    def _follow_measured(self, measured: ArmMeasurement, dt: float) -> None:
        """Execute nothing: the command equals the measured arm, and no motion is resumed."""
        self.player.clear()
        if np.abs(measured.q - self.servo.q).max() > DEADBAND:
            self.servo.reset(measured.q)
        else:
            self.servo.brake(dt)

    def _execute(self, now: float, dt: float, measured: ArmMeasurement) -> None:
        """Follow the chunk or the planned move as fast as the arm can."""
        scaling, servo = self.speed_scaling, self.servo
        rate = scaling.update(min(self._requested_rate, scaling.shield_rate), dt)
        is_playing = self.player.chunk is not None  # before the first chunk nothing is executed
        self.player.progress.advance(now, rate if is_playing else 0.0)
        reference = self._reference(now, rate * dt)
        self._requested_rate = 1.0
        if reference is None:
            servo.brake(dt)
            return
        desired = servo.set_reference(reference, dt)
        tracking = scaling.tracking_rate(servo.q - measured.q, servo.tracker.v, desired)
        servo.tracker.bound(measured.q, scaling.max_lead(servo.tracker.v))
        following = scaling.reference_rate(servo.reference_error, servo.tool_speed)
        self._requested_rate = min(tracking, following)
        servo.follow(dt)

    def _reference(self, now: float, advance: float) -> Array | None:
        """Return the reference of the phase, pose (4, 4) or joints (n,); None to hold."""
        if self.phase in MOVE_PHASES:
            self._source = Source.PLANNER
            self._command_opening(self.phase_move.opening())
            return self.phase_move.reference(now, advance)
        reference = self.player.reference(now)
        if reference is None:
            return None
        self._source = Source.POLICY
        self._command_opening(self.player.opening(now))
        return reference

    def _command_opening(self, opening: float | None) -> None:
        """Command the gripper opening in m; None keeps the last one."""
        if opening is not None:
            gripper = self.robot.gripper
            self._opening = min(max(opening, gripper.closed_width), gripper.open_width)

    def _target(self, now: float, opening: float) -> Target:
        tracker = self.servo.tracker
        chunk = self.player.chunk if self._source == Source.POLICY else None
        return Target(
            stamp=now, task_id=self.task_id, names=self.robot.joint_names,
            position=tracker.q, velocity=tracker.v, gripper=opening, source=self._source,
            chunk_seq=chunk.seq if chunk else -1,
            chunk_stamp=chunk.stamp if chunk else 0.0,
            holder=self.holder,
        )  # fmt: skip

    def _is_at(self, goal: Array) -> bool:
        """True when the measured arm is at rest at `goal` (n,) rad."""
        here = self._measured
        if here is None or not np.abs(here.q - goal).max() <= self.params.goal_tolerance:
            return False
        return bool(np.abs(here.v).max() <= STILL)

    def _is_done(self) -> bool:
        """True when the planned move of this phase has arrived."""
        if self.phase not in MOVE_PHASES or not self.phase_move.has_arrived:
            return False
        return bool(np.abs(self.servo.tracker.v).max() <= STILL) and self._is_at(self.servo.q)

    def restart(self) -> None:
        """Discard all state: the ROS clock jumped."""
        self._measured = self._last_tick = None
        self.player.new_task()
        self.player.history.clear()
        self.player.progress.clear()
        self.path.clear()
        self.phase_move.pause()
