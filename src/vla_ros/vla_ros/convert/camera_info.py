"""sensor_msgs/CameraInfo to a pinhole model with the distortion of its images, and back."""

from __future__ import annotations

from array import array

import numpy as np
from sensor_msgs.msg import CameraInfo

from vla_core.records.sensing import CameraModel
from vla_core.robot.camera import CameraConfig
from vla_ros.convert.fields import BadMessage, header
from vla_ros.convert.rectification import COEFFICIENTS, Distortion

ZERO = 1e-9  # a smaller distortion coefficient is none
ALTERNATIVE = 'set intrinsics: fov_y in the robot file to use its fov_y instead'


def camera_info_to_msg(model: CameraModel, stamp: float) -> CameraInfo:
    fx, fy, cx, cy = model.fx, model.fy, model.cx, model.cy
    return CameraInfo(
        header=header(stamp, model.frame),
        height=model.height,
        width=model.width,
        distortion_model='plumb_bob',
        d=array('d', [0.0] * 5),
        k=np.array([fx, 0, cx, 0, fy, cy, 0, 0, 1.0]),
        r=np.eye(3).ravel(),
        p=np.array([fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1.0, 0]),
    )


def camera_model_from_msg(message: CameraInfo, *, is_rectified: bool) -> CameraModel:
    """Return the pinhole model of the published images: P when they are rectified, else K; binning
    and region of interest included."""
    if not message.header.frame_id:
        raise BadMessage('camera info names no frame')
    name, matrix = ('P', message.p) if is_rectified else ('K', message.k)
    rows = np.array(matrix, np.float64).reshape(3, -1)
    fx, fy, cx, cy = (float(v) for v in (rows[0, 0], rows[1, 1], rows[0, 2], rows[1, 2]))
    if not (np.isfinite([fx, fy, cx, cy]).all() and fx > 0.0 and fy > 0.0):
        raise BadMessage(
            f'{name} of the camera info has focal lengths {fx:g} and {fy:g} px: the camera is not '
            f'calibrated; calibrate it (camera_calibration), or {ALTERNATIVE}'
        )
    if is_rectified and rows[0, 3] != 0.0:
        raise BadMessage(
            'camera info is that of the right camera of a stereo pair (P[3] is not 0): use the '
            'left one'
        )
    x, y, width, height = _region(message)
    across, down = max(message.binning_x, 1), max(message.binning_y, 1)
    model = CameraModel(
        message.header.frame_id, width // across, height // down, fx / across, fy / down,
        (cx - x) / across, (cy - y) / down,
    )  # fmt: skip
    if not (0.0 <= model.cx <= model.width and 0.0 <= model.cy <= model.height):
        raise BadMessage(
            f'principal point ({model.cx:.1f}, {model.cy:.1f}) of the camera info is outside of '
            f'its {model.width}x{model.height} image; {ALTERNATIVE}'
        )
    return model


def _region(message: CameraInfo) -> tuple[int, int, int, int]:
    """Offset x, y, width and height in px of the image in that of the whole sensor."""
    roi = message.roi
    if not (roi.width and roi.height):  # both are 0 without a region of interest
        return 0, 0, message.width, message.height
    return roi.x_offset, roi.y_offset, roi.width, roi.height


def distortion_from_msg(message: CameraInfo) -> Distortion | None:
    """Return the lens distortion of images that are not rectified; None without one."""
    d, model = np.array(message.d, np.float64), message.distortion_model
    if not np.isfinite(d).all():
        raise BadMessage('d of the camera info is not finite')
    if not (np.abs(d) > ZERO).any():
        return None
    if model not in COEFFICIENTS:
        raise BadMessage(
            f'distortion model {model!r}; known: {", ".join(COEFFICIENTS)}; or use the rectified '
            f'topic (image_proc), or set rectified: true when the images are rectified'
        )
    count = COEFFICIENTS[model]
    if len(d) < 4 or (np.abs(d[count:]) > ZERO).any():
        raise BadMessage(
            f'd of the camera info has {len(d)} coefficients; {model} has {count}: use the '
            f'rectified topic (image_proc)'
        )
    return Distortion(model, tuple(float(v) for v in d[:count]))


def images_of(
    camera: CameraConfig, info: CameraInfo | None
) -> tuple[CameraModel, Distortion | None]:
    """Return the pinhole model of a camera's images, and the distortion to remove from them."""
    if not camera.needs_info:
        return camera.model, None
    if info is None:
        raise BadMessage('there is no camera info')
    distortion = None if camera.is_rectified else distortion_from_msg(info)
    return camera_model_from_msg(info, is_rectified=camera.is_rectified), distortion
