"""Positions of the robot's joints in the joint names of a message."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import Indices


class JointIndex:
    """Looks up `joints` in a list of names; caches the last answer, since names seldom change."""

    def __init__(self, joints: tuple[str, ...]) -> None:
        self.joints = joints
        self._names: tuple[str, ...] = ()
        self._index: Indices | None = None

    def of(self, names: tuple[str, ...]) -> Indices | None:
        """(len(joints),) indices into `names`; None when a joint is missing."""
        if names != self._names:
            is_complete = set(self.joints) <= set(names)
            self._index = np.array([names.index(n) for n in self.joints]) if is_complete else None
            self._names = names
        return self._index

    def missing(self, names: tuple[str, ...]) -> list[str]:
        """The joints that `names` does not contain."""
        return [name for name in self.joints if name not in names]
