"""Why an instruction is refused: the word that is not understood, and what to say instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vla_core.language.patterns import furthest, literal_words
from vla_core.language.spelling import nearest
from vla_core.language.tokens import InstructionToken, TokenKind
from vla_core.language.vocabulary import (
    ANYWHERE,
    CLASSES,
    COLOUR_SUFFIXES,
    COLOURS,
    DETERMINERS,
    GENERIC_NOUNS,
    INTERJECTIONS,
    LEADING,
    SHAPES,
    SIDES,
    SIZE_SUFFIXES,
    SIZES,
    TRAILING,
)

SEVERAL_TASKS = 'this is more than one task: send them one by one'
_MOST, _LONGEST = 3, 24  # words that are named, and characters of each
_SYNONYMS = {
    'relocate': 'move', 'shift': 'move', 'throw': 'drop', 'toss': 'drop', 'seize': 'grab',
    'gold': 'golden', 'hamper': 'basket', 'cup': 'bowl',
}  # fmt: skip
# in this order: words, and what is said about them
_NEGATIONS = frozenset((
    "don't", 'dont', 'not', 'never', 'no', 'nothing', 'neither', 'nor', 'without', 'cannot',
    "can't", "mustn't", "shouldn't", "won't", "wouldn't", "isn't", "aren't", "doesn't", 'avoid',
    'refrain', 'forget', 'leave', 'keep', 'none', 'nobody', 'longer', 'undo', 'anywhere',
    'nowhere', 'except', 'but',
))  # fmt: skip
_REPLACED = _NEGATIONS - {'but', 'except'} | {'non', 'instead', 'rather', 'opposed'}
_PLACING = ('in', 'into', 'inside', 'on', 'onto', 'down')
_CONDITIONS = frozenset((
    'if', 'unless', 'when', 'whenever', 'until', 'till', 'while', 'once', 'after', 'before',
    'wait', 'soon', 'case', 'should', 'during', 'later', 'noon', 'seconds', 'minute', 'minutes',
    'hour', 'hours', 'tomorrow', 'tonight', 'provided', 'since', 'because',
))  # fmt: skip
_QUESTIONS = frozenset((
    'what', 'why', 'who', 'where', 'how', 'which', 'is', 'are', 'was', 'were', 'does', 'did',
))  # fmt: skip
_QUANTITIES = frozenset((
    'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'both', 'all',
    'every', 'each', 'everything', 'twice', 'thrice', 'times', 'half', 'halfway', 'several',
    'some', 'few', 'many', 'pair', 'couple', 'partly', 'slightly', 'bit', 'far', 'further',
    'fully', 'these', 'those', 'again', 'hold',
))  # fmt: skip
_ORDINALS = frozenset((
    'first', 'second', 'third', 'fourth', 'last', 'other', 'another', 'same', 'next', 'leftmost',
    'rightmost', 'middle', 'top', 'bottom', 'closest', 'nearest', 'either',
))  # fmt: skip
_PLACES = frozenset((
    'beside', 'near', 'behind', 'under', 'below', 'between', 'front', 'from', 'off', 'above',
    'over', 'around', 'at', 'by', 'centre', 'center', 'corner', 'edge', 'here', 'there',
    'against', 'along', 'across', 'through',
))  # fmt: skip
_STOPS = frozenset(('stop', 'halt', 'freeze', 'abort', 'cancel', 'pause'))
_PRONOUNS = frozenset((
    'it', 'them', 'they', 'him', 'me', 'you', 'i', 'we', 'us', 'my', 'mine', 'your', 'yours',
    'his', 'her', 'its', 'their', 'our', 'that', 'this',
))  # fmt: skip
_FIRST = (
    (_STOPS, 'this is no task'),
    (_CONDITIONS, 'I cannot wait for a condition or a time'),
    (_NEGATIONS, "I understand a negation only of an object, such as 'not the green one'"),
)
_CATEGORIES = (
    (_QUESTIONS, 'this is a question or a statement: give an instruction'),
    (_QUANTITIES, 'I cannot count, repeat or measure'),
    (_ORDINALS, 'I cannot tell objects apart by order or position'),
    (_PRONOUNS, "I do not know what this refers to: name the object, such as 'the red cube'"),
    (_PLACES, 'I do not know where this is: name objects by colour, shape and size only'),
)
_JOINS = ('and then', 'then', 'and', 'afterwards', 'after that', 'before', 'press', 'push', 'put')


def unreadable(tokens: Iterable[InstructionToken]) -> str:
    """Return which signs and numbers cannot be read, '' when there are none."""
    signs = [token.text for token in tokens if token.kind == TokenKind.SIGN]
    if signs:
        return f'I cannot read {_quoted(signs)}: write the whole instruction in English words'
    return ''


def corrected(words: Sequence[str]) -> str:
    """Return why 'not X but Y' is refused, '' for other words: it asks for Y."""
    at = next((k for k, word in enumerate(words) if word in _REPLACED), len(words))
    if 'but' not in words[at:]:
        return ''
    return (
        f"'but' after '{words[at]}' may ask for an object or exclude it: name only the wanted one"
    )


def doubtful(words: Sequence[str]) -> str:
    """Return why a sentence of two everyday meanings is refused, '' for any other."""
    text = ' '.join(words)
    if said := next((said for said in ('should be', 'must be') if f' {said} ' in text), ''):
        return f"'{said}' may be a statement: give an instruction, such as 'close the drawer'"
    around = zip(('', *words), words, (*words[1:], ''), strict=False)
    is_bare = any(
        word == 'back' and before not in ('the', 'to') and after not in _PLACING
        for before, word, after in around
    )
    if is_bare and not {'move', 'shift', 'slide', 'moved'}.isdisjoint(words):
        return "'back' may mean where it was: for the direction say 'backwards'"
    return ''


def explain(words: Sequence[str], is_task: Callable[[list[str]], bool]) -> str:
    """Return why the words are no task."""
    numbers = [word for word in words if any(c.isdigit() for c in word)]
    unknown = [word for word in words if not _is_known(word)]
    if reason := _named(words, _FIRST):
        return reason
    if numbers:
        return f'I cannot use the number {_quoted(numbers)}: I cannot count, repeat or measure'
    if unknown:
        return f'I do not know {_quoted(unknown)}{_suggestion(words, unknown, is_task)}'
    if _joins_tasks(list(words), is_task):
        return SEVERAL_TASKS
    return _named(words, _CATEGORIES) or _unexpected(words)


def _named(words: Sequence[str], tables: Sequence[tuple[frozenset[str], str]]) -> str:
    """Return the reason of the first table that has one of the words, with that word."""
    for table, reason in tables:
        if named := [word for word in words if word in table or _is_plural(word, table)]:
            return f'{reason} ({_quoted(named)})'
    return ''


def _unexpected(words: Sequence[str]) -> str:
    """Return from which word on no pattern goes on."""
    used = furthest(words)
    before, rest = (_shortened(' '.join(part), 60) for part in (words[:used], words[used:]))
    if not rest:
        return f"'{before}' is not a whole instruction"
    return f"I do not understand '{rest}'" + (f" after '{before}'" if before else '')


def _joins_tasks(words: list[str], is_task: Callable[[list[str]], bool]) -> bool:
    """True when the words up to a conjunction are a task by themselves."""
    text = ' '.join(words)
    heads = [text.split(f' {join} ')[0] for join in _JOINS if f' {join} ' in text]
    return any(is_task(head.split()) for head in heads)


def _is_plural(word: str, table: frozenset[str]) -> bool:
    nouns = {w for words in SHAPES.values() for w in words} | GENERIC_NOUNS
    return table is _QUANTITIES and word not in nouns and _singular(word) in nouns


def _singular(word: str) -> str:
    return word.removesuffix('es') if word.endswith('xes') else word.removesuffix('s')


def _is_known(word: str) -> bool:
    is_reason = any(word in table for table, _ in (*_FIRST, *_CATEGORIES))
    return word in KNOWN or is_reason or _is_plural(word, _QUANTITIES)


def _suggestion(
    words: Sequence[str], unknown: list[str], is_task: Callable[[list[str]], bool]
) -> str:
    """Return ': did you mean …?' when the words are a task with known ones in their place."""
    if len(unknown) > _MOST:
        return ''
    close = {word: _SYNONYMS.get(word) or nearest(word, KNOWN) for word in unknown}
    corrected = ' '.join(close.get(word) or word for word in words)
    return f": did you mean '{corrected}'?" if is_task(corrected.split()) else ''


def _quoted(words: Sequence[str]) -> str:
    """Return a few of the words, each once and shortened."""
    short = [_shortened(word, _LONGEST) for word in dict.fromkeys(words)]
    text = ', '.join(f"'{word}'" for word in short[:_MOST])
    return text if len(short) <= _MOST else f'{text} and {len(short) - _MOST} more'


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f'{text[:longest]}…'


def _words_of(*tables: Iterable[str]) -> frozenset[str]:
    return frozenset(word for table in tables for text in table for word in text.split())


KNOWN = _words_of(
    *(words for table in (COLOURS, SHAPES, SIZES, SIDES, CLASSES) for words in table.values()),
    GENERIC_NOUNS, DETERMINERS, COLOUR_SUFFIXES, SIZE_SUFFIXES, ANYWHERE, LEADING,
    TRAILING, INTERJECTIONS, literal_words(), ('which', 'is', "that's", 'non'),
)  # fmt: skip
READ = KNOWN.union(*(table for table, _ in (*_FIRST, *_CATEGORIES)))  # used, harmless or refused
