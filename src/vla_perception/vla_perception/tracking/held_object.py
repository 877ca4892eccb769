"""The held object: it moves with the TCP until the fingers open."""

from __future__ import annotations

import numpy as np

from vla_core import geometry
from vla_core.robot.gripper import GripperConfig
from vla_perception.camera.robot_mask import Pose
from vla_perception.tracking.track import Track

_GRASPABLE = ('cube', 'cylinder', 'ball', 'drawer')
_REACH = 0.012  # m, largest distance of the TCP from the object's box at a grasp
_WIDTH_SLACK = 0.008  # m, tolerance between the opening and the object's width
_EMPTY = 0.002  # m; with a smaller opening nothing is held
_OPENED = 0.0015  # m, growth of the opening that is a release
_STEADY = 0.001  # m, largest change of the opening per frame of resting fingers
_SLIPPED = 0.006  # m, decrease of the opening after which the object has slipped out


class HeldObject:
    """Detects from the gripper opening and the TCP pose which object is held."""

    def __init__(self, gripper: GripperConfig) -> None:
        self._gripper = gripper
        self._last_opening = gripper.open_width
        self._pending: tuple[int, np.ndarray] | None = None  # id, tcp_from_object
        self.release()

    def release(self) -> None:
        """Hold nothing."""
        self._id = -1
        self._tcp_from_object = np.eye(4)
        self._grip = 0.0  # m, opening at the grasp

    def carry(self, tracks: list[Track], pose: Pose) -> None:
        """Move the held object with the TCP, or release it; called before the image is used."""
        held = next((track for track in tracks if track.id == self._id), None)
        if held is None:
            return
        if not self._keeps(pose):
            held.is_held, held.is_released = False, held.shape != 'drawer'
            self.release()
            return
        base_from_object = pose.base_from_tcp @ self._tcp_from_object
        held.position = base_from_object[:3, 3].copy()
        held.yaw = float(geometry.yaw(base_from_object))

    def judge(self, tracks: list[Track], pose: Pose) -> None:
        """Detect a grasp; called after the image is used. Moving fingers do not hold anything."""
        change = pose.opening - self._last_opening
        self._last_opening = pose.opening
        if change > _STEADY or any(track.id == self._id and track.is_held for track in tracks):
            self._pending = None
            return
        self.release()
        held = next((track for track in tracks if self._grasps(track, pose)), None)
        self._store_pending(held, pose)
        if held is not None and abs(change) <= _STEADY:
            self._hold(held, pose)

    def _store_pending(self, track: Track | None, pose: Pose) -> None:
        """Store tcp_from_object while the fingers close: afterwards the gripper may rise."""
        if track is None:
            self._pending = None
        elif self._pending is None or self._pending[0] != track.id:
            base_from_object = geometry.pose_of(geometry.rotation_z(track.yaw), track.position)
            self._pending = (track.id, geometry.inverse(pose.base_from_tcp) @ base_from_object)

    def _keeps(self, pose: Pose) -> bool:
        grown = pose.opening - self._grip
        return pose.opening > _EMPTY and -_SLIPPED <= grown <= _OPENED

    def _grasps(self, track: Track, pose: Pose) -> bool:
        if track.shape not in _GRASPABLE or not pose.opening > _EMPTY:
            return False
        narrow, wide = float(track.size[:2].min()), float(np.hypot(*track.size[:2]))
        fits = narrow - _WIDTH_SLACK <= pose.opening <= min(wide, narrow + _WIDTH_SLACK)
        if not fits or pose.opening > self._gripper.open_width - 0.004:
            return False
        delta = pose.base_from_tcp[:3, 3] - track.position
        c, s = np.cos(track.yaw), np.sin(track.yaw)
        local = np.abs([c * delta[0] + s * delta[1], c * delta[1] - s * delta[0], delta[2]])
        return bool(np.all(local <= track.size / 2 + _REACH))

    def _hold(self, track: Track, pose: Pose) -> None:
        assert self._pending is not None
        self._id, self._tcp_from_object = self._pending
        self._grip, self._pending = pose.opening, None
        base_from_object = pose.base_from_tcp @ self._tcp_from_object
        track.position = base_from_object[:3, 3].copy()
        track.is_held = True
