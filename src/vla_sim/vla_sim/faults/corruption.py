"""What can be done to messages on their way, in words: 'drop=0.3 voter:policy'."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import isfinite, nan
from pathlib import Path
from typing import Any

from vla_core.errors import UserError
from vla_core.params import check, load_yaml, param


class CorruptionKind(str, Enum):
    """One way to spoil a stream."""

    NONE = 'none'  # everything goes through
    DROP = 'drop'  # each message is lost with the chance `value`
    DELAY = 'delay'  # each comes `value` s late, stamp unchanged
    DUPLICATE = 'duplicate'  # each comes twice
    REORDER = 'reorder'  # `value` messages are collected and sent in another order
    FREEZE = 'freeze'  # the first one again and again, under the stamps of those that came
    NAN = 'nan'  # floats are NaN
    INF = 'inf'  # floats are infinite
    FLIP = 'flip'  # one bit of one float is turned round; `value` its number, else any
    REVERSE = 'reverse'  # named joints, and what belongs to each, come the last one first
    LACK = 'lack'  # the last named joint, and what belongs to it, is missing
    SHIFT = 'shift'  # stamps are `value` s later
    NARROW = 'narrow'  # sequences of floats lose their last one
    WIDEN = 'widen'  # sequences of floats get one more, a zero
    RELABEL = 'relabel'  # the named text ends in another letter, as another hash would
    RATE = 'rate'  # the newest message `value` times a second, however often it comes


DEFAULT_AMOUNT = {
    CorruptionKind.DROP: 1.0, CorruptionKind.DELAY: 1.0, CorruptionKind.REORDER: 2.0, CorruptionKind.SHIFT: 1.0,
    CorruptionKind.RATE: 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class Corruption:
    """One harm; `only` limits it to messages whose fields say so, `field` to some floats."""

    kind: CorruptionKind
    value: float = nan
    field: str = ''  # of the message, in which floats or the text are spoilt; '': all
    only: tuple[tuple[str, str], ...] = ()  # (field, text of its value)

    @property
    def amount(self) -> float:
        """The value, or the kind's usual one; NaN where there is none."""
        return self.value if isfinite(self.value) else DEFAULT_AMOUNT.get(self.kind, nan)

    def concerns(self, message: Any) -> bool:
        """True when the message is one of those meant."""
        return all(str(getattr(message, field, None)) == text for field, text in self.only)


NONE = Corruption(CorruptionKind.NONE)


@dataclass(frozen=True)
class CorruptionCue:
    """One line of a script: from `at` s on, for `seconds` s."""

    at: float = param(text='s after the start', lo=0.0)
    do: str = param(text="topic and harm, e.g. 'target nan position'")
    seconds: float = param(0.0, 's; 0: to the end', lo=0.0)

    def __post_init__(self) -> None:
        check(self)


def parse_corruption(text: str) -> Corruption:
    """Return the harm written as KIND[=VALUE] [FIELD] [FIELD:TEXT ...]; UserError for others."""
    kind, _, value = (text.split() or [''])[0].partition('=')
    known = [k.value for k in CorruptionKind]
    if kind not in known:
        raise UserError(f'unknown harm {kind!r}; known: {", ".join(known)}')
    try:
        number = float(value) if value else nan
    except ValueError:
        raise UserError(f'harm {kind!r}: {value!r} is not a number') from None
    words = text.split()[1:]
    fields = [word for word in words if ':' not in word]
    if len(fields) > 1:
        raise UserError(f'harm {kind!r} takes one field, not {", ".join(fields)}')
    pairs = (word.partition(':') for word in words if ':' in word)
    only = tuple((field, said) for field, _, said in pairs)
    harm = Corruption(CorruptionKind(kind), number, fields[0] if fields else '', only)
    if not 0.0 < harm.amount <= 1e5 and kind not in ('none', 'shift') and value:
        raise UserError(f'harm {kind!r}: {value} is not above zero')
    return harm


def parse_topic_corruption(text: str, topics: tuple[str, ...]) -> tuple[str, Corruption]:
    """Return topic and harm of 'TOPIC HARM'; UserError lists the topics there are."""
    topic, _, rest = text.strip().partition(' ')
    if topic not in topics:
        raise UserError(f'no topic {topic!r} here; there are: {", ".join(topics)}')
    return topic, parse_corruption(rest)


def load_script(path: Path, topics: tuple[str, ...]) -> list[CorruptionCue]:
    """The cues of a YAML list, each checked, in the order of their time."""
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
