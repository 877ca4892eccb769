"""The commands of all grippers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vla_core.records.action import GripperGoal, Trajectory
from vla_core.robot.config import RobotConfig
from vla_shield.command.gripper import GripperCommand
from vla_shield.command.gripper_goal import GripperGoalCommand
from vla_shield.inputs.robot_inputs import RobotInputs

Allows = Callable[[int, float], bool]


class GripperCommands:
    """One `GripperCommand` per gripper, in the order of the robot file."""

    def __init__(self, robot: RobotConfig) -> None:
        arms = [arm.name for arm in robot.arms]
        self.arm_of = [arms.index(gripper.arm) for gripper in robot.grippers]
        self._commands = [GripperCommand(gripper) for gripper in robot.grippers]
        self._goals = {
            k: GripperGoalCommand(gripper)
            for k, gripper in enumerate(robot.grippers)
            if gripper.is_action
        }

    @property
    def state(self) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
        """m, commanded openings, and goals of the grippers that are commanded by an action."""
        goals = tuple(goal.opening for goal in self._goals.values())
        return tuple(command.width for command in self._commands), goals

    @state.setter
    def state(self, state: tuple[Sequence[float], Sequence[float | None]]) -> None:
        for command, width in zip(self._commands, state[0], strict=True):
            command.width = width
        for goal, opening in zip(self._goals.values(), state[1], strict=True):
            goal.opening = opening

    def reset(self, inputs: RobotInputs) -> None:
        """Start from the measured openings, without a goal."""
        for arm, command in zip(self.arm_of, self._commands, strict=True):
            command.reset(inputs.arms[arm].width)
        for goal in self._goals.values():
            goal.clear()

    def step(
        self, inputs: RobotInputs, may_move: Sequence[bool], period: float, allows: Allows
    ) -> None:
        """One period: of each arm that may move towards its target, as far as `allows` says for a
        gripper and an opening in m; of the others held."""
        for k, (of_arm, command) in enumerate(zip(self.arm_of, self._commands, strict=True)):
            arm, before = inputs.arms[of_arm], command.width
            if may_move[of_arm] and arm.target is not None:
                command.step_towards(arm.target.gripper, arm.opening, period)
            else:
                command.hold(arm.opening, period)
            if command.width != before and not allows(k, command.width):
                command.width = before
            if k in self._goals:
                self._step_goal(k, inputs, period, may_move[of_arm], allows)

    def _step_goal(
        self, k: int, inputs: RobotInputs, period: float, may_move: bool, allows: Allows
    ) -> None:
        """One period of a gripper that moves by itself: it may go at once as far as its whole
        way is allowed, else step by step. Closing fingers are checked until they are there: the
        arm may carry them to where they must not close."""
        arm, goal = inputs.arms[self.arm_of[k]], self._goals[k]
        before = goal.opening
        if may_move and arm.target is not None:
            goal.request(arm.target.gripper, arm.opening, period)
        else:
            goal.hold(arm.opening, period)
        if goal.opening is None:
            return
        is_closing = arm.opening is None or goal.opening < arm.opening
        if (is_closing or goal.opening != before) and not allows(k, goal.opening):
            goal.limit(self._commands[k].width)

    def furthest(self, inputs: RobotInputs) -> list[float]:
        """m, the widest of the measured opening, the commanded one and the goal of each
        gripper."""
        openings = [
            max(inputs.arms[arm].width, command.width)
            for arm, command in zip(self.arm_of, self._commands, strict=True)
        ]
        for k, goal in self._goals.items():
            openings[k] = max(openings[k], goal.opening or 0.0)
        return openings

    def commands(
        self, inputs: RobotInputs, now: float, lead: float
    ) -> tuple[tuple[Trajectory, ...], tuple[GripperGoal, ...]]:
        """Of each gripper: reach the commanded opening `lead` s from now and stay; and its goal,
        which is empty unless it is commanded by an action."""
        trajectories = tuple(command.trajectory(now, lead) for command in self._commands)
        goals = (self._goals.get(k) for k in range(len(self._commands)))
        measured = [inputs.arms[arm].opening for arm in self.arm_of]
        return trajectories, tuple(
            GripperGoal(None, here)
            if goal is None
            else GripperGoal(goal.opening, here, goal.is_stop)
            for goal, here in zip(goals, measured, strict=True)
        )
