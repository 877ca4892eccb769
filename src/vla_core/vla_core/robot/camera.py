"""One RGB-D camera: its topics, its images and where it is mounted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.sensing import CameraModel
from vla_core.robot.angles import check_angles
from vla_core.robot.length_scale import check_near
from vla_core.robot.ros_names import check_topic

COLOUR_TOPIC, DEPTH_TOPIC, INFO_TOPIC = 'color/image_raw', 'depth/image_raw', 'color/camera_info'
FROM_INFO, FROM_FOV = 'camera_info', 'fov_y'  # sources of the intrinsics
OPTICAL, BODY = 'optical', 'body'  # axes that rpy and quaternion orient
TRANSPORTS = ('compressed', 'compressedDepth', 'theora', 'ffmpeg', 'zstd')  # of image_transport
# rotation of optical axes (x right, y down, z forward) in body axes (x forward, y left, z up)
BODY_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
_UNIT = 1e-3  # largest deviation of a quaternion's length from 1


@dataclass(frozen=True)
class CameraConfig:
    """An RGB-D camera: fixed (scene), or carried by a link of the robot (wrist).

    A scene camera has a position and one of look_at, rpy and quaternion, in base_frame. A wrist
    camera is a link of the URDF (`frame`), or has a position and rpy or quaternion in `parent`.
    """

    name: str = param(text='short name, as in observations')
    kind: str = param(text='mount', choices=('scene', 'wrist'))
    topic: str = param(text='prefix of its topics, e.g. camera/camera')
    frame: str = param(
        text='optical frame; without `parent`, a wrist camera is this link of the URDF'
    )
    colour_topic: str = param(
        COLOUR_TOPIC, 'sensor_msgs/Image; relative to `topic` unless it begins with /'
    )
    depth_topic: str = param(
        DEPTH_TOPIC,
        'sensor_msgs/Image, registered to colour (RealSense: aligned_depth_to_color/image_raw)',
    )
    info_topic: str = param(INFO_TOPIC, 'sensor_msgs/CameraInfo of the colour image')
    depth_unit: float | None = param(
        None, 'm per count; by default 0.001 of integer depth and 1 of 32FC1', lo=1e-6, hi=1.0
    )
    rectified: bool | None = param(
        None, 'images are rectified: P of the camera info holds, its d does not; by default when '
        'the name of colour_topic contains rect',
    )  # fmt: skip
    intrinsics: str = param(
        FROM_INFO,
        'camera_info, or fov_y: from this file, for a camera without valid info',
        choices=(FROM_INFO, FROM_FOV),
    )
    width: int = param(320, 'px', lo=16, hi=4096)
    height: int = param(240, 'px', lo=16, hi=4096)
    fov_y: float = param(58.0, 'degrees, vertical field of view', lo=5.0, hi=150.0)
    parent: str = param('', 'URDF link that carries a wrist camera which the URDF does not have')
    position: tuple[float, float, float] | None = param(None, 'm, base_frame or parent')
    look_at: tuple[float, float, float] | None = param(
        None, 'm, base_frame, point at image centre; scene cameras only'
    )
    rpy: tuple[float, float, float] | None = param(
        None, 'rad, as in a URDF, of its axes in base_frame or parent'
    )
    quaternion: tuple[float, float, float, float] | None = param(
        None, 'xyzw, of its axes in base_frame or parent'
    )
    axes: str = param(
        OPTICAL, 'that rpy and quaternion orient: optical (z forward) or body (x forward, z up)',
        choices=(OPTICAL, BODY),
    )  # fmt: skip

    def __post_init__(self) -> None:
        check(self)
        check_angles('rpy', self.rpy)
        check_near(f'camera {self.name}: position is', self.position or ())
        check_near(f'camera {self.name}: look_at is', self.look_at or ())
        self._check_topics()
        self._check_mount()

    def _check_topics(self) -> None:
        for key in ('colour_topic', 'depth_topic', 'info_topic'):
            name = getattr(self, key)
            if not name or not (self.topic or name.startswith('/')):
                raise ValueError(f'camera {self.name}: {key} needs a name, or topic a prefix')
            transport = name.rpartition('/')[2]
            if transport in TRANSPORTS:
                raise ValueError(
                    f'camera {self.name}: {key} {name} is {transport}, which is not read; publish '
                    f'it raw: ros2 run image_transport republish {transport} raw'
                )
        for key, name in zip(('colour', 'depth', 'info'), self.topics, strict=True):
            check_topic(f'camera {self.name}: {key}_topic', name)

    def _check_mount(self) -> None:
        given = [key for key in ('look_at', 'rpy', 'quaternion') if getattr(self, key) is not None]
        has_position = self.position is not None
        if self.kind == 'scene':
            is_complete = has_position and len(given) == 1 and not self.parent
            needed = 'a scene camera needs position and one of look_at, rpy, quaternion'
        elif self.parent:
            is_complete = has_position and given in (['rpy'], ['quaternion'])
            needed = f'a camera on {self.parent} needs position and one of rpy, quaternion'
        else:
            is_complete = not (has_position or given)
            needed = (
                f'a wrist camera without parent is at the link {self.frame}: it has no pose; '
                f'name the link that carries it as parent'
            )
        if not is_complete:
            has = ', '.join(['position'] * has_position + given) or 'none of them'
            raise ValueError(f'camera {self.name}: {needed}; it has {has}')
        if self.quaternion and not abs(np.linalg.norm(self.quaternion) - 1.0) <= _UNIT:
            raise ValueError(f'camera {self.name}: quaternion is not unit length (order x y z w)')
        if self.look_at is not None and self.look_at == self.position:
            raise ValueError(f'camera {self.name}: look_at is its own position')

    @property
    def topics(self) -> tuple[str, str, str]:
        """Names of colour, depth and camera info."""
        prefix = self.topic.rstrip('/')
        names = (self.colour_topic, self.depth_topic, self.info_topic)
        colour, depth, info = (n if n.startswith('/') else f'{prefix}/{n}' for n in names)
        return colour, depth, info

    @property
    def is_rectified(self) -> bool:
        """True when the images are rectified, as configured or by the name of the topic."""
        if self.rectified is not None:
            return self.rectified
        return 'rect' in self.topics[0].rpartition('/')[2]

    @property
    def needs_info(self) -> bool:
        """True when the intrinsics are those of the camera info."""
        return self.intrinsics == FROM_INFO

    @property
    def model(self) -> CameraModel:
        """Pinhole model by width, height and fov_y: square pixels, principal point at image
        centre; pixel centres at integers, as in ROS and OpenCV."""
        f = float(self.height / 2 / np.tan(np.radians(self.fov_y) / 2))
        x, y = (self.width - 1) / 2, (self.height - 1) / 2
        return CameraModel(self.frame, self.width, self.height, f, f, x, y)

    @property
    def link(self) -> str:
        """Link of the URDF that carries a wrist camera."""
        return self.parent or self.frame

    @property
    def link_from_camera(self) -> Array:
        """4x4 of a wrist camera, optical axes."""
        return self._pose() if self.parent else np.eye(4)

    @property
    def base_from_camera(self) -> Array:
        """4x4 of a scene camera, optical axes; UserError for a wrist camera, which moves."""
        if self.kind != 'scene':
            raise UserError(
                f'camera {self.name} moves with {self.link}: its pose is from the robot model'
            )
        return self._pose()

    def _pose(self) -> Array:
        position: Any = self.position
        if self.look_at is not None:
            return geometry.look_at(position, self.look_at)
        rotation = (
            geometry.rotation_rpy(self.rpy)
            if self.rpy is not None
            else geometry.matrix_from_quat(self.quaternion)  # type: ignore[arg-type]
        )
        turn = BODY_FROM_OPTICAL if self.axes == BODY else np.eye(3)
        return geometry.pose_of(rotation @ turn, position)
