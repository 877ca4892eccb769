"""Corruptions of messages in transit and their text form: 'drop=0.3 voter:policy'."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import isfinite, nan
from pathlib import Path
from typing import Any

from vla_core.errors import UserError
from vla_core.params import check, load_yaml, param


class CorruptionKind(str, Enum):
    """One way to corrupt a stream."""

    NONE = 'none'  # messages pass unchanged
    DROP = 'drop'  # each message is lost with probability `value`
    DELAY = 'delay'  # each is `value` s late, stamp unchanged
    DUPLICATE = 'duplicate'  # each is sent twice
    REORDER = 'reorder'  # `value` messages are collected and sent in another order
    FREEZE = 'freeze'  # the first message repeated, with the stamps of the received ones
    NAN = 'nan'  # floats are NaN
    INF = 'inf'  # floats are infinite
    FLIP = 'flip'  # one bit of one float is flipped; `value` is its number, else random
    REVERSE = 'reverse'  # joint names and the values of each joint are in reverse order
    LACK = 'lack'  # the last joint name and its values are missing
    SHIFT = 'shift'  # stamps are `value` s later
    NARROW = 'narrow'  # sequences of floats lack their last element
    WIDEN = 'widen'  # sequences of floats have an additional zero
    RELABEL = 'relabel'  # the last character of a string field differs, like another hash
    RATE = 'rate'  # the newest message is sent `value` times per second


DEFAULT_AMOUNT = {
    CorruptionKind.DROP: 1.0, CorruptionKind.DELAY: 1.0, CorruptionKind.REORDER: 2.0,
    CorruptionKind.SHIFT: 1.0,
    CorruptionKind.RATE: 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class Corruption:
    """One corruption; `only` limits it to messages by field values, `field` to one field."""

    kind: CorruptionKind
    value: float = nan
    field: str = ''  # field of the message to corrupt; '': all
    only: tuple[tuple[str, str], ...] = ()  # (field, text of its value)

    @property
    def amount(self) -> float:
        """The value, or the default of the kind; NaN where there is none."""
        return self.value if isfinite(self.value) else DEFAULT_AMOUNT.get(self.kind, nan)

    def applies_to(self, message: Any) -> bool:
        """True when the message matches `only`."""
        return all(str(getattr(message, field, None)) == text for field, text in self.only)


NONE = Corruption(CorruptionKind.NONE)


@dataclass(frozen=True)
class CorruptionCue:
    """One line of a script: from `at` s on, for `seconds` s."""

    at: float = param(text='s after the start', lo=0.0)
    do: str = param(text="topic and corruption, e.g. 'target nan position'")
    seconds: float = param(0.0, 's, duration; 0: to the end', lo=0.0)

    def __post_init__(self) -> None:
        check(self)


def parse_corruption(text: str) -> Corruption:
    """Return the corruption of a text KIND[=VALUE] [FIELD] [FIELD:TEXT ...], or UserError."""
    kind, _, value = (text.split() or [''])[0].partition('=')
    known = [k.value for k in CorruptionKind]
    if kind not in known:
        raise UserError(f'unknown corruption {kind!r}; known: {", ".join(known)}')
    try:
        number = float(value) if value else nan
    except ValueError:
        raise UserError(f'corruption {kind!r}: {value!r} is not a number') from None
    words = text.split()[1:]
    fields = [word for word in words if ':' not in word]
    if len(fields) > 1:
        raise UserError(f'corruption {kind!r} takes one field, not {", ".join(fields)}')
    pairs = (word.partition(':') for word in words if ':' in word)
    only = tuple((field, value_text) for field, _, value_text in pairs)
    corruption = Corruption(CorruptionKind(kind), number, fields[0] if fields else '', only)
    if not 0.0 < corruption.amount <= 1e5 and kind not in ('none', 'shift') and value:
        raise UserError(f'corruption {kind!r}: {value} is not above zero')
    return corruption


def parse_topic_corruption(text: str, topics: tuple[str, ...]) -> tuple[str, Corruption]:
    """Return topic and corruption of 'TOPIC CORRUPTION'; UserError lists the known topics."""
    topic, _, rest = text.strip().partition(' ')
    if topic not in topics:
        raise UserError(f'no topic {topic!r}; known: {", ".join(topics)}')
    return topic, parse_corruption(rest)


def load_script(path: Path, topics: tuple[str, ...]) -> list[CorruptionCue]:
    """Return the checked cues of a YAML list, sorted by time."""
    lines = load_yaml(path)
    if not isinstance(lines, list):
        raise UserError(f'{path}: not a list of cues with at, do and seconds')
    try:
        cues = [CorruptionCue(**line) for line in lines]
    except (TypeError, ValueError) as error:
        raise UserError(f'{path}: {error}') from None
    for cue in cues:
        parse_topic_corruption(cue.do, topics)
    return sorted(cues, key=lambda cue: cue.at)
