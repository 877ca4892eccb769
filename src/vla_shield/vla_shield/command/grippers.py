"""The commands of all grippers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vla_core.records.action import Trajectory
from vla_core.robot.config import RobotConfig
from vla_shield.command.gripper import GripperCommand
from vla_shield.inputs.robot_inputs import RobotInputs

Allows = Callable[[int, float], bool]


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
            if command.width > before and not allows(k, command.width):
                command.width = before

    def furthest(self, inputs: RobotInputs) -> list[float]:
        """m, the wider of the measured and the commanded opening of each gripper."""
        measured = [inputs.arms[arm].width for arm in self.arm_of]
        return [max(pair) for pair in zip(measured, self.widths, strict=True)]

    def trajectories(self, now: float, lead: float) -> tuple[Trajectory, ...]:
        """Reach the commanded openings `lead` s from now and stay."""
        return tuple(command.trajectory(now, lead) for command in self._commands)
