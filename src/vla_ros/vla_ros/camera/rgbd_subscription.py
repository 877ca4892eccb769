"""RGB-D frames from the three topics of a camera, paired by stamp."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any

from vla_core.records.sensing import RgbdFrame
from vla_core.robot.camera import CameraConfig
from vla_ros import topics
from vla_ros.camera.approximate_time_synchronizer import (
    FIRST,
    QUEUE,
    SAME,
    SECOND,
    SLOP,
    ApproximateTimeSynchronizer,
)
from vla_ros.camera.missing_topic import cause_of_silence
from vla_ros.convert.camera_info import images_of
from vla_ros.convert.fields import BadMessage, seconds
from vla_ros.convert.rgbd import frame_from_msgs
from vla_ros.node import ManagedNode

COLOUR, DEPTH, INFO = range(3)  # of topics.camera
PATIENCE = 1.0  # s without a frame, after which the cause is reported
CHECK_PERIOD = 0.5  # s between two diagnoses: they query the ROS graph
MAX_SKEW = 1.0  # s; images stamped further from now are not of this clock


class RgbdSubscription:
    """Calls `callback` with each frame whose colour and depth stamps differ by `slop` s at most.

    `check`, called in each cycle, updates three texts: `cause`, why there is no frame; `problem`,
    the same unless the camera worked and is silent now, which its readers see by the age of the
    image; `remark`, how valid frames are made.
    """

    def __init__(
        self,
        node: ManagedNode,
        camera: CameraConfig,
        callback: Callable[[RgbdFrame], None],
        slop: float = SLOP,
        queue_size: int = QUEUE,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._node, self._camera, self._callback = node, camera, callback
        self._slop, self._clock = slop, clock
        self._images = ApproximateTimeSynchronizer[Any](queue_size, slop)
        self._info: Any = None
        self._topics = topics.camera(camera)
        self._received_at = [-inf] * 3  # s, steady clock, last message of each topic
        self._framed_at = clock()  # s, steady clock, last frame, or the start
        self._checked_at = -inf  # s, steady clock, last diagnosis
        self._has_frame = False
        self._refusal = ''  # why the last images are no frame
        self.cause = self.problem = self.remark = ''
        colour, depth, info = self._topics
        node.subscribe(colour, lambda image: self._on_image(FIRST, image))
        node.subscribe(depth, lambda image: self._on_image(SECOND, image))
        if camera.needs_info:
            node.subscribe(info, self._on_info)
            node.subscribe(topics.latched(info), self._on_info)  # published once, before our start

    def _on_info(self, message: Any) -> None:
        self._info, self._received_at[INFO] = message, self._clock()

    def _on_image(self, topic: int, image: Any) -> None:
        self._received_at[topic] = self._clock()
        try:
            pair = self._images.put(topic, self._stamp(topic, image), image)
            if pair is None:
                return
            if self._info is None and self._camera.needs_info:
                return  # `check` says why
            frame = self._frame(*pair)
        except BadMessage as bad:
            self._refusal = str(bad)
            raise
        self._framed_at, self._has_frame, self._refusal = self._clock(), True, ''
        self._callback(frame)

    def _stamp(self, topic: int, image: Any) -> float:
        stamp = seconds(image.header.stamp)
        if stamp == 0.0:
            raise BadMessage(
                f'{self._topics[topic].name} has stamp 0: the driver must stamp images with the '
                f'time of exposure'
            )
        return stamp

    def _frame(self, colour: Any, depth: Any) -> RgbdFrame:
        frame = frame_from_msgs(self._camera, colour, depth, self._info)
        age = self._node.now - frame.stamp
        if not abs(age) <= MAX_SKEW:
            where = 'before' if age > 0.0 else 'after'
            raise BadMessage(
                f'images are stamped {abs(age):.1f} s {where} the ROS clock: synchronise the '
                f'camera with it, or set use_sim_time where the clock is simulated'
            )
        return frame

    def check(self) -> None:
        """Update `cause`, `problem` and `remark`."""
        now = self._clock()
        has_frames = now - self._framed_at < PATIENCE
        if has_frames:
            self.cause = self.problem = ''
        if now - self._checked_at < CHECK_PERIOD:
            return
        self._checked_at = now
        if has_frames:
            self.remark = self._remark()
            return
        text, is_silence = self._diagnosis(now)
        self.cause = self.remark = f'camera {self._camera.name}: {text}'
        self.problem = '' if is_silence and self._has_frame else self.cause
        self._node.log_error(self.cause)

    def _diagnosis(self, now: float) -> tuple[str, bool]:
        """Return why there is no frame, and whether a topic is silent or frozen."""
        silent = [
            cause_of_silence(self._node, self._topics[k], now - self._received_at[k])
            for k in self._required()
            if self._is_silent(k, now)
        ]
        if silent:
            return '; '.join(silent), True
        if self._refusal:
            return self._refusal, False
        if self._images.unpaired > 0 and self._images.offset() is not None:
            return self._unpaired(), False
        return 'colour and depth repeat old stamps: it is frozen', True

    def _required(self) -> tuple[int, ...]:
        return (COLOUR, DEPTH, INFO) if self._camera.needs_info else (COLOUR, DEPTH)

    def _is_silent(self, topic: int, now: float) -> bool:
        """True for images that ceased, and for camera info that never came."""
        if topic == INFO:
            return self._info is None
        return not now - self._received_at[topic] < PATIENCE

    def _unpaired(self) -> str:
        """Return by how much the stamps of colour and depth differ."""
        offset = self._images.offset() or 0.0
        return (
            f'depth is stamped {_apart(offset)} colour; camera_slop is {self._slop:g} s: set it '
            f'higher, or synchronise the two streams'
        )

    def _remark(self) -> str:
        """Return what a reader of valid frames should know, or ''."""
        texts = []
        offset = self._images.pair_offset()
        if offset is not None and abs(offset) > SAME:
            texts.append(f'depth is stamped {_apart(offset)} colour')
        if self._info is not None and self._has_frame:
            _, distortion = images_of(self._camera, self._info)
            if distortion is not None:
                texts.append(
                    'lens distortion is removed; set rectified: true if images are rectified'
                )
        return f'camera {self._camera.name}: {"; ".join(texts)}' if texts else ''


def _apart(offset: float) -> str:
    """Return '40 ms after' for 0.04 s."""
    size = f'{abs(offset):.1f} s' if abs(offset) >= 1.0 else f'{abs(offset) * 1e3:.0f} ms'
    return f'{size} {"after" if offset > 0.0 else "before"}'
