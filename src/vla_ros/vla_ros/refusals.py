"""Messages that a node has dropped: how many of each topic, and why."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

LOGGED_EVERY = 10.0  # s, between two log lines with the same reason
RECENT = 10.0  # s, for which a heartbeat names the last refusal


@dataclass
class TopicRefusals:
    """The dropped messages of one topic."""

    count: int = 0
    reason: str = ''  # of the last one
    at: float = 0.0  # s, steady clock, of the last one
    logged_at: float = -LOGGED_EVERY  # s, steady clock


class Refusals:
    """Counts dropped messages by topic; `log` is called for a new reason, and every 10 s."""

    def __init__(self, log: Callable[[str], None], clock: Callable[[], float] = monotonic) -> None:
        self._log, self._clock = log, clock
        self.topics: dict[str, TopicRefusals] = {}

    def put(self, topic: str, reason: str) -> None:
        """Count a dropped message of `topic`."""
        now, kept = self._clock(), self.topics.setdefault(topic, TopicRefusals())
        if reason != kept.reason or now - kept.logged_at >= LOGGED_EVERY:
            self._log(f'{topic}: {reason}')
            kept.logged_at = now
        kept.count, kept.reason, kept.at = kept.count + 1, reason, now

    def recent(self) -> str:
        """What was dropped within the last 10 s, and the last reason of each topic; or ''."""
        since = self._clock() - RECENT
        texts = (
            f'{kept.count} messages of {topic} dropped, last: {kept.reason}'
            for topic, kept in self.topics.items()
            if kept.at >= since
        )
        return '; '.join(texts)


def unexpected(error: Exception) -> str:
    """The reason for a message that raised an exception other than BadMessage: its type, text and
    place in the code."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f'{Path(place.filename).name}:{place.lineno}'
    return f'cannot be processed: {type(error).__name__}: {error} ({where})'
