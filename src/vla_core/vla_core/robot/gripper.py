"""One gripper: which joint it commands, and the map from that joint to its opening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.params import check, param
from vla_core.robot.ros_names import check_topic

GRASP_GAP = 0.003  # m, wider than commanded by this much: an object is between the fingers
ACTIONS = {  # action type of each value of `command` that is an action
    'gripper_command': 'control_msgs/action/GripperCommand',
    'parallel_gripper_command': 'control_msgs/action/ParallelGripperCommand',
}
TOPICS = {  # message type of each value that is a topic
    'joint_trajectory': 'trajectory_msgs/msg/JointTrajectory',
    'float64_multi_array': 'std_msgs/msg/Float64MultiArray',
    'float64': 'std_msgs/msg/Float64',
}
COMMANDS = (*TOPICS, *ACTIONS)
DEFAULT_TOPICS = {  # of the stock controllers of ros2_control, called gripper_controller
    'joint_trajectory': 'gripper_controller/joint_trajectory',
    'float64_multi_array': 'gripper_controller/commands',
    'float64': 'gripper_controller/command',
    **dict.fromkeys(ACTIONS, 'gripper_controller/gripper_cmd'),
}
POSITIONS = ('joint', 'opening')


@dataclass(frozen=True)
class GripperConfig:
    """A gripper with one degree of freedom, parallel or angular.

    `opening_map` lists (joint position, opening) pairs, linear in between: two pairs for a
    parallel gripper, more for a jaw that turns. Joints that mimic `joint` follow the URDF.
    """

    joint: str = param(text='joint that is commanded and reported')
    command_topic: str = param(text='topic or action of the command')
    opening_map: tuple[tuple[float, float], ...] = param(
        text='(rad or m of the joint, m between the pads), opening strictly increasing'
    )
    name: str = param('gripper', 'unique among the parts')
    arm: str = param('arm', 'the arm that carries it')
    command: str = param('joint_trajectory', 'interface of the command', choices=COMMANDS)
    command_position: str = param(
        'joint', 'what the commanded position is: the joint (rad or m) or the opening (m)',
        choices=POSITIONS,
    )  # fmt: skip
    force: float = param(
        40.0, 'N, of each finger when grasping; max_effort of an action', lo=0.0, hi=500.0
    )
    speed: float = param(0.1, 'm/s, of the opening', lo=0.001, hi=1.0)
    pads: tuple[str, ...] = param(
        (), 'two links that touch what is held; by default those that its joints move'
    )

    def __post_init__(self) -> None:
        check(self)
        check_topic(f'gripper {self.name}: command_topic', self.command_topic)
        if self.command == 'joint_trajectory' and self.command_position != 'joint':
            raise ValueError(
                f'gripper {self.name}: a joint_trajectory holds positions of the joint; '
                'command_position is for the other values of command'
            )
        joint, opening = np.array(self.opening_map, dtype=np.float64).reshape(-1, 2).T
        change = np.diff(joint)
        if len(joint) < 2 or not np.all(np.diff(opening) > 0.0):
            raise ValueError(
                f'gripper {self.name}: opening_map needs two or more pairs with increasing opening'
            )
        if not (np.all(change > 0.0) or np.all(change < 0.0)):
            raise ValueError(
                f'gripper {self.name}: the joint positions of opening_map must be monotonic'
            )
        if not (opening[0] >= 0.0 and opening[-1] <= 0.5):
            raise ValueError(f'gripper {self.name}: openings must be between 0 and 0.5 m')

    @property
    def is_action(self) -> bool:
        """True when it is commanded by goals of an action, not by a stream of positions."""
        return self.command in ACTIONS

    @property
    def command_type(self) -> str:
        """Type of the topic or action, e.g. std_msgs/msg/Float64."""
        return {**TOPICS, **ACTIONS}[self.command]

    def commanded_position(self, opening: float) -> float:
        """Value of a command for an opening in m: rad or m of the joint, or the opening itself."""
        return opening if self.command_position == 'opening' else self.joint_position(opening)

    @property
    def opening_rate(self) -> float:
        """m of the opening per rad or m of the joint, mean over the map."""
        (first, narrow), (last, wide) = self.opening_map[0], self.opening_map[-1]
        return abs((wide - narrow) / (last - first))

    @property
    def closed_width(self) -> float:
        """m, least opening."""
        return self.opening_map[0][1]

    @property
    def open_width(self) -> float:
        """m, largest opening."""
        return self.opening_map[-1][1]

    def opening(self, joint: float) -> float:
        """m between the pads at a joint position; extrapolated beyond the map, because a
        measured position may lie slightly outside it."""
        pairs = (
            self.opening_map
            if self.opening_map[0][0] < self.opening_map[-1][0]
            else (self.opening_map[::-1])
        )
        return _piecewise(joint, pairs)

    def joint_position(self, opening: float) -> float:
        """Joint position (rad or m) at an opening in m."""
        return _piecewise(opening, tuple((width, joint) for joint, width in self.opening_map))


def _piecewise(x: float, pairs: tuple[tuple[float, float], ...]) -> float:
    """Linear interpolation through `pairs`, sorted by their first number, and beyond them."""
    k = 0
    while k < len(pairs) - 2 and x > pairs[k + 1][0]:
        k += 1
    (x0, y0), (x1, y1) = pairs[k], pairs[k + 1]
    return y0 + (x - x0) * (y1 - y0) / (x1 - x0)
