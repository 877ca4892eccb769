"""Instruction text to tokens: words, numbers, commas, sentence ends, and signs it cannot read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

_APOSTROPHES = re.compile('[’‘`´]')
_HYPHEN = re.compile(r'(?<=\w)[-\u2010\u2011](?=\w)')
_LATIN = 'A-Za-zÀ-ÖØ-öø-ɏ'
_TOKEN = re.compile(
    rf"(?P<WORD>[{_LATIN}]+(?:'[{_LATIN}]+)*)"
    rf'|(?P<NUMBER>\d+(?:[.,]\d+)*[{_LATIN}]*)'
    r'|(?P<END>[.!?;:]+)'
    r'|(?P<COMMA>[-,()"\'“”„«»–—])'
    rf'|(?P<SIGN>[^\s\d{_LATIN}.!?;:,()"\'“”„«»–—-]+)'
)


class TokenKind(Enum):
    """What a token is."""

    WORD = 'word'  # of Latin letters
    NUMBER = 'number'
    END = 'end'  # of a sentence
    COMMA = 'comma'  # and quotation marks, brackets, dashes: they separate, and say nothing
    SIGN = 'sign'  # of another script, an emoji, a control character, any other sign


@dataclass(frozen=True)
class InstructionToken:
    """One token."""

    text: str  # as written
    kind: TokenKind

    @property
    def word(self) -> str:
        return self.text.casefold()


@dataclass(frozen=True)
class Sentence:
    """The tokens of one sentence, and how it ends."""

    tokens: tuple[InstructionToken, ...]
    end: str = ''  # such as '.' or '?!'


def sentences(instruction: str) -> list[Sentence]:
    """Return the sentences of an instruction; empty ones are dropped."""
    found: list[Sentence] = []
    current: list[InstructionToken] = []
    for token in tokenise(instruction):
        if token.kind != TokenKind.END:
            current.append(token)
        elif current:
            found.append(Sentence(tuple(current), token.text))
            current = []
    return [*found, Sentence(tuple(current))] if current else found


def tokenise(instruction: str) -> list[InstructionToken]:
    """Return every token of the text; nothing but white space is left out."""
    text = _APOSTROPHES.sub("'", instruction)  # NFKC would make a space of an acute accent
    text = _HYPHEN.sub(' ', unicodedata.normalize('NFKC', text))
    return [
        InstructionToken(match.group(), TokenKind[match.lastgroup or 'SIGN'])
        for match in _TOKEN.finditer(text)
    ]
