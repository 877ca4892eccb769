"""Parsing of a noun phrase: 'the small red cube' -> colour, shape, size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from vla_core.records.scene import Phrase
from vla_perception.language.vocabulary import (
    COLOURS,
    FILLERS,
    GENERIC_NOUNS,
    SHAPES,
    SIZES,
    canonical,
)

# What follows one of these describes where the object is, not what it is.
_QUALIFIER = re.compile(
    r'\b(?:on|in|at|from|near|next|beside|by|behind|under|between|out|off|over|with|of|to|towards?)\b.*$'
)
_SEVERAL = re.compile(r'\b(?:and|or|both|all|every|then)\b')


class WordMatcher(Protocol):
    """Maps an unknown word to the known word of the same meaning, or ''."""

    def find(self, word: str, table: dict[str, tuple[str, ...]]) -> str: ...


class NotUnderstoodError(Exception):
    """The instruction cannot be parsed; the message is the reason shown to the user."""


@dataclass(frozen=True)
class _Attributes:
    colour: str = ''
    shape: str = ''
    size: str = ''
    rest: tuple[str, ...] = ()  # words outside the vocabulary


def parse_phrase(text: str, matcher: WordMatcher | None) -> Phrase:
    """Return the phrase with its attributes; NotUnderstoodError when its noun is unknown."""
    if several := _SEVERAL.search(text):
        raise NotUnderstoodError(
            f"only one object per phrase is supported ('{several.group()}' in '{text}')"
        )
    found = _attributes(_QUALIFIER.sub('', text).split())
    shape = found.shape
    noun = found.rest[-1] if found.rest else ''
    is_generic = any(word.removesuffix('s') in GENERIC_NOUNS for word in text.split())
    if not shape and noun and not is_generic:
        shape = canonical(SHAPES, matcher.find(noun, SHAPES)) if matcher else ''
        if not shape:
            raise NotUnderstoodError(f"unknown object '{noun}'; known: {', '.join(SHAPES)}")
    if not (shape or found.colour or found.size or is_generic):
        raise NotUnderstoodError(f"'{text}' does not describe an object")
    return Phrase(text=text, colour=found.colour, shape=shape, size=found.size)


def _attributes(words: list[str]) -> _Attributes:
    colour = shape = size = ''
    rest = []
    for word in words:
        if name := canonical(COLOURS, word):
            colour = name
        elif name := canonical(SHAPES, word):
            shape = name
        elif name := canonical(SIZES, word):
            size = name
        elif word not in FILLERS and word.removesuffix('s') not in GENERIC_NOUNS:
            rest.append(word)
    return _Attributes(colour, shape, size, tuple(rest))
