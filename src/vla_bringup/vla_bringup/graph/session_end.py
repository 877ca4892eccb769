"""What holds the arm after a graph has ended, and what is still powered (docs/safety.md)."""

from __future__ import annotations

from collections.abc import Iterable

SIMULATED = 'all processes have ended, the simulated robot with them'
HELD = (
    'all processes have ended: the shield is gone, so nothing is armed and nothing moves the arm'
)
POWERED = (
    'still powered: the arm, its driver and the gripper. The controller holds the arm where it '
    'stopped, the gripper keeps what it holds. Switch them off at the robot'
)


def end_of_session(nodes: Iterable[str]) -> list[str]:
    """Return the last lines of a session whose nodes have ended; empty without a shield."""
    names = set(nodes)
    if 'shield' not in names:
        return []
    return [SIMULATED] if 'sim' in names else [HELD, POWERED]
