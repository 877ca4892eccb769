"""What guided motion needs of a robot: the live graph, or a simulation in the same process."""

from __future__ import annotations

from typing import Protocol

from vla_commission.facts import Facts
from vla_core.frozen import Array
from vla_core.records.action import Trajectory
from vla_core.records.safety import ShieldReport
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.config import RobotConfig

PERIOD = 0.01  # s, of one cycle


class Rig(Protocol):
    """The robot under the shield, one cycle at a time. Times: ROS time, s."""

    robot: RobotConfig

    @property
    def now(self) -> float:
        """s."""

    @property
    def joints(self) -> JointState | None:
        """The newest joint states that hold the whole arm, as the driver sends them."""

    @property
    def finger(self) -> float | None:
        """Newest position of the gripper's joint, rad or m."""

    @property
    def report(self) -> ShieldReport | None:
        """The newest report of the shield."""

    @property
    def certified(self) -> Trajectory | None:
        """The newest trajectory of the shield for the arm."""

    def observe(self, seconds: float) -> Facts:
        """What is on the graph, while nothing moves."""

    def arm(self) -> str:
        """Arm the shield, as the holder of a lease for a person; return why it is refused."""

    def disarm(self) -> None:
        """Brake, then command nothing."""

    def command(self, q: Array, velocity: Array, opening: float) -> None:
        """The target of the next cycles: (n,) rad, (n,) rad/s, m."""

    def silence(self) -> None:
        """Send no target any more, without a word, as a source that died."""

    def cycle(self) -> None:
        """Run for one PERIOD; the target is sent while the person holds the dead-man switch."""

    def frame(self, camera: str) -> RgbdFrame | str:
        """An image that is exposed from now on, or why there is none."""

    def kill_shield(self) -> None:
        """End the shield at once, as a crash does."""

    def start_shield(self) -> None:
        """Start it again."""
