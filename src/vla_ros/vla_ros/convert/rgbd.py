"""RGB-D frames from the messages of a camera, and back."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo, Image

from vla_core.records.sensing import CameraModel, RgbdFrame
from vla_core.robot.camera import CameraConfig
from vla_ros.convert.camera_info import camera_info_to_msg, images_of
from vla_ros.convert.fields import BadMessage, stamp_of
from vla_ros.convert.image import depth_from_msg, image_to_msg, rgb_from_msg
from vla_ros.convert.rectification import rectified

REGISTER = (
    'use the registered topic (RealSense: align_depth.enable:=true and '
    'aligned_depth_to_color/image_raw; else depth_image_proc register)'
)


def frame_to_msgs(frame: RgbdFrame, camera: CameraConfig) -> tuple[Image, Image, CameraInfo]:
    """Return colour, depth and camera info, as `frame_from_msgs` takes them."""
    at, where, unit = frame.stamp, frame.model.frame, camera.depth_unit or 1.0
    depth = frame.depth if unit == 1.0 else frame.depth / np.float32(unit)
    return (
        image_to_msg(frame.rgb, 'rgb8', at, where),
        image_to_msg(depth, '32FC1', at, where),
        camera_info_to_msg(frame.model, at),
    )


def frame_from_msgs(
    camera: CameraConfig, colour: Image, depth: Image, info: CameraInfo | None
) -> RgbdFrame:
    """Return one frame, at the older of both stamps, without lens distortion.

    How far the stamps are apart is the caller's business. Without `info` the intrinsics must be
    those of the robot file.
    """
    model, distortion = images_of(camera, info)
    rgb, metres = rgb_from_msg(colour), depth_from_msg(depth, camera.depth_unit)
    _check_registered(colour, depth)
    _check_size(rgb, model, camera)
    if distortion is not None:
        rgb, metres = (rectified(image, model, distortion) for image in (rgb, metres))
    stamp = min(stamp_of(colour), stamp_of(depth))
    return RgbdFrame(camera.name, stamp, model, rgb, metres)


def rgb_of(
    camera: CameraConfig, colour: Image, info: CameraInfo
) -> tuple[CameraModel, np.ndarray]:
    """Return the model and (H, W, 3) pixels of a colour image without lens distortion."""
    model, distortion = images_of(camera, info)
    rgb = rgb_from_msg(colour)
    _check_size(rgb, model, camera)
    return model, rgb if distortion is None else rectified(rgb, model, distortion)


def _check_registered(colour: Image, depth: Image) -> None:
    """BadMessage unless each depth pixel belongs to the colour pixel with its index."""
    if (depth.width, depth.height) != (colour.width, colour.height):
        raise BadMessage(
            f'depth is {depth.width}x{depth.height}, colour {colour.width}x{colour.height}: depth '
            f'is not registered to colour; {REGISTER}'
        )
    frames = colour.header.frame_id, depth.header.frame_id
    if all(frames) and frames[0] != frames[1]:
        raise BadMessage(
            f'depth is in {frames[1]}, colour in {frames[0]}: depth is not registered to colour; '
            f'{REGISTER}'
        )


def _check_size(rgb: np.ndarray, model: CameraModel, camera: CameraConfig) -> None:
    height, width = rgb.shape[:2]
    if (width, height) != (model.width, model.height):
        source = 'camera info describes' if camera.needs_info else 'the robot file has'
        raise BadMessage(
            f'{source} {model.width}x{model.height}, but the image is {width}x{height}'
        )
