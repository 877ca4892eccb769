"""Rate-limited position command of the gripper fingers."""

from __future__ import annotations


def next_finger_command(
    command: float, measured: float, reference: float, max_step: float
) -> float:
    """Next opening command (m): at most `max_step` further towards `reference`.

    Fingers that an object stops stay at `measured` while `command` closes further. When the
    reference reverses, the ramp starts from the measured opening: starting from the command would
    release late, while the arm moves on.
    """
    start = min(max(measured, min(command, reference)), max(command, reference))
    return start + min(max(reference - start, -max_step), max_step)
