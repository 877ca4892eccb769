"""RGB-D frames from the three topics of a camera, paired by stamp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vla_core.records.sensing import RgbdFrame
from vla_core.robot.camera import CameraConfig
from vla_ros import topics
from vla_ros.approximate_time_synchronizer import ApproximateTimeSynchronizer
from vla_ros.convert.fields import BadMessage, seconds
from vla_ros.convert.sensing import frame_from_msgs
from vla_ros.node import ManagedNode

COLOUR, DEPTH = 0, 1  # topics of the synchroniser
REPORTED_AFTER = 30  # colour images without depth


class RgbdSubscription:
    """Calls `callback` with each frame whose colour and depth stamps differ by `slop` s at most.

    The default is far below half a period at 30 Hz: images of two exposures are never paired.
    """

    def __init__(
        self,
        node: ManagedNode,
        camera: CameraConfig,
        callback: Callable[[RgbdFrame], None],
        slop: float = 0.005,
        queue_size: int = 10,
    ) -> None:
        self._node, self._name, self._callback, self._slop = node, camera.name, callback, slop
        self._images = ApproximateTimeSynchronizer[Any](2, queue_size, slop)
        self._info: Any = None
        self.problem = ''  # why there are no frames although both images arrive
        colour, depth, info = topics.camera(camera)
        node.subscribe(colour, lambda image: self._on_image(COLOUR, image))
        node.subscribe(depth, lambda image: self._on_image(DEPTH, image))
        node.subscribe(info, self._on_info)

    def _on_info(self, message: Any) -> None:
        self._info = message

    def _on_image(self, topic: int, image: Any) -> None:
        if self._info is None:
            return
        pair = self._images.put(topic, seconds(image.header.stamp), image)
        self.problem = self._unpaired()
        if self.problem:
            self._node.log_error(self.problem)
        if pair is None:
            return
        colour, depth = pair
        try:
            frame = frame_from_msgs(self._name, colour, depth, self._info)
        except BadMessage as bad:
            self._node.log_error(f'camera {self._name}: {bad}')
        else:
            self._callback(frame)

    def _unpaired(self) -> str:
        """Return by how much colour and depth stamps differ when they do not pair, or ''."""
        count, offset = self._images.unmatched, self._images.offset(DEPTH)
        if count < REPORTED_AFTER or offset is None:
            return ''
        return (
            f'camera {self._name}: {count} colour images without depth: the nearest is stamped '
            f'{abs(offset) * 1e3:.0f} ms {"later" if offset > 0 else "earlier"}, and the limit is '
            f'{self._slop * 1e3:g} ms (parameter camera_slop)'
        )
