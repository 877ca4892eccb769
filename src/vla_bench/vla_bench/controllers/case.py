"""One controller under the stack: its rules, its servos, and the robot file that describes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from vla_core.robot.config import RobotConfig, load_robot
from vla_core.robot.controller import RESTARTS, ControllerContract

PRESENT, FIRST_POINT_AHEAD = 'present', 'first point ahead'
LAGS = (0, 30, 60, 120)  # ms
SLIDERS = (100, 50, 10)  # percent
SCALING_TOPIC = '/speed_scaling_state_broadcaster/speed_scaling'


@dataclass(frozen=True)
class ControllerCase:
    """An episode with one controller."""

    restart: str
    lag_ms: int = 0
    slider: int = 100  # percent of full speed
    has_velocity: bool = True  # in the joint states
    seed: int = 0
    robot: str = 'ur5e'
    task: str = 'put_in'
    response: str = 'first_order'  # of the servos, or dead_time
    delay_ms: float = 0.0  # a command takes between none and this to arrive
    bandwidth: float = 80.0  # rad/s, of the servos; a payload bends softer ones more
    payload: float = 0.0  # kg at the tool, from PAYLOAD_TIME on, that nobody declared
    tolerance: float = 0.0  # rad, tracking error at which the controller aborts; 0: none
    declared: str = ''  # restart rule in the robot file, when it is wrong
    rules: str = PRESENT  # of the shield's commands

    @property
    def actual(self) -> ControllerContract:
        """How the emulated controller behaves."""
        topic = SCALING_TOPIC if self.slider < 100 else ''
        made = ControllerContract(
            restart=self.restart, reports_velocity=self.has_velocity, scaling_topic=topic,
            path_tolerance=self.tolerance,
        )  # fmt: skip
        # the lag counts for the tolerance, so the robot file says it
        return replace(made, lag=1e-3 * self.lag_ms) if self.tolerance else made

    @property
    def contract(self) -> ControllerContract:
        """What the robot file says. Until 989e7c7 it said nothing of restart, lag and scaling."""
        if self.rules != PRESENT:
            return ControllerContract(reports_velocity=self.has_velocity, latency=0.0)
        return replace(self.actual, restart=self.declared or self.restart)

    def described_robot(self) -> RobotConfig:
        """The robot file with the contract."""
        robot = _load(self.robot)
        return replace(robot, arms=(replace(robot.arms[0], controller=self.contract),))

    @property
    def key(self) -> str:
        """Its name in the log of finished episodes."""
        return '/'.join(str(getattr(self, name)) for name in self.__dataclass_fields__)


_load = cache(load_robot)


def grid(rules: str = PRESENT, **fields: object) -> list[ControllerCase]:
    """Both restart rules x lag x slider x velocity; the servos respond in turn in both ways."""
    responses = ('first_order', 'dead_time')
    return [
        ControllerCase(
            restart, lag, slider, has_velocity, response=responses[(k + has_velocity) % 2],
            rules=rules, **fields,  # type: ignore[arg-type]
        )
        for restart in RESTARTS
        for k, lag in enumerate(LAGS)
        for slider in SLIDERS
        for has_velocity in (True, False)
    ]  # fmt: skip
