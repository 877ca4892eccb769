"""How a finger's command goes on from one period to the next."""

from __future__ import annotations


def next_finger_command(told: float, here: float, asked: float, most: float) -> float:
    """Return the next command, m: `most` m further towards what is asked.

    Fingers that a thing stops are at `here` while they are `told` to close on. Asked to turn
    round they go from where they are: a command that had first to travel all that way back would
    let go late, while the arm moves on.
    """
    start = min(max(here, min(told, asked)), max(told, asked))
    return start + min(max(asked - start, -most), most)
