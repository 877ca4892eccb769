"""Control of `./vla bench words`: a parser that ignores what it does not know must act wrongly."""

from __future__ import annotations

import argparse

from vla_bench import controls
from vla_bench.words.bench import OF_ALL, lists, scores
from vla_bench.words.sentences import LabelledSentence
from vla_bench.words.trial import WordsOutcome, decide, decide_text, refuse
from vla_core.language.instruction import parse
from vla_core.language.patterns import furthest
from vla_core.language.refusal import KNOWN
from vla_core.language.tokens import TokenKind, tokenise
from vla_core.records.scene import Verb
from vla_core.result import Figure, share

MUST_ACT_WRONGLY = '>= 0.05'
MUST_DO_NOTHING = '<= 0.1'


def run(args: argparse.Namespace) -> int:
    """The claim, the parser that ignores unknown words, and the stack that always refuses."""
    sentences = [labelled for found in lists(args).values() for labelled in found]
    figures: list[Figure] = scores('claim', [decide(s) for s in sentences], None)
    careless = [ignore_unknown(s) for s in sentences]
    wrong = sum(o.is_wrong for o in careless)
    name = 'unknown words ignored'
    figures.append(share(f'{name}: wrong actions', wrong, len(careless), MUST_ACT_WRONGLY, OF_ALL))
    figures.append(scores(name, careless, None)[1])
    figures += scores('always refuse', [refuse(s) for s in sentences], MUST_DO_NOTHING)
    return controls.finish('words', args.out, figures)


def ignore_unknown(labelled: LabelledSentence) -> WordsOutcome:
    """Return what the stack does with the words that it understands, the others dropped."""
    return decide_text(labelled, known_words(labelled.sentence))


def known_words(text: str) -> str:
    """Return the text without unreadable and unknown words, and without those where no pattern
    goes on."""
    words = [t.word for t in tokenise(text) if t.kind == TokenKind.WORD and t.word in KNOWN]
    while words and parse(' '.join(words)).task.verb == Verb.UNKNOWN:
        words.pop(min(furthest(words), len(words) - 1))
    return ' '.join(words)
