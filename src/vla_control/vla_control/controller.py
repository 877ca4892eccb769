"""Control: chunks and planned moves in, one target out, every period, whatever comes."""

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
from vla_core.robot.joint_state_merger import JointStateMerger
from vla_core.robot.model import RobotModel

MIN_PERIOD = 1e-4  # s, a cycle that comes sooner repeats the last target
MAX_PERIODS = 3.0  # a cycle that comes later than this counts as this long


class Controller:
    """Owns the commanded state; a pure function of what it was told and of `now`."""

    def __init__(self, params: ControlParams, robot: RobotConfig) -> None:
        self.params, self.robot = params, robot
        self._whole = JointStateMerger(robot)
        self.motion = Servo(RobotModel(robot), params)
        self.player = ChunkPlayer(params, self.motion)
        self.sense, self.memory = ContactEstimator(robot.gripper), ExecutedPath()
        rollback = Rollback(params, self.motion, self.memory, self.sense)
        self.planned = PhaseMove(params, self.motion, rollback)
        self.pace = SpeedScaling(params)
        self.task_id, self.phase = '', Phase.IDLE
        self.reason = ''  # why the last chunk was refused
        self._measured: ArmMeasurement | None = None
        self._opening: float | None = None  # m, asked of the gripper
        self._source = Source.NONE
        self._ticked: float | None = None  # s, ROS time
        self._wanted = 1.0  # rate of control's clock that the last cycle asked for

    def on_joints(self, joints: JointState) -> None:
        """Take in a joint state or a part of it; KeyError names joints that half an arm lacks."""
        whole = self._whole.put(joints)
        if whole is None:
            return
        measured = arm_measurement(whole, self.robot.joint_names, self.robot.gripper)
        if measured is None:
            return
        if self._measured is not None and measured.stamp < self._measured.stamp - 1.0:
            self._forget()
        if self._measured is None:
            self.motion.reset(measured.q)
            self._opening = measured.opening if self._opening is None else self._opening
        if self._measured is None or measured.stamp > self._measured.stamp:
            self._measured = measured
            self.player.history.put(measured.stamp, measured.q)

    def on_chunk(self, chunk: ActionChunk, now: float) -> str:
        """Execute this chunk from now on; why not, when it is refused."""
        expected = Expected(self.task_id, self.phase, self.player.seq, self.robot.joint_names)
        self.reason = (
            'no joint states yet'
            if self._measured is None
            else self.player.put(chunk, expected, now)
        )
        return self.reason

    def refuse(self, reason: str) -> None:
        """A chunk came that is none, and this is why."""
        self.reason = reason

    def on_status(self, status: TaskStatus, now: float) -> None:
        """Follow the task: every change of task or phase ends what was being executed."""
        if status.task_id != self.task_id:
            self.player.new_task()
        elif status.phase == self.phase:
            return
        self.task_id, self.phase, self.reason = status.task_id, status.phase, ''
        self.player.clear()
        if status.phase in MOVE_PHASES:
            self._rest_fingers()
        self.planned.begin(status.phase)

    def _rest_fingers(self) -> None:
        """Fingers that are closing and hold nothing yet stop where they are: the next move would
        take along what they close on."""
        if self._measured is not None and self.sense.contact == Contact.NONE:
            self._ask(max(self._opening or 0.0, self._measured.opening))

    def on_scene(self, scene: GroundedScene) -> None:
        """See what is at the hand, and what is under it."""
        self.sense.scene = scene

    def on_report(self, report: ShieldReport, now: float) -> None:
        """Hear what the shield lets through."""
        self.pace.on_report(report, now)

    def tick(self, now: float) -> Target | None:
        """What the arm is asked to do now; None until the first joint state."""
        if self._measured is None or self._opening is None:
            return None
        dt = self.params.period if self._ticked is None else now - self._ticked
        if dt > MIN_PERIOD:
            self._move(now, min(dt, MAX_PERIODS * self.params.period), self._measured)
            self._ticked = now
        return self._target(now, self._opening)

    def state(self, now: float) -> ControlState:
        """What control is doing, for the supervisor."""
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
            contact=self.sense.contact,
            move_problem=self.planned.problem,
        )
        if self._measured is None:
            return state
        x, y, z = (float(v) for v in self.motion.model.fk(self._measured.q)[:3, 3])
        at_home = self._is_near(self.motion.model.home)
        return replace(state, at_home=at_home, tcp=(x, y, z), gripper=self._measured.opening)

    def _move(self, now: float, dt: float, measured: ArmMeasurement) -> None:
        """Move the command on by one period."""
        self._source = Source.NONE
        age = now - measured.stamp
        if not -self.params.future_tolerance <= age <= self.params.joints_max_age:
            self._pause(now, dt)
            self.motion.brake(dt)
        elif self.pace.is_disarmed():
            self._pause(now, dt)
            self._stand(measured, dt)
        elif self.pace.is_held(now):
            self._pause(now, dt)
            self.motion.glide(measured.q, measured.v, dt)
        else:
            self._play(now, dt, measured)
            self._remember(now, measured)

    def _remember(self, now: float, measured: ArmMeasurement) -> None:
        """Note what the hand touches, and the way; not while it is gone back."""
        tool = self.motion.pose[:3, 3]
        self.sense.update(measured, self._opening or 0.0, tool)
        if self.phase != Phase.ROLLBACK:
            point = PathPoint(now, self.motion.q, tool, measured.opening, self.sense.contact)
            self.memory.put(point)

    def _pause(self, now: float, dt: float) -> None:
        """Let control's clock come to a stop; a planned move is planned again afterwards."""
        self.player.progress.advance(now, self.pace.update(0.0, dt))
        self.planned.pause()

    def _stand(self, measured: ArmMeasurement, dt: float) -> None:
        """Nothing is executed: the command is where the arm is, and nothing is left to resume."""
        self.player.clear()
        if np.abs(measured.q - self.motion.q).max() > DEADBAND:
            self.motion.reset(measured.q)
        else:
            self.motion.brake(dt)

    def _play(self, now: float, dt: float, measured: ArmMeasurement) -> None:
        """Follow the chunk or the planned move as fast as the arm can."""
        rate = self.pace.update(min(self._wanted, self.pace.allowed), dt)
        is_playing = self.player.chunk is not None  # before the first chunk nothing is executed
        self.player.progress.advance(now, rate if is_playing else 0.0)
        reference = self._reference(now, rate * dt)
        self._wanted = 1.0
        if reference is None:
            self.motion.brake(dt)
            return
        wish = self.motion.aim(reference, dt)
        leash = self.pace.leash(self.motion.q - measured.q, self.motion.tracker.v, wish)
        self.motion.tracker.tie(measured.q, self.pace.reach(self.motion.tracker.v))
        self._wanted = min(leash, self.pace.gap(self.motion.gap, self.motion.tool_speed))
        self.motion.go(dt)

    def _reference(self, now: float, advance: float) -> Array | None:
        """Where the phase wants the arm, pose (4, 4) or joints (n,); None to hold."""
        if self.phase in MOVE_PHASES:
            self._source = Source.PLANNER
            self._ask(self.planned.opening())
            return self.planned.reference(now, advance)
        reference = self.player.reference(now)
        if reference is None:
            return None
        self._source = Source.POLICY
        self._ask(self.player.opening(now))
        return reference

    def _ask(self, opening: float | None) -> None:
        """Ask the fingers for `opening` m; None: as before."""
        if opening is not None:
            gripper = self.robot.gripper
            self._opening = min(max(opening, gripper.closed_width), gripper.open_width)

    def _target(self, now: float, opening: float) -> Target:
        tracker = self.motion.tracker
        chunk = self.player.chunk if self._source == Source.POLICY else None
        return Target(
            stamp=now,
            task_id=self.task_id,
            names=self.robot.joint_names,
            position=tracker.q,
            velocity=tracker.v,
            gripper=opening,
            source=self._source,
            chunk_seq=chunk.seq if chunk else -1,
            chunk_stamp=chunk.stamp if chunk else 0.0,
        )

    def _is_near(self, goal: Array) -> bool:
        """True when the arm, as measured, stands at `goal` (n,) rad."""
        if self._measured is None:
            return False
        is_there = np.abs(self._measured.q - goal).max() <= self.params.arrived
        return bool(is_there and np.abs(self._measured.v).max() <= STILL)

    def _is_done(self) -> bool:
        """True when the planned move of this phase has arrived."""
        if self.phase not in MOVE_PHASES or not self.planned.has_played:
            return False
        return bool(np.abs(self.motion.tracker.v).max() <= STILL) and self._is_near(self.motion.q)

    def _forget(self) -> None:
        """The ROS clock jumped back: nothing that was known is true."""
        self._measured = self._ticked = None
        self.player.new_task()
        self.player.history.clear()
        self.player.progress.clear()
        self.memory.clear()
        self.planned.pause()
