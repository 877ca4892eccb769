"""Joint states, wrench, and camera images."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import WrenchStamped
from sensor_msgs.msg import CameraInfo, Image
from sensor_msgs.msg import JointState as JointStateMsg

from vla_core.frozen import Array
from vla_core.records.sensing import CameraModel, JointState, RgbdFrame
from vla_ros.convert.fields import BadMessage, finite, floats, header, joined, stamp_of
from vla_ros.convert.table import TEXTS, UNCHECKED_ARRAY, Entry, MessageTable, stamp

DEPTH_UNITS = {'32FC1': (np.float32, 1.0), '16UC1': (np.uint16, 0.001)}  # dtype, m per count


def _velocity(values: Array, names: Sequence[str], _: str) -> Array:
    """Return the velocities; NaN where none is measured, as of many grippers.

    sensor_msgs leaves the array empty then, ros2_control fills it with NaN.
    """
    return np.array(values, np.float64) if len(values) else np.full(len(names), np.nan)


def _stamp_or_nan(sec: int, nanosec: int) -> float:
    return joined(sec, nanosec) if sec or nanosec else np.nan


JOINTS = MessageTable(  # not checked here: joints that are not the robot's may hold anything
    JointState, JointStateMsg,
    stamp=stamp(read=_stamp_or_nan),
    names=Entry(TEXTS.write, TEXTS.read, ('name',)),
    position=UNCHECKED_ARRAY,
    velocity=Entry(floats, _velocity, ('velocity',), also=('name',)),
)  # fmt: skip


def wrench_to_msg(wrench: Array, stamp: float, frame: str) -> WrenchStamped:
    """Return the (6,) N, N·m as a message."""
    message = WrenchStamped(header=header(stamp, frame))
    force, torque = message.wrench.force, message.wrench.torque
    force.x, force.y, force.z, torque.x, torque.y, torque.z = (float(v) for v in wrench)
    return message


def wrench_from_msg(message: WrenchStamped) -> Array:
    """Return (6,) N, N·m in the message's frame."""
    force, torque = message.wrench.force, message.wrench.torque
    values = [force.x, force.y, force.z, torque.x, torque.y, torque.z]
    return finite(np.array(values), 'wrench')


def image_to_msg(pixels: np.ndarray, encoding: str, stamp: float, frame: str) -> Image:
    """Return an image of (H, W[, C]) pixels."""
    pixels = np.ascontiguousarray(pixels)
    return Image(
        header=header(stamp, frame),
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        step=pixels.strides[0],
        data=array('B', pixels.tobytes()),
    )


def rgb_from_msg(message: Image) -> np.ndarray:
    """Return (H, W, 3) uint8 from rgb8 or bgr8."""
    if message.encoding not in ('rgb8', 'bgr8'):
        raise BadMessage(f'colour encoding {message.encoding!r}; known: rgb8, bgr8')
    pixels = _pixels(message, np.uint8, 3).reshape(message.height, message.width, 3)
    return pixels if message.encoding == 'rgb8' else pixels[..., ::-1]


def depth_from_msg(message: Image) -> np.ndarray:
    """Return (H, W) float32 m from 32FC1 (m) or 16UC1 (mm)."""
    if message.encoding not in DEPTH_UNITS:
        raise BadMessage(f'depth encoding {message.encoding!r}; known: {", ".join(DEPTH_UNITS)}')
    dtype, unit = DEPTH_UNITS[message.encoding]
    depth = _pixels(message, dtype, 1).reshape(message.height, message.width)
    return depth if unit == 1.0 else depth.astype(np.float32) * np.float32(unit)


def _pixels(message: Image, dtype: type, channels: int) -> np.ndarray:
    row = message.width * channels * np.dtype(dtype).itemsize
    if message.is_bigendian and dtype != np.uint8:
        raise BadMessage('big-endian images are not read')
    if message.step < row or len(message.data) != message.step * message.height:
        raise BadMessage(f'{len(message.data)} bytes do not make {message.height} rows of {row}')
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)
    return np.ascontiguousarray(rows[:, :row]).view(dtype)


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


def camera_model_from_msg(message: CameraInfo) -> CameraModel:
    if not message.header.frame_id:
        raise BadMessage('camera info names no frame')
    fx, fy, cx, cy = (float(message.k[i]) for i in (0, 4, 2, 5))
    finite(np.array([fx, fy, cx, cy]), 'k')
    if not (fx > 0 and fy > 0):
        raise BadMessage('focal length is not positive: the camera is not calibrated')
    if any(abs(v) > 1e-6 for v in message.d):
        raise BadMessage('the image is distorted; use the rectified topic')
    return CameraModel(message.header.frame_id, message.width, message.height, fx, fy, cx, cy)


def frame_from_msgs(camera: str, colour: Image, depth: Image, info: CameraInfo) -> RgbdFrame:
    """Return one frame from its three messages; their stamps are the caller's business."""
    model = camera_model_from_msg(info)
    rgb, metres = rgb_from_msg(colour), depth_from_msg(depth)
    if rgb.shape[:2] != (model.height, model.width) or metres.shape != rgb.shape[:2]:
        raise BadMessage(f'colour {rgb.shape[:2]}, depth {metres.shape}: not {model}')
    return RgbdFrame(camera, stamp_of(colour), model, rgb, metres)
