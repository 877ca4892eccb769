"""What the drivers of robots publish about their own stops, and what it means.

Facts from the message definitions: ur_dashboard_msgs/SafetyMode and the GPIO controller of the
Universal Robots driver (both topics are latched and sent on change since its version 2.4.5), and
franka_msgs/FrankaRobotState of franka_ros2, which is sent at the rate of its broadcaster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

UR_SAFETY = {
    1: '', 2: '', 3: 'protective stop', 4: 'recovery mode', 5: 'safeguard stop',
    6: 'system emergency stop', 7: 'robot emergency stop', 8: 'safety violation', 9: 'fault',
    10: 'joint id not validated', 11: 'undefined safety mode',
    12: 'safeguard stop of the automatic mode', 13: 'three-position switch released',
}  # fmt: skip
FRANKA_MODE = {
    0: 'mode other', 1: '', 2: '', 3: 'guided by hand', 4: 'reflex: contact or limit',
    5: 'user stop pressed', 6: 'automatic error recovery',
}  # fmt: skip


@dataclass(frozen=True)
class VendorTopic:
    """One topic of a driver, in the namespace of its robot, that tells whether it may move."""

    name: str
    package: str  # of the message type
    type: str
    field: str  # of the message
    fault: Callable[[int], str]  # value of the field → why the robot stands still, or ''
    is_latched: bool


def ur_safety(mode: int) -> str:
    """Why a UR stands still, or ''."""
    reason = UR_SAFETY.get(mode, f'safety mode {mode}, which is unknown')
    return f'the robot reports: {reason}' if reason else ''


def ur_program(is_running: int) -> str:
    """Why no command reaches a UR, or ''."""
    return '' if is_running else 'the External Control program does not run on the robot'


def franka_mode(mode: int) -> str:
    """Why a Franka stands still, or ''."""
    reason = FRANKA_MODE.get(mode, f'robot mode {mode}, which is unknown')
    return f'the robot reports: {reason}' if reason else ''


VENDORS = {
    'ur': (
        VendorTopic(
            'io_and_status_controller/robot_program_running', 'std_msgs', 'Bool', 'data',
            ur_program, True,
        ),
        VendorTopic(
            'io_and_status_controller/safety_mode', 'ur_dashboard_msgs', 'SafetyMode', 'mode',
            ur_safety, True,
        ),
    ),
    'franka': (
        VendorTopic(
            'franka_robot_state_broadcaster/robot_state', 'franka_msgs', 'FrankaRobotState',
            'robot_mode', franka_mode, False,
        ),
    ),
}  # fmt: skip
