"""One form of one kind of message, and what the stack has to do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vla_bench.messages.intake import Intake

USED, IGNORED, REFUSED = 'used', 'ignored', 'refused'


@dataclass(frozen=True)
class MessageCase:
    """`play` returns what happens instead of `answer`, or ''."""

    kind: str  # of message
    form: str  # of the message
    answer: str  # what the stack does, as docs/inputs.md says it
    play: Callable[[Intake], str]
