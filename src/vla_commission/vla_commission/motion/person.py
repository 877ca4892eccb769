"""The person beside the robot: answers, turns joints, holds the dead-man switch."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Person(Protocol):
    """At the terminal, or scripted."""

    def ask(self, key: str, question: str, picture: Path | None = None) -> bool:
        """Yes or no; no when nothing was answered."""

    def turn(self, joint: str, angle: float) -> None:
        """Turn a joint by about `angle` rad, by hand or with the pendant."""

    def is_holding(self) -> bool:
        """True while the dead-man switch is held."""
