"""Noun phrases: 'the small red cube that is not the green one' -> attributes and exclusions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from vla_core.language.vocabulary import (
    CLASSES,
    COLOUR_SUFFIXES,
    COLOURS,
    DETERMINERS,
    GENERIC_NOUNS,
    NEED_NOUN,
    SHAPES,
    SIZE_SUFFIXES,
    SIZES,
    canonical,
)
from vla_core.records.scene import Phrase

Words = Sequence[str]
_IS = ('that is', 'which is', "that's")
_IS_NOT = ('that is not', 'which is not', "that isn't", "which isn't", "that's not")


@dataclass(frozen=True)
class NounPhrase:
    """A described object and what it must not be; words [start, end) of the sentence."""

    start: int
    end: int
    phrase: Phrase
    excluded: tuple[Phrase, ...] = field(default=())
    loose: tuple[Phrase, ...] = field(default=())  # excluded ones that may mean another object

    def without(self, end: int, other: Phrase, is_loose: bool = False) -> NounPhrase:
        """Return the phrase up to `end` with one exclusion more."""
        loose = (*self.loose, other) if is_loose else self.loose
        return replace(self, end=end, excluded=(*self.excluded, other), loose=loose)


def noun_phrases(words: Words, start: int, is_destination: bool) -> Iterator[NounPhrase]:
    """Yield every noun phrase that begins at `start`, the longest first."""
    core = _anything(words, start) or _core(words, start)
    found = [] if core is None else [core]
    while found and (longer := _modified(words, found[-1], is_destination)):
        found.append(longer)
    for made in reversed(found):
        text = ' '.join(words[start : made.end])
        yield replace(made, phrase=replace(made.phrase, text=text))


def literal(words: Words, start: int, options: tuple[str, ...]) -> Iterator[int]:
    """Yield the end of every alternative that stands at `start`, the longest first."""
    if start < len(words):
        for parts in _by_first_word(options).get(words[start], ()):
            if tuple(words[start : start + len(parts)]) == parts:
                yield start + len(parts)


@cache
def _by_first_word(options: tuple[str, ...]) -> dict[str, list[tuple[str, ...]]]:
    """Return the alternatives by their first word, those of most words first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for option in sorted(options, key=lambda text: -len(text.split())):
        parts = tuple(option.split())
        found.setdefault(parts[0], []).append(parts)
    return found


def _core(words: Words, start: int) -> NounPhrase | None:
    """Return determiner, attributes and noun, as long as possible."""
    at = _after_determiner(words, start)
    excluded: list[Phrase] = []
    colour = shape = size = ''
    is_generic = False
    while at < len(words) and not (shape or is_generic):
        word, following = words[at], words[at + 1] if at + 1 < len(words) else ''
        if _negates(word, at > start) and (name := canonical(COLOURS, following)):
            excluded.append(Phrase(text=f'{word} {following}', colour=name))
            at += 2
        elif not colour and (colour := canonical(COLOURS, word)):
            at += 2 if following in COLOUR_SUFFIXES else 1
        elif not size and (size := canonical(SIZES, word)):
            at += 2 if following in SIZE_SUFFIXES else 1
        elif shape := canonical(SHAPES, word):
            is_pair = following != word and canonical(SHAPES, following) == shape  # 'tin can'
            at += 2 if is_pair else 1
        elif word in GENERIC_NOUNS:
            is_generic, at = True, at + 1
        else:
            break
    if not (shape or is_generic or (colour and words[at - 1] not in NEED_NOUN)):
        return None
    text = ' '.join(words[start:at])
    return NounPhrase(start, at, Phrase(text, colour, shape, size), tuple(excluded))


def _negates(word: str, has_determiner: bool) -> bool:
    return word == 'non' or (word == 'not' and has_determiner)


def _after_determiner(words: Words, start: int) -> int:
    at = start + 1 if start < len(words) and words[start] in DETERMINERS else start
    is_number = at + 1 < len(words) and words[at] in ('one', '1') and _is_attribute(words[at + 1])
    return at + 1 if at == start and is_number else at  # 'one red cube'


def _is_attribute(word: str) -> bool:
    return any(canonical(table, word) for table in (COLOURS, SHAPES, SIZES))


def is_noun_word(word: str, is_first: bool) -> bool:
    """True for a word of a noun phrase; the article does not count when it `is_first`."""
    is_article = word in DETERMINERS and not is_first
    return is_article or word in GENERIC_NOUNS or _is_attribute(word)


def _anything(words: Words, start: int) -> NounPhrase | None:
    """Return 'anything but the red cube'."""
    for head in literal(words, start, ('anything', 'any object')):
        for end in literal(words, head, CLASSES['except']):
            if other := _core(words, end):
                return NounPhrase(start, other.end, Phrase(), (other.phrase,))
    return None


def _modified(words: Words, head: NounPhrase, is_destination: bool) -> NounPhrase | None:
    """Return the phrase with the next modifier behind it."""
    at = head.end
    for end in literal(words, at, _IS_NOT):
        if other := _core(words, end):
            return head.without(other.end, other.phrase)
    for end in literal(words, at, _IS):
        colour = canonical(COLOURS, words[end]) if end < len(words) else ''
        if colour and not head.phrase.colour:
            return replace(head, end=end + 1, phrase=replace(head.phrase, colour=colour))
    exceptions = () if head.excluded else CLASSES['except']  # 'not X except Y' may mean Y
    for end in literal(words, at, (*exceptions, *CLASSES['contrast'])):
        places = (*CLASSES['in'], *CLASSES['on']) if is_destination else ()
        begins = [*literal(words, end, places), end]
        for begin in begins:
            if other := _core(words, begin):
                return head.without(other.end, other.phrase, is_loose=begin == end)
    return None
