"""When a command to a gripper is sent: a new one at once, an unchanged one now and then."""

from __future__ import annotations

from vla_core.records.action import Trajectory

EVERY = 10  # cycles between two equal commands


class CommandPacing:
    """Remembers the last command sent to one gripper."""

    def __init__(self) -> None:
        self._sent: float | None = None  # rad or m, of the joint
        self._cycles = 0  # since then

    def is_due(self, command: Trajectory) -> bool:
        """True when this command is to be sent now; call it once per cycle."""
        joint = float(command.position[-1, 0])
        self._cycles += 1
        if joint == self._sent and self._cycles < EVERY:
            return False
        self._sent, self._cycles = joint, 0
        return True
