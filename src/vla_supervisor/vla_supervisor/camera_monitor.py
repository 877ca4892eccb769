"""Is there a picture that can be used? Not of a camera that is covered, frozen or gone."""

from __future__ import annotations

from vla_core.records.scene import GroundedScene


class CameraMonitor:
    """Follows what perception says of its pictures; one older than `fresh` s is none."""

    def __init__(self, fresh: float) -> None:
        self._fresh = fresh
        self._saw: float | None = None  # s, stamp of the last usable picture
        self._trouble = ''

    def put(self, scene: GroundedScene) -> None:
        """Take a scene in."""
        self._trouble = scene.trouble
        if not scene.trouble:
            self._saw = scene.stamp

    def blind(self, now: float) -> str:
        """Return why nothing is seen any more; empty while something is, or was never yet."""
        if self._saw is None or now - self._saw <= self._fresh:
            return ''
        return f'no usable picture: {self._trouble or "no new one comes"}'
