"""State machine of a task, without clock or ROS: what each phase waits for, and what follows.

GROUNDING (via the home pose if the arm is elsewhere), RUNNING, DONE, RETREAT, HOMING, IDLE. Faults
go through the graded response (graded_response.py), interruptions through preemption.py.
"""

from __future__ import annotations

from vla_core.records.scene import GroundedScene
from vla_core.records.task import Phase, ResultCode
from vla_supervisor.execution.commands import HostAction
from vla_supervisor.execution.graded_response import (
    NO_REACTION,
    GradedResponse,
    ResponseLevel,
    TaskConditions,
)
from vla_supervisor.execution.grounding_filter import GroundingDecision, GroundingResult
from vla_supervisor.execution.preemption import (
    AfterRelease,
    has_arrived,
    release_phase,
    retreat_phase,
)
from vla_supervisor.execution.task_execution import MOVING, PLANNED, TaskExecution
from vla_supervisor.execution.task_inputs import TaskInputs
from vla_supervisor.params import ExecutiveParams

HOME_AFTER = (ResultCode.TIMEOUT, ResultCode.FAILED)  # hold position after any stop


class TaskPhases:
    """Advances `state` by its phase and the inputs."""

    def __init__(self, params: ExecutiveParams, inputs: TaskInputs) -> None:
        self.params, self.inputs = params, inputs
        self.state = TaskExecution(params, inputs)
        self.response = GradedResponse(params.response)
        self.reaction = NO_REACTION  # of the last tick
        self._ticks = {
            Phase.GROUNDING: self._ground,
            **dict.fromkeys(PLANNED, self._await_move),
            Phase.ASKING: self._await_answer,
            Phase.DONE: self._end,
            Phase.FAILED: self._end,
        }

    def on_scene(self, scene: GroundedScene, now: float) -> None:
        """Ground the target, or detect success."""
        state, control = self.state, self.inputs.control
        if scene.task_id != state.status.task_id:
            return
        if state.status.phase == Phase.GROUNDING:
            state.grounding.on_scene(scene)
        elif state.status.phase == Phase.RUNNING and control is not None:
            lasted = state.success.on_scene(scene, control)
            if lasted >= self.params.done_after:
                state.finish(ResultCode.SUCCEEDED, self._success_text(now), now)

    def on_clock_jump(self, step: float) -> None:
        """Keep all durations when ROS time jumps by `step` s."""
        self.state.on_clock_jump(step)
        self.response.on_clock_jump(step)

    def tick(self, now: float) -> list[HostAction]:
        """Advance the phase where it is due; return what the host has to do."""
        state, is_paused = self.state, self.inputs.is_paused(now)
        state.timer.tick(now, is_paused, self.inputs.shield.rate)
        if is_paused:
            self.inputs.shield.begin(now)
        self.reaction = NO_REACTION
        if state.status.phase in MOVING and not state.is_unpublished:
            self._react(now)
        tick = self._ticks.get(state.status.phase)
        if tick is not None and not state.is_unpublished:
            tick(now)
        actions, state.actions = state.actions, []
        return actions

    def _ground(self, now: float) -> None:
        """Home the arm if it has to be, then wait for the target."""
        if not self._is_ready(now):
            return
        state, control = self.state, self.inputs.control
        if state.status.attempt == 1 and not state.is_homed:
            state.is_homed = control is not None and control.at_home
            move = release_phase(control, AfterRelease.RETRY, self.params.clear_height)
            state.enter(Phase.GROUNDING if state.is_homed else move or Phase.RETREAT, now)
            return
        result = state.grounding.result(now)
        if result.decision == GroundingDecision.FOUND:
            self.response.begin(now)
            state.success.begin_attempt()
            state.enter(Phase.RUNNING, now)
        elif result.decision == GroundingDecision.REFUSED:
            self._refuse(result, now)

    def _is_ready(self, now: float) -> bool:
        """True when the nodes are healthy and the shield is armed; else NOT_READY after a time."""
        state, inputs, p = self.state, self.inputs, self.params
        reason = inputs.health or inputs.shield.not_ready(now)
        if reason and p.auto_arm and now >= state.arm_at:
            state.arm_at = now + p.arm_every
            state.actions.append(HostAction.ARM)
        if reason and inputs.arm_refusal:
            reason = f'the shield refuses to arm: {inputs.arm_refusal}'
        if inputs.control is None:
            reason = reason or 'no control state received'
        if reason and now - state.status.stamp >= p.ready_timeout:
            state.finish(ResultCode.NOT_READY, reason, now)
        return not reason

    def _refuse(self, result: GroundingResult, now: float) -> None:
        state = self.state
        if state.is_preempting:  # the arm may occlude the target: look again from the home pose
            state.is_preempting = False
            state.enter(Phase.RETREAT, now)
        elif state.status.attempt == 1:
            state.finish(result.code, result.text, now)
        else:
            text = f'target lost after the first attempt: {result.text}'
            state.finish(ResultCode.FAILED, text, now)

    def _await_move(self, now: float) -> None:
        """After a planned move: what follows the release, else RETREAT, HOMING, and the task."""
        state, control = self.state, self.inputs.control
        if not has_arrived(control, state.status):
            return
        phase, after, height = state.status.phase, state.after, self.params.clear_height
        up = retreat_phase(control, after, height) if after else Phase.RETREAT
        if phase == Phase.ROLLBACK and up:
            state.enter(up, now)
        elif after:
            state.released(after, now)
        elif phase == Phase.RETREAT:
            state.enter(Phase.HOMING, now)
        else:
            state.is_homed = True
            state.enter(Phase.GROUNDING if state.is_busy else Phase.IDLE, now)

    def _await_answer(self, now: float) -> None:
        """Wait for the operator; resume without an answer when the reason has passed."""
        state, limit = self.state, self.params.response.ask_timeout
        question = state.question
        if question.may_pass and not (self.inputs.health or self.inputs.camera.fault(now)):
            state.resume(now)
        elif now - state.status.stamp >= limit:
            text = f'{question.reason}; no answer from the operator within {limit:g} s'
            state.stop(question.code, text, now)

    def _end(self, now: float) -> None:
        """Begin the queued task, or go home after a task that ended by itself."""
        state = self.state
        if state.queued is not None:
            state.begin_queued(state.queued, now)
            return
        goes_home = state.status.phase == Phase.DONE or state.status.code in HOME_AFTER
        if goes_home and now - state.status.stamp >= self.params.linger:
            state.enter(Phase.RETREAT, now)

    def _react(self, now: float) -> None:
        """Carry out the graded response."""
        state = self.state
        self.reaction = reaction = self.response.react(self._conditions(now), now)
        if reaction.level <= ResponseLevel.HOLD:
            return
        if not state.is_busy:  # only the move home is aborted; the result stands
            state.enter(Phase.IDLE, now)
        elif state.is_cancelling:
            state.finish(ResultCode.CANCELLED, f'cancelled; {reaction.reason}', now)
        elif reaction.level == ResponseLevel.BACK_OFF:
            state.back_off(reaction.reason, now)
        elif reaction.level == ResponseLevel.ASK:
            state.ask(reaction, now)
        else:
            state.stop(reaction.code, reaction.reason, now)

    def _conditions(self, now: float) -> TaskConditions:
        state, inputs, status = self.state, self.inputs, self.state.status
        is_attempt = status.phase == Phase.RUNNING
        problem = inputs.control.move_problem if inputs.control and not is_attempt else ''
        return TaskConditions(
            health=inputs.health,
            blind=inputs.camera.fault(now),
            fatal=inputs.shield.fatal(status.stamp, now),
            held=inputs.shield.held(now),
            held_reason=inputs.shield.held_reason,
            overdue=state.timer.timeout(status, state.success.missing, now),
            problem=state.timer.lasting(problem, now),
            is_attempt=is_attempt,
            is_last=status.attempt >= state.attempts,
        )

    def _success_text(self, now: float) -> str:
        status, elapsed = self.state.status, self.state.timer.elapsed(now)
        attempt = '' if status.attempt == 1 else f' on attempt {status.attempt}'
        return f'done in {elapsed:.1f} s{attempt}: {status.instruction}'
