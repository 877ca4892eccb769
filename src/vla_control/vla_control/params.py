"""Parameters of control."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.params import check, param


@dataclass(frozen=True)
class ControlParams:
    """Every number of control that a deployment may set."""

    period: float = param(0.01, 's, one cycle', lo=0.002, hi=0.02)
    blend_window: float = param(
        0.2, 's, time in which a new chunk replaces the one being executed', lo=0.02, hi=1.0
    )
    blend_longest: float = param(
        0.8, 's, the same for chunks far from what is being executed', lo=0.02, hi=2.0
    )
    observation_max_age: float = param(
        1.0, 's, older observations make no motion', lo=0.05, hi=2.0
    )
    hold_limit: float = param(0.5, 's, longest hold of the last row of a chunk', lo=0.0, hi=1.0)
    future_tolerance: float = param(0.02, 's, stamps further ahead are invalid', lo=0.0, hi=0.2)
    joints_max_age: float = param(
        0.1, 's, without newer joint states nothing moves', lo=0.02, hi=0.5
    )
    report_max_age: float = param(0.2, 's, a shield silent for longer holds', lo=0.05, hi=1.0)
    speed_share: float = param(0.95, 'of the velocity limits', lo=0.1, hi=1.0)
    acceleration_share: float = param(0.7, 'of the acceleration limits', lo=0.1, hi=1.0)
    jerk_share: float = param(0.5, 'of the jerk limits', lo=0.1, hi=1.0)
    tcp_speed: float = param(
        0.24, 'm/s, fastest tip, below the cap of the shield', lo=0.01, hi=1.0
    )
    joint_margin: float = param(
        0.06, 'rad, kept from the position limits, above that of the shield', lo=0.0, hi=0.5
    )
    catch_up: float = param(
        0.3, 'rad/s, fastest approach to a reference that ran ahead', lo=0.05, hi=2.0
    )
    leash: float = param(
        0.08, 'rad, the command runs ahead of the arm no further than this', lo=0.02, hi=0.5
    )
    response: float = param(
        0.05, 's, lag of the arm behind its command that is normal', lo=0.0, hi=0.3
    )
    lag: float = param(
        0.03,
        's, by which the arm follows its command; chunks start that much earlier',
        lo=0.0,
        hi=0.2,
    )
    move_share: float = param(0.4, 'of the joint limits used by planned moves', lo=0.05, hi=1.0)
    lift_height: float = param(0.12, 'm, straight up in RETREAT', lo=0.0, hi=0.4)
    lift_speed: float = param(0.15, 'm/s, of that', lo=0.01, hi=0.5)
    rollback_share: float = param(0.5, 'of the speed a way was gone at', lo=0.05, hi=0.5)
    rollback_clear: float = param(
        0.08, 'm, gone back beyond the last contact, hand open', lo=0.02, hi=0.3
    )
    support_gap: float = param(
        0.02, 'm, under what is held; more, and it is lowered first', lo=0.005, hi=0.03
    )
    arrived: float = param(
        0.03, 'rad, measured joints nearer than this to home are there', lo=0.001, hi=0.1
    )

    def __post_init__(self) -> None:
        check(self)
        if not self.blend_window <= self.blend_longest:
            raise ValueError('blend_window must not exceed blend_longest')
