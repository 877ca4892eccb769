"""One RGB-D camera: its topics, its size and where it is mounted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.params import check, param


@dataclass(frozen=True)
class CameraConfig:
    """An RGB-D camera."""

    name: str = param(text='short name, as in observations')
    kind: str = param(text='mount', choices=('scene', 'wrist'))
    topic: str = param(text='prefix of its topics')
    frame: str = param(text='optical frame; a link of the URDF for a wrist camera')
    width: int = param(320, 'px', lo=16, hi=4096)
    height: int = param(240, 'px', lo=16, hi=4096)
    fov_y: float = param(58.0, 'degrees, vertical field of view', lo=5.0, hi=150.0)
    position: tuple[float, float, float] | None = param(None, 'm, base_frame; scene cameras only')
    look_at: tuple[float, float, float] | None = param(
        None, 'm, base_frame, point at image centre; scene cameras only'
    )

    def __post_init__(self) -> None:
        check(self)
        is_scene = self.kind == 'scene'
        if (self.position is None) == is_scene or (self.look_at is None) == is_scene:
            raise ValueError(
                f'camera {self.name}: scene cameras need position and look_at, others neither'
            )

    @property
    def intrinsics(self) -> Array:
        """(3, 3) px, square pixels, principal point at image centre."""
        f = self.height / 2 / np.tan(np.radians(self.fov_y) / 2)
        return np.array([[f, 0.0, self.width / 2], [0.0, f, self.height / 2], [0.0, 0.0, 1.0]])

    @property
    def base_from_camera(self) -> Array:
        """4x4 of a scene camera, optical axes; UserError for a wrist camera, which moves."""
        if self.position is None or self.look_at is None:
            raise UserError(
                f'camera {self.name} moves with {self.frame}: its pose is from the robot model'
            )
        return geometry.look_at(self.position, self.look_at)
