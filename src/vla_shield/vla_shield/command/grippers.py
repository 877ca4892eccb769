"""The commands of all grippers."""

from __future__ import annotations

from collections.abc import Sequence

from vla_core.records.action import Trajectory
from vla_core.robot.config import RobotConfig
from vla_shield.command.gripper import GripperCommand
from vla_shield.inputs.robot_inputs import RobotInputs


class GripperCommands:
    """One `GripperCommand` per gripper, in the order of the robot file."""

    def __init__(self, robot: RobotConfig) -> None:
        arms = [arm.name for arm in robot.arms]
        self.arm_of = [arms.index(gripper.arm) for gripper in robot.grippers]
        self._commands = [GripperCommand(gripper) for gripper in robot.grippers]

    @property
    def widths(self) -> tuple[float, ...]:
        """m, commanded openings."""
        return tuple(command.width for command in self._commands)

    @widths.setter
    def widths(self, widths: Sequence[float]) -> None:
        for command, width in zip(self._commands, widths, strict=True):
            command.width = width

    def reset(self, inputs: RobotInputs) -> None:
        """Start from the measured openings."""
        for arm, command in zip(self.arm_of, self._commands, strict=True):
            command.reset(inputs.arms[arm].width)

    def step(self, inputs: RobotInputs, may_move: Sequence[bool], period: float) -> None:
        """One period: of each arm that may move towards its target, of the others held."""
        for k, command in zip(self.arm_of, self._commands, strict=True):
            arm = inputs.arms[k]
            if may_move[k] and arm.target is not None:
                command.step_towards(arm.target.gripper, arm.opening, period)
            else:
                command.hold(arm.opening, period)

    def trajectories(self, now: float, lead: float) -> tuple[Trajectory, ...]:
        """Reach the commanded openings `lead` s from now and stay."""
        return tuple(command.trajectory(now, lead) for command in self._commands)
