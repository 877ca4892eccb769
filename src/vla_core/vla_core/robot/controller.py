"""Controller contract: what the shield assumes of the trajectory controller of an arm."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.params import check, param

RESTARTS = ('desired', 'measured')


@dataclass(frozen=True)
class ControllerContract:
    """How one `joint_trajectory_controller`, or a controller with its topic, behaves."""

    node: str = param('', 'controller node whose parameters are checked; empty: of the topic')
    restart: str = param(
        'desired', 'state that a replaced trajectory starts from', choices=RESTARTS
    )
    lag: float = param(0.0, 's, measured position behind the desired one', lo=0.0, hi=0.2)
    reports_velocity: bool = param(True, 'joint states hold measured velocities')
    scaling_topic: str = param('', 'std_msgs/Float64 that scales time; empty: none')

    def __post_init__(self) -> None:
        check(self)
