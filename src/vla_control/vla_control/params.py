"""Parameters of control."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vla_core.params import check, param

COMMAND_DELAY = 0.02  # s, from a target to the command of the servos


@dataclass(frozen=True)
class ControlParams:
    """Every value of control that a deployment may set."""

    period: float = param(0.01, 's, of one cycle', lo=0.002, hi=0.02)
    blend_window: float = param(
        0.2, 's, in which a new chunk replaces the one being executed', lo=0.02, hi=1.0
    )
    max_blend_window: float = param(
        0.8, 's, the same for a chunk far from the one being executed', lo=0.02, hi=2.0
    )
    observation_max_age: float = param(
        1.0, 's, chunks from older observations are refused', lo=0.05, hi=2.0
    )
    hold_limit: float = param(0.5, 's, longest hold of the last row of a chunk', lo=0.0, hi=1.0)
    future_tolerance: float = param(0.02, 's, stamps further ahead are invalid', lo=0.0, hi=0.2)
    joints_max_age: float = param(
        0.1, 's, with older joint states the command brakes', lo=0.02, hi=0.5
    )
    report_max_age: float = param(
        0.2, 's, with an older report of the shield control holds', lo=0.05, hi=1.0
    )
    speed_share: float = param(0.95, 'of the velocity limits', lo=0.1, hi=1.0)
    acceleration_share: float = param(0.7, 'of the acceleration limits', lo=0.1, hi=1.0)
    jerk_share: float = param(0.5, 'of the jerk limits', lo=0.1, hi=1.0)
    tcp_speed: float = param(
        0.24, 'm/s, cap on the tip, below that of the shield', lo=0.01, hi=1.0
    )
    joint_margin: float = param(
        0.06, 'rad, kept from the position limits, above that of the shield', lo=0.0, hi=0.5
    )
    catch_up_speed: float = param(
        0.3, 'rad/s, fastest approach to a reference that is ahead', lo=0.05, hi=2.0
    )
    max_tracking_error: float = param(
        0.08, 'rad, largest lead of the command over the arm at rest', lo=0.02, hi=0.5
    )
    lag_tolerance: float = param(
        0.05, 's, times joint speed: lead that is not a tracking error', lo=0.0, hi=0.3
    )
    lag: float = param(
        0.03, 's, delay of the arm behind its command; EE_DELTA chunks start earlier by it',
        lo=0.0, hi=0.2,
    )  # fmt: skip
    move_share: float = param(0.4, 'of the joint limits, for planned moves', lo=0.05, hi=1.0)
    lift_height: float = param(0.12, 'm, straight up in RETREAT', lo=0.0, hi=0.4)
    lift_speed: float = param(0.15, 'm/s, of the lift', lo=0.01, hi=0.5)
    rollback_share: float = param(
        0.5, 'of the speed at which a path was executed', lo=0.05, hi=0.5
    )
    rollback_clearance: float = param(
        0.08, 'm, departed after the last contact, gripper open', lo=0.02, hi=0.3
    )
    support_gap: float = param(
        0.02, 'm, above its support; higher, and a held object is lowered first', lo=0.005, hi=0.03
    )
    goal_tolerance: float = param(
        0.03, 'rad, largest joint error at the goal of a planned move', lo=0.001, hi=0.1
    )

    def for_lag(self, lag: float) -> ControlParams:
        """The same for an arm whose servos lag by `lag` s."""
        delay = lag + COMMAND_DELAY
        return replace(
            self, lag=max(self.lag, delay), lag_tolerance=max(self.lag_tolerance, delay)
        )

    def __post_init__(self) -> None:
        check(self)
        if not self.blend_window <= self.max_blend_window:
            raise ValueError('blend_window must not exceed max_blend_window')
