"""Windows of camera images: the part that a policy sees, at the size that it was trained with.

A scene camera's window is a rectangle of given metres per pixel around a point of the workspace,
so that another camera, or another place of it, gives nearly the same picture. A wrist camera's is
the middle of its image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.sensing import CameraModel, RgbdFrame

WHOLE = 0.0  # scale of a window that is the middle of the image


@dataclass(frozen=True)
class WindowParams:
    """Which part of a camera's image, and how large it becomes."""

    height: int = param(64, 'px', lo=16, hi=512)
    width: int = param(64, 'px', lo=16, hi=512)
    scale: float = param(WHOLE, 'm per px at `centre`; 0: the middle of the image', lo=0.0, hi=0.1)
    centre: tuple[float, ...] = param((0.46, 0.0, 0.05), 'm, base frame, of a scene camera')

    def __post_init__(self) -> None:
        check(self)
        if len(self.centre) != 3:
            raise ValueError(f'centre has {len(self.centre)} numbers, must have 3')


@dataclass(frozen=True)
class Crop:
    """A window in the pixels of an image."""

    left: float  # px, of its upper left corner
    top: float  # px
    zoom: float  # px of the image per px of the window
    params: WindowParams

    def place(self, u: float, v: float) -> tuple[float, float]:
        """Where a pixel of the image is in the window: across and down, in [-1, 1] inside."""
        p = self.params
        across = 2.0 * (u - self.left) / (self.zoom * p.width) - 1.0
        return across, 2.0 * (v - self.top) / (self.zoom * p.height) - 1.0

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 of an image."""
        p = self.params
        bottom, right = self.top + self.zoom * p.height, self.left + self.zoom * p.width
        rows = slice(max(round(self.top), 0), round(bottom))
        return resized(image[rows, max(round(self.left), 0) : round(right)], p.height, p.width)


def crop_of(
    camera: str, model: CameraModel, p: WindowParams, base_from_camera: Array | None
) -> Crop:
    """The window of a camera; `base_from_camera` (4, 4), optical, where `scale` is given.
    ValueError when the window is not inside the image."""
    if p.scale == WHOLE:
        zoom = min(model.width / p.width, model.height / p.height)
        u, v = 0.5 * model.width, 0.5 * model.height
    else:
        if base_from_camera is None:
            raise ValueError(f'camera {camera}: its pose is needed for a window in metres')
        u, v, distance = projected(np.array(p.centre), base_from_camera, model)
        zoom = model.fx * p.scale / distance
    left, top = u - 0.5 * zoom * p.width, v - 0.5 * zoom * p.height
    right, bottom = left + zoom * p.width, top + zoom * p.height
    if left < -1.0 or top < -1.0 or right > model.width + 1.0 or bottom > model.height + 1.0:
        raise ValueError(
            f'camera {camera}: the window from ({left:.0f}, {top:.0f}) to ({right:.0f}, '
            f'{bottom:.0f}) px is not inside its image of {model.width} x {model.height}'
        )
    return Crop(left, top, zoom, p)


def window(frame: RgbdFrame, p: WindowParams, base_from_camera: Array | None) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 of a frame, as `crop_of` places it."""
    return crop_of(frame.camera, frame.model, p, base_from_camera).cut(frame.rgb)


def projected(
    point: Array, base_from_camera: Array, model: CameraModel
) -> tuple[float, float, float]:
    """Pixel and depth in m of a point (3,) of the base frame; ValueError when it is not ahead."""
    x, y, z = base_from_camera[:3, :3].T @ (point - base_from_camera[:3, 3])
    if not z > 0.01:
        raise ValueError(f'the centre of the window is behind the camera ({z:.2f} m ahead)')
    return float(model.fx * x / z + model.cx), float(model.fy * y / z + model.cy), float(z)


def resized(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: each pixel is the mean of what it covers."""
    given = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float()
    made = nn.functional.interpolate(
        given, (height, width), mode='bilinear', align_corners=False, antialias=True
    )
    return made[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()


def as_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(..., 3, height, width) in [0, 1] of pictures (..., height, width, 3)."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).movedim(-1, -3).float() / 255.0
