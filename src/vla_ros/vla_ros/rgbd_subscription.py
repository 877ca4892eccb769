"""One RGB-D frame from the three topics of a camera, paired by stamp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vla_core.records.sensing import RgbdFrame
from vla_core.robot.config import CameraConfig
from vla_ros import topics
from vla_ros.convert.fields import BadMessage, seconds
from vla_ros.convert.sensing import frame_from_msgs
from vla_ros.node import ManagedNode


class RgbdSubscription:
    """Calls back with each frame whose colour and depth were exposed together."""

    def __init__(
        self,
        node: ManagedNode,
        camera: CameraConfig,
        callback: Callable[[RgbdFrame], None],
        slop: float = 0.02,
    ) -> None:
        self._node, self._name, self._callback = node, camera.name, callback
        self._slop = slop  # s, colour and depth further apart are not one frame
        self._colour: Any = None
        self._depth: Any = None
        self._info: Any = None
        colour, depth, info = topics.camera(camera)
        node.subscribe(colour, self._on_colour)
        node.subscribe(depth, self._on_depth)
        node.subscribe(info, self._on_info)

    def _on_colour(self, message: Any) -> None:
        self._colour = message
        self._pair()

    def _on_depth(self, message: Any) -> None:
        self._depth = message
        self._pair()

    def _on_info(self, message: Any) -> None:
        self._info = message
        self._pair()

    def _pair(self) -> None:
        if self._colour is None or self._depth is None or self._info is None:
            return
        apart = seconds(self._colour.header.stamp) - seconds(self._depth.header.stamp)
        if not abs(apart) <= self._slop:
            return
        colour, depth = self._colour, self._depth
        self._colour = self._depth = None
        try:
            frame = frame_from_msgs(self._name, colour, depth, self._info)
        except BadMessage as bad:
            self._node.log_error(f'camera {self._name}: {bad}')
        else:
            self._callback(frame)
