"""Sentence patterns: a pattern matches only when it uses every word of the sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache

from vla_core.language.noun_phrase import NounPhrase, Words, literal, noun_phrases
from vla_core.language.vocabulary import CLASSES, SIDES, canonical
from vla_core.records.scene import Verb


class WordUse(Enum):
    """What a word of an instruction is used for."""

    PATTERN = 'pattern'  # verb, preposition, conjunction of the sentence pattern
    TARGET = 'target'
    DESTINATION = 'destination'
    SIDE = 'side'
    AVOIDED = 'avoided'  # 'without touching …'
    HARMLESS = 'harmless'
    UNUSED = 'unused'  # the instruction is refused


# <class> of vocabulary.py, {t} target, {d} destination, {side}; a|b alternatives, ? optional
_PATTERNS: tuple[tuple[Verb, str], ...] = (
    (Verb.CLOSE, '<close> up? {t} up?'),
    (Verb.CLOSE, '<close> the|that|this open|opened {t}'),
    (Verb.CLOSE, '<shift> {t} closed|shut|in|back|back_in'),
    (Verb.CLOSE, 'push|slide closed|shut|in {t}'),
    (Verb.CLOSE, '<desire> {t} closed|shut'),
    (Verb.CLOSE, '<desire>? {t} <shall_be> closed|shut'),
    (Verb.CLOSE, '<ensure> {t} is closed|shut'),
    (Verb.CLOSE, 'get {t} closed|shut'),
    (Verb.OPEN, 'open up? {t} up?'),
    (Verb.OPEN, 'open the|that|this closed|shut {t}'),
    (Verb.OPEN, 'pull open|out? {t}'),
    (Verb.OPEN, 'pull|slide|get {t} open|out'),
    (Verb.OPEN, 'slide open|out {t}'),
    (Verb.OPEN, '<desire> {t} open|opened'),
    (Verb.OPEN, '<desire>? {t} <shall_be> open|opened'),
    (Verb.OPEN, '<ensure> {t} is open'),
    (Verb.PUT_IN, '<pick> {t} up? <and>? <place> it? <in> {d}'),
    (Verb.PUT_IN, '<place> {t} <in> {d}'),
    (Verb.PUT_IN, 'transfer|add|move|bring|deliver {t} to {d}'),
    (Verb.PUT_IN, 'drop {t} off <in> {d}'),
    (Verb.PUT_IN, 'get|bring {t} into|inside {d}'),  # 'get the cube in the box' may be: fetch it
    (Verb.PUT_IN, 'lift {t} into|inside {d}'),
    (Verb.PUT_IN, '<place> <in> {d} {t}'),
    (Verb.PUT_IN, '<in> {d} <place> {t}'),
    (Verb.PUT_IN, '<in> {d} goes {t}'),
    (Verb.PUT_IN, 'fill|load {d} with {t}'),
    (Verb.PUT_IN, '<desire>? {t} <goes> <put>? <in> {d}'),
    (Verb.PUT_IN, '{t} <place> it <in> {d}'),
    (Verb.PUT_IN, '<ensure> {t} is <in> {d}'),
    (Verb.PUT_IN, '<desire>? {t} <in> {d}'),
    (Verb.STACK, '<pick> {t} up? <and>? <place>|<stack> it? <on> {d}'),
    (Verb.STACK, '<stack>|<place> {t} <on> {d}'),
    (Verb.STACK, '<stack>|<place> <on> {d} {t}'),
    (Verb.STACK, 'get|bring|lift {t} onto|on_top_of {d}'),
    (Verb.STACK, '<on> {d} <stack>|<place> {t}'),
    (Verb.STACK, '<on> {d} goes {t}'),
    (Verb.STACK, '<desire>? {t} <goes> <put>|stacked? <on> {d}'),
    (Verb.STACK, '{t} <stack>|<place> it <on> {d}'),
    (Verb.STACK, '<ensure> {t} is <on> {d}'),
    (Verb.STACK, '<desire>? {t} <on> {d}'),
    (Verb.PUSH, '<push>|roll {t} {side}'),
    (Verb.PUSH, '<push>|roll {side} {t}'),
    (Verb.PUSH, '{t} <push> it {side}'),
    (Verb.PUSH, '<desire>? {t} <shall_be> pushed|moved {side}'),
    (Verb.PRESS, '<press> down|in? on? {t} down|in? once?'),
    (Verb.PRESS, '{t} <press> it once?'),
    (Verb.PRESS, '<desire> {t} pressed'),
    (Verb.PRESS, '<desire>? {t} <shall_be> pressed'),
    (Verb.PRESS, '<ensure> {t} is pressed'),
    (Verb.PRESS, 'give {t} a press|push'),
)


@dataclass(frozen=True)
class SentenceMatch:
    """One reading of a sentence; `uses` has one entry per word."""

    verb: Verb
    first_word: str = ''
    target: NounPhrase | None = None
    destination: NounPhrase | None = None
    side: str = ''
    uses: tuple[WordUse, ...] = field(default=())

    def used(self, end: int, use: WordUse) -> SentenceMatch:
        """Return the match with the words up to `end` used."""
        return replace(self, uses=self.uses + (use,) * (end - len(self.uses)))


def sentence_matches(words: Words) -> Iterator[SentenceMatch]:
    """Yield every reading of the whole sentence."""
    for verb, elements in _COMPILED:
        yield from _match(elements, words, SentenceMatch(verb, words[0] if words else ''))


def furthest(words: Words) -> int:
    """Return how many words from the first one on some pattern can use."""
    return max(_reach(elements, words, SentenceMatch(verb)) for verb, elements in _COMPILED)


def _reach(elements: tuple[str, ...], words: Words, made: SentenceMatch) -> int:
    if not elements:
        return len(made.uses)
    is_optional, rest = elements[0].endswith('?'), elements[1:]
    longer = _element(elements[0].removesuffix('?'), words, made)
    skipped = _reach(rest, words, made) if is_optional else len(made.uses)
    return max((_reach(rest, words, other) for other in longer), default=skipped)


def _match(
    elements: tuple[str, ...], words: Words, made: SentenceMatch
) -> Iterator[SentenceMatch]:
    if not elements:
        if len(made.uses) == len(words):
            yield made
        return
    element, rest = elements[0], elements[1:]
    for longer in _element(element.removesuffix('?'), words, made):
        yield from _match(rest, words, longer)
    if element.endswith('?'):
        yield from _match(rest, words, made)


def _element(element: str, words: Words, made: SentenceMatch) -> Iterator[SentenceMatch]:
    """Yield the match with one element of the pattern more."""
    at = len(made.uses)
    if element == '{side}':
        for end, side in _side(words, at):
            yield replace(made, side=side).used(end, WordUse.SIDE)
    elif element == '{t}':
        for found in noun_phrases(words, at, is_destination=False):
            yield replace(made, target=found).used(found.end, WordUse.TARGET)
    elif element == '{d}':
        for found in noun_phrases(words, at, is_destination=True):
            yield replace(made, destination=found).used(found.end, WordUse.DESTINATION)
    else:
        for end in literal(words, at, _options(element)):
            yield made.used(end, WordUse.PATTERN)


@cache
def _options(element: str) -> tuple[str, ...]:
    found: list[str] = []
    for option in element.split('|'):
        is_class = option.startswith('<')
        text = option.strip('<>').replace('_', ' ')
        found += CLASSES[text] if is_class else [text]
    return tuple(found)


def _side(words: Words, start: int) -> Iterator[tuple[int, str]]:
    """Yield the end and name of every direction at `start`: 'to the left side, not right'."""
    for end, side in _direction(words, start):
        for begin in literal(words, end, CLASSES['contrast']):
            for last, other in _direction(words, begin):
                if other != side:
                    yield last, side
        yield end, side


def _direction(words: Words, start: int) -> Iterator[tuple[int, str]]:
    for to in (*literal(words, start, CLASSES['to']), start):
        articles = literal(words, to, CLASSES['article']) if to > start else ()
        for article in (*articles, to):
            side = canonical(SIDES, words[article]) if article < len(words) else ''
            if not side:
                continue
            for tail in (*literal(words, article + 1, CLASSES['side tail']), article + 1):
                yield from ((end, side) for end in literal(words, tail, ('of the table',)))
                yield tail, side


_COMPILED = tuple((verb, tuple(text.split())) for verb, text in _PATTERNS)


def literal_words() -> frozenset[str]:
    """Return the words that stand in the patterns themselves."""
    parts = [part for _, text in _PATTERNS for part in text.replace('?', '').split()]
    options = [option for part in parts for option in part.split('|')]
    return frozenset(o.replace('_', ' ') for o in options if o.isidentifier())
