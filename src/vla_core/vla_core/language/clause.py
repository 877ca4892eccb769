"""The words of an instruction that carry the task: harmless ones marked, one sentence left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vla_core.language.noun_phrase import is_noun_word, literal, noun_phrases
from vla_core.language.patterns import WordUse
from vla_core.language.tokens import InstructionToken, Sentence, TokenKind
from vla_core.language.vocabulary import (
    ANYWHERE,
    CORRECTIONS,
    INTERJECTIONS,
    LEADING,
    REQUESTS,
    THANKS,
    TRAILING,
)

_SIDE_FIRST = ('right now', 'right away')


@dataclass(frozen=True)
class CoveredWord:
    """A word of the instruction and what it is used for."""

    word: str
    use: WordUse


@dataclass
class Clause:
    """The words of one sentence; `kept` are those that are not harmless."""

    words: list[str]
    kept: list[int]  # indices of `words`
    end: str = ''  # such as '?'
    commas: frozenset[int] = frozenset()  # indices of `words` behind a comma
    is_request: bool = False  # 'could you …?': its question mark asks nothing

    @property
    def text(self) -> list[str]:
        """The words that are not harmless."""
        return [self.words[k] for k in self.kept]

    @property
    def ends_with_tag(self) -> bool:
        """True for 'push it, right' and 'could you push it right?': it may ask 'is it so?'."""
        if any(self.words[k] == 'right' for k in self.commas.intersection(self.kept)):
            return True
        is_bare = not {'to', 'the', 'toward', 'towards'}.intersection(self.words[-2:-1])
        return '?' in self.end and self.words[-1:] == ['right'] and is_bare

    def covered(self, uses: Sequence[WordUse]) -> tuple[CoveredWord, ...]:
        """Return every word with its use; `uses` are those of `text`."""
        use = dict(zip(self.kept, uses, strict=True))
        return tuple(
            CoveredWord(word, use.get(k, WordUse.HARMLESS)) for k, word in enumerate(self.words)
        )

    def drop(self, start: int, end: int) -> None:
        """Mark words of `text` as harmless."""
        del self.kept[start:end]


def read_clauses(found: Sequence[Sentence]) -> list[Clause]:
    """Return the clause of each sentence; 'No.' before the task and 'Thanks.' behind it keep no
    words."""
    clauses = [read_clause(part) for part in found]
    for clause in clauses[:-1]:
        if ' '.join(clause.words) not in INTERJECTIONS:
            break
        clause.kept.clear()
    for clause in clauses[:0:-1]:
        if ' '.join(clause.words) not in THANKS:
            break
        clause.kept.clear()
    return clauses


def read_clause(sentence: Sentence) -> Clause:
    """Return the clause of one sentence."""
    words = [token.word for token in sentence.tokens if token.kind != TokenKind.COMMA]
    clause = Clause(words, list(range(len(words))), sentence.end, _commas(sentence.tokens))
    clause.drop(0, _interjection(sentence.tokens))
    _drop_corrected(clause)
    _drop_anywhere(clause)
    _drop_ends(clause)
    return clause


def _commas(tokens: Sequence[InstructionToken]) -> frozenset[int]:
    """Return the indices of the words that stand behind a comma."""
    count, found = 0, set[int]()
    for token in tokens:
        if token.kind == TokenKind.COMMA:
            found.add(count)
        else:
            count += 1
    return frozenset(found)


def _interjection(tokens: Sequence[InstructionToken]) -> int:
    """Return how many words before commas are interjections: 'no, sorry, put …'."""
    count, part = 0, list[str]()
    for token in tokens:
        if token.kind != TokenKind.COMMA:
            part.append(token.word)
        elif part and ' '.join(part) not in INTERJECTIONS:
            break
        else:
            count, part = count + len(part), []
    return count


def _drop_corrected(clause: Clause) -> None:
    """Drop 'the red cube, sorry,' of 'the red cube, sorry, the green cube': with a comma, both
    articles and no other object before it there is no doubt which one is corrected."""
    words = clause.text
    for at in range(1, len(words)):
        after = max(literal(words, at, CORRECTIONS), default=at)
        if after == at or clause.kept[at] not in clause.commas or not _has_article(words, after):
            continue
        starts = [k for k in range(at) if _has_article(words, k)]
        if len(starts) == 1 and _ends_at(words, starts[0], at) and _ends_at(words, after, None):
            clause.drop(starts[0], after)
        return


def _has_article(words: list[str], at: int) -> bool:
    return words[at : at + 1] in (['the'], ['a'], ['an'])


def _ends_at(words: list[str], start: int, end: int | None) -> bool:
    """True when a noun phrase goes from `start` to `end`; None: to anywhere."""
    found = noun_phrases(words, start, is_destination=False)
    return any(end is None or phrase.end == end for phrase in found)


def _drop_anywhere(clause: Clause) -> None:
    """Drop 'right now' before 'now', so that no direction is left of it."""
    for options in sorted(ANYWHERE, key=lambda text: -len(text.split())):
        at = 0
        while at < len(clause.kept):
            end = next(literal(clause.text, at, (options,)), at)
            end = at if options in _SIDE_FIRST and _is_side(clause, at, end) else end
            clause.drop(at, end)
            at += 1 if end == at else 0


def _is_side(clause: Clause, start: int, end: int) -> bool:
    """True when 'right' of 'right now' is a direction: 'to the right now', 'right, now'."""
    before = clause.text[start - 1 : start]
    return before in (['the'], ['to']) or not clause.commas.isdisjoint(
        clause.kept[start + 1 : end]
    )


def _drop_ends(clause: Clause) -> None:
    """Drop polite phrases from both ends."""
    while (end := next(literal(clause.text, 0, LEADING), 0)) and not _is_toy(clause, end, end - 1):
        clause.is_request |= ' '.join(clause.text[:end]) in REQUESTS
        clause.drop(0, end)
    while length := next((n for n in range(4, 0, -1) if _ends_with(clause.text, n)), 0):
        last = len(clause.kept) - 1
        if _is_toy(clause, last, last):
            break
        clause.is_request |= ' '.join(clause.text[-length:]) in (*REQUESTS, 'ok', 'okay')
        clause.drop(len(clause.kept) - length, len(clause.kept))


def _is_toy(clause: Clause, at: int, robot: int) -> bool:
    """True when `robot` of the text may be a thing: 'the toy robot', and 'robot toy'; `at` is the
    word that no comma sets off."""
    if clause.text[robot] != 'robot' or at >= len(clause.kept) or clause.kept[at] in clause.commas:
        return False
    neighbour = clause.kept[at] - (1 if at == robot else 0)
    return is_noun_word(clause.words[neighbour], is_first=at != robot)


def _ends_with(words: list[str], length: int) -> bool:
    return len(words) > length and ' '.join(words[-length:]) in TRAILING
