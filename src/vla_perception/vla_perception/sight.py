"""One frame made ready: depth cleaned, heights above the table, robot taken out, health judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_core.robot import CameraConfig
from vla_core.sensing import RgbdFrame
from vla_perception.camera import View, clean_depth
from vla_perception.detection import Sight
from vla_perception.params import GrounderParams
from vla_perception.robot_mask import Pose, RobotBody
from vla_perception.table import Table

_TABLE_STRIDE = 7  # every n-th pixel is enough for the table


class Eye:
    """Looks through one camera; remembers where the table is."""

    def __init__(self, params: GrounderParams, camera: CameraConfig, body: RobotBody) -> None:
        self._params = params
        self._camera = camera
        self._body = body
        self._table = Table(params.table_band, params.max_tilt)
        self._view: View | None = None

    def look(self, frame: RgbdFrame, pose: Pose) -> tuple[Sight, float, str]:
        """Return the frame made ready, the fraction of pixels with depth, and what is wrong ('' when well)."""
        p = self._params
        view = self._view_of(frame)
        depth = clean_depth(frame.depth, p.max_depth)
        valid = float(np.isfinite(depth).mean())
        height = view.height(depth)
        height = self._above_table(view, depth, height)
        is_thing = self._in_workspace(view, depth, height)
        is_robot = np.zeros(depth.shape, bool)
        pixels = np.flatnonzero(is_thing)
        covered = self._body.covers(view.points(pixels, depth), pose, p.robot_margin)
        is_robot.ravel()[pixels[covered]] = True
        sight = Sight(view, frame.rgb, depth, height, is_robot, is_thing & ~is_robot)
        return sight, valid, self._trouble(frame, valid)

    def _view_of(self, frame: RgbdFrame) -> View:
        if self._view is None or self._view.model != frame.model:
            self._view = View(frame.model, self._camera.base_from_camera)
        return self._view

    def _above_table(self, view: View, depth: NDArray, height: NDArray) -> NDArray[np.float32]:
        p = self._params
        some = np.zeros(depth.size, bool)
        some[::_TABLE_STRIDE] = True
        near = np.flatnonzero(some & (np.abs(height.ravel()) <= 2 * p.table_band))
        points = view.points(near, depth)
        inside = (points[:, 0] >= p.x_min) & (points[:, 0] <= p.x_max)
        self._table.refine(points[inside & (np.abs(points[:, 1]) <= p.y_max)])
        a, b, c = (np.float32(v) for v in self._table.plane)
        x = view.rays[..., 0] * depth + np.float32(view.origin[0])
        y = view.rays[..., 1] * depth + np.float32(view.origin[1])
        return height - (a * x + b * y + c)

    def _in_workspace(self, view: View, depth: NDArray, height: NDArray) -> NDArray[np.bool_]:
        p = self._params
        x = view.rays[..., 0] * depth + np.float32(view.origin[0])
        y = view.rays[..., 1] * depth + np.float32(view.origin[1])
        is_inside = (x >= p.x_min) & (x <= p.x_max) & (y >= p.y_min) & (y <= p.y_max)
        return is_inside & (height >= p.min_height) & (height <= p.z_max)

    def _trouble(self, frame: RgbdFrame, valid: float) -> str:
        p = self._params
        if not valid >= p.min_valid_depth:
            return f'only {100 * valid:.0f} % of the picture has depth'
        brightness = float(frame.rgb[::4, ::4].max(axis=-1).mean())
        if not brightness >= p.min_brightness:
            return 'the camera is dark'
        return ''
