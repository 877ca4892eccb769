"""Where the robot's joints are in the names of a message."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import Indices


class JointIndex:
    """Finds `ours` in names; remembers the last answer, for names seldom change."""

    def __init__(self, ours: tuple[str, ...]) -> None:
        self._ours = ours
        self._names: tuple[str, ...] = ()
        self._index: Indices | None = None

    def of(self, names: tuple[str, ...]) -> Indices | None:
        """(len(ours),) places in `names`; None when one is missing."""
        if names != self._names:
            is_whole = set(self._ours) <= set(names)
            self._index = np.array([names.index(n) for n in self._ours]) if is_whole else None
            self._names = names
        return self._index

    def lacks(self, names: tuple[str, ...]) -> list[str]:
        """Which of ours are missing."""
        return [name for name in self._ours if name not in names]
