"""Parameters of a simulated scene, one YAML in config/scenes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vla_core.errors import UserError
from vla_core.params import check, load_params, param
from vla_core.robot.config import RobotConfig
from vla_sim.controllers.servo import FIRST_ORDER, RESPONSES

INSET = (0.02, 0.05)  # m, x and y, of the area of the objects in the workspace of the tip, which
# goes beside an object to push it
BASE_LAG = 0.01  # s, of a servo with velocity feed-forward; what exceeds it is filtered


@dataclass(frozen=True)
class SceneParams:
    """Physics, placement of objects, and variation of the scene."""

    timestep: float = param(0.002, 's, one physics step', lo=0.0005, hi=0.004)
    servo_bandwidth: float = param(80.0, 'rad/s, of the joint servos', lo=10.0, hi=150.0)
    servo_lag: float = param(0.01, 's, lag of a joint behind its trajectory', lo=0.0, hi=0.15)
    servo_response: str = param(
        FIRST_ORDER, 'of a servo that lags more than 10 ms', choices=RESPONSES
    )
    gravity_compensation: float = param(
        1.0, 'share of its weight that the arm compensates; with less it sags', lo=0.0, hi=1.0
    )
    armature: float = param(0.1, 'kg m^2, rotor inertia seen at each arm joint', lo=0.0, hi=2.0)
    pad_friction: float = param(1.5, 'sliding friction of the finger pads', lo=0.01, hi=3.0)
    object_friction: float = param(
        0.5, 'sliding friction of objects on the table', lo=0.01, hi=3.0
    )
    density: float = param(700.0, 'kg/m^3, of objects on the table', lo=50.0, hi=3000.0)

    area_x: tuple[float, float] = param(
        (0.33, 0.60), 'm, base frame, placement area', lo=0.2, hi=0.8
    )
    area_y: tuple[float, float] = param(
        (-0.28, 0.28), 'm, base frame, placement area', lo=-0.5, hi=0.5
    )
    gap: float = param(0.045, 'm, free distance around target and destination', lo=0.035, hi=0.2)
    gap_other: float = param(0.02, 'm, free distance between other objects', lo=0.0, hi=0.2)
    distractors: tuple[int, int] = param((0, 4), 'fewest and most distractor objects', lo=0, hi=6)
    second_box: float = param(
        0.2, 'probability of a second box of another colour in put_in', lo=0.0, hi=1.0
    )

    camera_shift: float = param(
        0.003, 'm, largest offset of the true camera position', lo=0.0, hi=0.05
    )
    camera_turn: float = param(0.2, 'degrees, largest rotation of the true camera', lo=0.0, hi=5.0)
    depth_noise: float = param(
        0.001, 'm, standard deviation of depth at 1 m; grows with its square', lo=0.0, hi=0.1
    )

    @property
    def filtered_lag(self) -> float:
        """s, the part of the lag that is dead time or a first-order response."""
        return max(self.servo_lag - BASE_LAG, 0.0)

    def __post_init__(self) -> None:
        check(self)
        for low, high in (self.area_x, self.area_y, self.distractors):
            if not low <= high:
                raise ValueError(f'range ({low}, {high}): the first exceeds the second')


def within_reach(p: SceneParams, robot: RobotConfig) -> SceneParams:
    """The scene with objects only where the tip of a robot with one arm may go."""
    if len(robot.arms) != 1 or robot.arm.workspace is None:
        return p
    lower, upper = robot.arm.workspace
    (x0, x1), (y0, y1) = p.area_x, p.area_y
    area_x = (max(x0, lower[0] + INSET[0]), min(x1, upper[0] - INSET[0]))
    area_y = (max(y0, lower[1] + INSET[1]), min(y1, upper[1] - INSET[1]))
    if not (area_x[0] < area_x[1] and area_y[0] < area_y[1]):
        raise UserError(
            f'{robot.name}: its workspace {robot.arm.workspace} does not reach the area of the '
            f'objects, x {p.area_x} y {p.area_y}: move its mount'
        )
    return replace(p, area_x=area_x, area_y=area_y)


def load_scene(path: str) -> SceneParams:
    """Return the scene of a YAML file."""
    return load_params(SceneParams, path)
