"""Parameters of the shield. None turns it off: every timeout and clearance has a lower bound
above zero, except that of a held object."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.params import check, param
from vla_core.robot.arm import WORKSPACE
from vla_core.robot.joint_states.merger import FINGER_MAX_AGE


@dataclass(frozen=True)
class ShieldParams:
    """Limits beside the robot's own, and the maximum age of each input."""

    period: float = param(
        0.01, 's, between cycles and between certified states', lo=0.002, hi=0.02
    )
    required_voters: tuple[str, ...] = param(
        ('grounding', 'policy', 'supervisor'), 'voters whose valid vote is required for motion'
    )

    joints_timeout: float = param(0.05, 's, older joint states: BRAKE', lo=0.005, hi=0.2)
    finger_timeout: float = param(
        FINGER_MAX_AGE, 's, older opening of the gripper: taken as widest', lo=0.05, hi=2.0
    )
    target_timeout: float = param(0.1, 's, older target: HOLD', lo=0.01, hi=0.5)
    scene_timeout: float = param(2.0, 's, older scene: HOLD for a policy', lo=0.1, hi=5.0)
    planner_scene_timeout: float = param(
        10.0, 's, older scene: HOLD for a planned move, whose obstacles stay', lo=0.1, hi=60.0
    )
    dead_man_timeout: float = param(
        0.2, 's, older state of the enabling switch: HOLD for a person', lo=0.02, hi=1.0
    )
    vote_timeout: float = param(0.3, 's, upper limit of the ttl of a vote', lo=0.02, hi=1.0)
    observation_timeout: float = param(
        3.0, 's, maximum age of the observation behind a chunk', lo=0.1, hi=10.0
    )
    future_tolerance: float = param(0.02, 's, stamps further ahead are refused', lo=0.001, hi=0.05)
    frozen_time: float = param(
        0.2, 's, joint samples identical while moving: HOLD', lo=0.05, hi=0.5
    )
    frozen_speed: float = param(
        0.05, 'rad/s, commanded speed that counts as moving', lo=0.005, hi=0.2
    )
    dwell: float = param(0.2, 's, that votes must allow motion after a HOLD', lo=0.02, hi=5.0)

    joint_margin: float = param(0.05, 'rad, distance to each joint limit', lo=0.005, hi=0.5)
    brake_jerk: float = param(
        5.0, 'times the jerk limit of a joint, when braking', lo=1.0, hi=100.0
    )
    tcp_speed: float = param(
        0.25, 'm/s, speed cap of the tip; 0.25 until commissioned', lo=0.01, hi=1.0
    )
    link_speed: float = param(0.5, 'm/s, speed cap of elbow and wrist', lo=0.01, hi=1.5)
    slow_floor: float = param(
        0.1,
        'of full speed, lower bound of the speed that speed_scale multiplies, target at rest',
        lo=0.01,
        hi=0.5,
    )
    workspace_lower: tuple[float, float, float] = param(WORKSPACE[0], 'm, tip, base frame')
    workspace_upper: tuple[float, float, float] = param(WORKSPACE[1], 'm, tip, base frame')

    clearance: float = param(0.03, 'm, arm to table and objects', lo=0.005, hi=0.2)
    self_clearance: float = param(0.01, 'm, arm to itself', lo=0.002, hi=0.1)
    arm_clearance: float = param(0.02, 'm, one arm to another', lo=0.002, hi=0.2)
    gripper_clearance: float = param(
        0.004, 'm, fingers to the table, gripper to objects', lo=0.001, hi=0.05
    )
    held_clearance: float = param(
        -0.01,
        'm, held object to table and objects; negative by the error of perception',
        lo=-0.02,
        hi=0.05,
    )
    human_clearance: float = param(0.3, 'm, any link to a human', lo=0.1, hi=2.0)
    inflate: float = param(2.0, 'sigmas added to each side of an object', lo=0.5, hi=5.0)
    inflate_max: float = param(0.03, 'm, upper limit of inflate', lo=0.001, hi=0.2)
    gamma: float = param(
        0.2, 'of the slack of a clearance, used up per cycle at most', lo=0.01, hi=0.9
    )
    delay: float = param(0.03, 's, from command to motion', lo=0.005, hi=0.2)
    sweeps: int = param(20, 'of the QP solver, in two passes', lo=4, hi=100)

    condition_slow: float = param(
        17.0, 'condition number above which speed is scaled down', lo=5, hi=500
    )
    condition_stop: float = param(30.0, 'largest condition number allowed', lo=6, hi=1000)
    singular_floor: float = param(0.02, 'smallest singular value allowed', lo=0.001, hi=0.2)

    tracking_limit: float = param(0.1, 'rad, larger tracking error: HOLD', lo=0.01, hi=0.5)
    hang_limit: float = param(0.005, 'm, tip lower than commanded: HOLD', lo=0.002, hi=0.05)
    hang_time: float = param(0.3, 's, duration of that before HOLD', lo=0.05, hi=2.0)
    press_limit: float = param(
        0.01, 'm, tip higher than commanded: it presses on an obstacle, HOLD', lo=0.002, hi=0.05
    )
    press_time: float = param(0.1, 's, duration of that before HOLD', lo=0.05, hi=2.0)
    press_retry_time: float = param(  # longer than the supervisor waits before it backs off
        8.0, 's, after which a gripper that pressed may move down again', lo=1.0, hi=60.0
    )
    idle_disarm: float = param(120.0, 's, armed without motion: disarmed', lo=5.0, hi=3600.0)
    still_speed: float = param(0.02, 'rad/s, below it the robot is at rest', lo=0.001, hi=0.1)

    def __post_init__(self) -> None:
        check(self)
        if not self.required_voters:
            raise ValueError('required_voters must name at least one voter')
        if not self.condition_slow < self.condition_stop:
            raise ValueError('condition_slow must be smaller than condition_stop')
        if not self.gripper_clearance <= self.clearance:
            raise ValueError('gripper_clearance must not exceed clearance')
        for lower, upper in zip(self.workspace_lower, self.workspace_upper, strict=True):
            if not lower < upper:
                raise ValueError('workspace_lower must be smaller than workspace_upper')
