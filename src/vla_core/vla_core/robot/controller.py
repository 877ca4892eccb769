"""Controller contract: what the stack relies on in the trajectory controller of an arm."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from vla_core.params import check, param

DESIRED, MEASURED = 'desired', 'measured'
RESTARTS = (DESIRED, MEASURED)
INTERFACES = ('position', 'velocity', 'effort')
TOLERANCE_SHARE = 0.6  # of the path tolerance
UNREAD = ('ignore', 'warn', 'refuse')


@dataclass(frozen=True)
class ControllerContract:
    """How one `joint_trajectory_controller`, or a controller with its topic, behaves.

    The defaults are those of the simulator. docs/controllers.md has the rules of the controllers
    that laboratories run, and where they are in the source.
    """

    node: str = param('', 'controller node whose parameters are checked; empty: of the topic')
    restart: str = param(
        DESIRED,
        'state that a replaced trajectory starts from: desired for a controller with '
        'interpolate_from_desired_state, else measured',
        choices=RESTARTS,
    )
    command_interface: str = param('position', 'of the hardware', choices=INTERFACES)
    update_rate: float = param(500.0, 'Hz, of the controller', lo=50.0, hi=2000.0)
    allow_partial_joints: bool = param(False, 'the controller accepts some joints without others')
    allow_nonzero_end_velocity: bool = param(False, 'it accepts a last point that is not at rest')
    path_tolerance: float = param(
        0.0, 'rad, tracking error at which it aborts and holds; 0: none', lo=0.0, hi=3.0
    )
    latency: float = param(
        0.005, 's, at most, from a cycle of the shield to the update that takes its command',
        lo=0.0, hi=0.02,
    )  # fmt: skip
    lag: float = param(
        0.01, 's, measured position behind the desired one; estimated online', lo=0.0, hi=0.2
    )
    sag: float = param(0.0, 'rad, offset of each joint at rest without a payload', lo=0.0, hi=0.1)
    reports_velocity: bool = param(
        True, 'joint states hold measured velocities; else they are differentiated'
    )
    scaling_topic: str = param('', 'std_msgs/Float64 that scales time; empty: none')
    scaling_full: float = param(
        100.0, 'value on scaling_topic at full speed: 100 for percent, or 1', lo=0.001, hi=1000.0
    )
    min_scaling: float = param(0.05, 'of full speed; below it motion is refused', lo=0.02, hi=1.0)
    scaling_timeout: float = param(
        0.5, 's, without a value on scaling_topic: HOLD', lo=0.05, hi=10.0
    )
    unread_parameters: str = param(
        'warn', 'when the controller has no parameter service: arming', choices=UNREAD
    )

    def __post_init__(self) -> None:
        check(self)

    @property
    def starts_from_measured(self) -> bool:
        return self.restart == MEASURED

    @property
    def tolerated_speed(self) -> float:
        """rad/s, at which the lag alone uses TOLERANCE_SHARE of the path tolerance; infinite
        without one: the controller would abort on a faster joint that nothing is wrong with."""
        behind = self.lag + self.latency
        if not self.path_tolerance > 0.0 or not behind > 0.0:
            return inf
        return TOLERANCE_SHARE * self.path_tolerance / behind

    def scaling(self, value: float) -> float:
        """Share of full speed, [0, 1], of a value on `scaling_topic`; 0 when it is not finite."""
        return min(max(value / self.scaling_full, 0.0), 1.0) if isfinite(value) else 0.0

    def node_of(self, command_topic: str) -> str:
        """Name of the controller node; by default the namespace of its command topic."""
        return self.node or command_topic.rpartition('/')[0]
