"""Age of the last usable camera image: not of a camera that is covered, frozen or gone."""

from __future__ import annotations

from vla_core.records.scene import GroundedScene


class CameraMonitor:
    """Follows what perception reports of its images; older than `max_age` s, there is none."""

    def __init__(self, max_age: float) -> None:
        self._max_age = max_age
        self._usable_at: float | None = None  # s, stamp of the last usable image
        self._trouble = ''

    def on_scene(self, scene: GroundedScene) -> None:
        """Store whether the image of a scene was usable."""
        self._trouble = scene.trouble
        if not scene.trouble:
            self._usable_at = scene.stamp

    def on_clock_jump(self, step: float) -> None:
        """Keep the age when ROS time jumps by `step` s."""
        if self._usable_at is not None:
            self._usable_at += step

    def fault(self, now: float) -> str:
        """Return why there is no usable image; empty when there is one, or was never any yet."""
        if self._usable_at is None or now - self._usable_at <= self._max_age:
            return ''
        return f'no usable camera image: {self._trouble or "no new image received"}'
