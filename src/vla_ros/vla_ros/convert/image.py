"""sensor_msgs/Image to arrays and back: encodings, byte order, row padding."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from sensor_msgs.msg import Image

from vla_ros.convert.fields import BadMessage, header

COLOUR_CHANNELS = {  # number of channels, and which of them are red, green and blue
    'rgb8': (3, (0, 1, 2)),
    'bgr8': (3, (2, 1, 0)),
    'rgba8': (4, (0, 1, 2)),
    'bgra8': (4, (2, 1, 0)),
    'mono8': (1, (0, 0, 0)),
}
DEPTH_UNITS = {
    '32FC1': ('f4', 1.0),
    '16UC1': ('u2', 0.001),
    'mono16': ('u2', 0.001),
}  # m per count
REMEDIES = (  # text of an encoding, and what to change
    ('bayer', 'use the debayered topic (image_proc)'),
    ('yuv', 'set the pixel format of the driver to rgb8'),
    ('yuyv', 'set the pixel format of the driver to rgb8'),
    ('uyvy', 'set the pixel format of the driver to rgb8'),
    ('8uc3', 'the order of its channels is unknown: publish it as bgr8 or rgb8'),
)


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
    """Return (H, W, 3) uint8 from an 8-bit colour or grey image."""
    if message.encoding not in COLOUR_CHANNELS:
        raise BadMessage(_unknown('colour', message.encoding, COLOUR_CHANNELS))
    count, channels = COLOUR_CHANNELS[message.encoding]
    pixels = _pixels(message, np.dtype('u1'), count).reshape(message.height, message.width, count)
    if message.encoding == 'rgb8':
        return pixels
    return np.stack([pixels[..., channel] for channel in channels], axis=-1)


def depth_from_msg(message: Image, unit: float | None = None) -> np.ndarray:
    """Return (H, W) float32 m; `unit` is in m per count, by default that of the encoding."""
    if message.encoding not in DEPTH_UNITS:
        raise BadMessage(_unknown('depth', message.encoding, DEPTH_UNITS))
    code, usual = DEPTH_UNITS[message.encoding]
    dtype = np.dtype(f'{">" if message.is_bigendian else "<"}{code}')
    depth = _pixels(message, dtype, 1).reshape(message.height, message.width)
    scale = np.float32(usual if unit is None else unit)
    depth = depth.astype(np.float32, copy=False)
    return depth if scale == 1.0 else depth * scale


def _unknown(what: str, encoding: str, known: Iterable[str]) -> str:
    """Reason for an encoding that is not read, with what to change."""
    text = encoding.lower()
    hint = next((remedy for key, remedy in REMEDIES if key in text), '')
    if what == 'colour' and encoding in DEPTH_UNITS:
        hint = 'colour_topic is a depth topic'
    if what == 'depth' and encoding in COLOUR_CHANNELS:
        hint = 'depth_topic is a colour topic'
    return f'{what} encoding {encoding!r}; known: {", ".join(known)}{hint and "; " + hint}'


def _pixels(message: Image, dtype: np.dtype, channels: int) -> np.ndarray:
    """Return the values without row padding, flat in each row."""
    row = message.width * channels * dtype.itemsize
    if not (message.width and message.height):
        raise BadMessage(f'the image is empty: {message.width}x{message.height}')
    if message.step < row or len(message.data) != message.step * message.height:
        raise BadMessage(
            f'{len(message.data)} bytes with step {message.step} do not make '
            f'{message.height} rows of {row} ({message.width} px, {message.encoding})'
        )
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)
    return np.ascontiguousarray(rows[:, :row]).view(dtype)
