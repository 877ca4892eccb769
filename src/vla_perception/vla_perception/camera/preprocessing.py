"""Frame preprocessing: depth filter, camera levelling, robot mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_core.records.sensing import RgbdFrame
from vla_core.robot.camera import CameraConfig
from vla_perception.camera.camera_health import frame_fault
from vla_perception.camera.pinhole import CameraView, clean_depth
from vla_perception.camera.robot_mask import Pose, RobotBody
from vla_perception.camera.support_plane import deviation, fit_plane, levelled
from vla_perception.detection.protocol import PreparedFrame
from vla_perception.params import GrounderParams

_STRIDE = 5  # every n-th pixel is used for the table fit
_FLAT = 3e-4  # rad and m; a smaller deviation from z = 0 is not corrected
_EVERY = 5  # frames between table fits once the camera is level
_GAIN = 0.3  # filter gain of a new plane, after the first
_MIN_TABLE = 0.15  # smallest share of the expected table pixels that lie on the table


class FramePreprocessor:
    """Preprocesses the frames of one camera; keeps the estimated correction of its pose."""

    def __init__(self, params: GrounderParams, camera: CameraConfig, body: RobotBody) -> None:
        self._params = params
        self._nominal = camera.base_from_camera
        self._body = body
        self._view: CameraView | None = None
        self._table_pixels = np.zeros(0, np.intp)
        self._is_levelled = self._is_level = False
        self._frames = 0

    def preprocess(self, frame: RgbdFrame, pose: Pose) -> tuple[PreparedFrame, float, str]:
        """Return the prepared frame, the fraction of pixels with depth, and the fault or ''."""
        p = self._params
        view = self._view_of(frame)
        depth = clean_depth(frame.depth, p.max_depth)
        valid = float(np.isfinite(depth).mean())
        trouble = frame_fault(frame, valid, p) or self._level(view, depth)
        view = self._view or view
        height = view.height(depth)
        high = np.flatnonzero((height >= p.min_height) & (height <= p.z_max))
        points = view.points(high, depth)
        inside = (points[:, 0] >= p.x_min) & (points[:, 0] <= p.x_max)
        inside &= (points[:, 1] >= p.y_min) & (points[:, 1] <= p.y_max)
        high, points = high[inside], points[inside]
        covered = self._body.covers(points, pose, p.robot_margin)
        is_object, is_robot = np.zeros((2, *depth.shape), bool)
        is_object.ravel()[high[~covered]] = True
        is_robot.ravel()[high[covered]] = True
        return PreparedFrame(view, frame.rgb, depth, height, is_robot, is_object), valid, trouble

    def _view_of(self, frame: RgbdFrame) -> CameraView:
        if self._view is None or self._view.model != frame.model:
            self._view = CameraView(frame.model, self._nominal)
            self._is_levelled = self._is_level = False
            self._table_pixels = self._expected_table_pixels(self._view)
        return self._view

    def _expected_table_pixels(self, view: CameraView) -> NDArray[np.intp]:
        """Flat indices of every _STRIDE-th pixel whose ray meets z = 0 inside the workspace."""
        p = self._params
        rays = view.rays.reshape(-1, 3)[::_STRIDE]
        reach = -view.origin[2] / np.minimum(rays[:, 2], -1e-6)
        x, y = (rays[:, k] * reach + view.origin[k] for k in (0, 1))
        inside = (x >= p.x_min) & (x <= p.x_max) & (y >= p.y_min) & (y <= p.y_max)
        return np.flatnonzero(inside) * _STRIDE

    def _level(self, view: CameraView, depth: NDArray[np.float32]) -> str:
        """Correct the camera's pose by the visible table; return why that is impossible, or ''."""
        p = self._params
        height = view.rays[..., 2].ravel()[self._table_pixels] * depth.ravel()[self._table_pixels]
        near = np.abs(height + np.float32(view.origin[2])) <= 1.5 * p.table_band
        if not near.mean() >= _MIN_TABLE:
            return 'too little of the table is visible at its expected height'
        self._frames += 1
        if self._is_level and self._frames % _EVERY:
            return ''
        plane = fit_plane(view.points(self._table_pixels[near], depth), p.table_band)
        self._is_level = plane is None or bool(np.abs(plane).max() <= _FLAT)
        if plane is None or self._is_level:
            return ''
        pose = levelled(view.base_from_optical, plane * (_GAIN if self._is_levelled else 1.0))
        angle, distance = deviation(pose, self._nominal)
        if not (angle <= p.max_tilt and distance <= p.max_shift):
            off = f'{np.degrees(angle):.1f} degrees and {1e3 * distance:.0f} mm'
            return f'the camera is {off} off its nominal pose'
        self._view, self._is_levelled = CameraView(view.model, pose), True
        return ''
