"""`./vla bench words`: what the stack would act on for each of a list of labelled sentences.

Two lists: own.jsonl, whose test third was not read while the parser was written, and shared.jsonl;
`--sentences` takes any other. A wrong action is one that the sentence does not permit; a sentence
is doable when it permits any, and done when the stack acts on it; "did you mean" is a refusal. A
stack that always refuses stands beside it. The control (`control.py`) ignores unknown words.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vla_bench.words.sentences import OWN, SHARED, LabelledSentence, read_sentences
from vla_bench.words.trial import WordsOutcome, decide, refuse
from vla_core.result import Figure, Result, share
from vla_lockstep.campaign import command_line
from vla_report import figure_table

NAME = 'bench-words'
NO_WRONG, DONE = '== 0', '>= 0.9'
OF_ALL, OF_DOABLE = 'of sentences', 'of doable'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--sentences', type=Path, help='JSON lines: scene, sentence, allowed (default: two lists)')
    add('--out', type=Path, default=Path(f'out/{NAME}'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    figures: list[Figure] = []
    outcomes: list[WordsOutcome] = []
    for name, sentences in lists(args).items():
        found = [decide(labelled) for labelled in sentences]
        figures += scores(name, found, DONE)
        figures += details(name, found)
        outcomes += found
    if not args.sentences:
        figures += scores('both lists', outcomes, DONE)
    refused = [refuse(o.labelled) for o in outcomes]
    figures += scores('control, always refuse', refused, None)
    result = Result(NAME, command_line(), tuple(figures))
    path = result.write(args.out)
    lines = [*figure_table.lines(figures), *problems(outcomes), f'{path}\n']
    sys.stdout.write('\n'.join(lines))
    return 0 if result.ok else 1


def lists(args: argparse.Namespace) -> dict[str, list[LabelledSentence]]:
    """Return the sentences by the name of their list."""
    paths = [args.sentences] if args.sentences else [OWN, SHARED]
    return {path.stem: read_sentences(path) for path in paths}


def scores(name: str, found: Sequence[WordsOutcome], done: str | None) -> list[Figure]:
    """Wrong actions of all sentences, and how many of the doable are done."""
    doable = [o for o in found if o.labelled.is_doable]
    wrong = sum(o.is_wrong for o in found)
    return [
        share(f'{name}: wrong actions', wrong, len(found), NO_WRONG, OF_ALL),
        share(f'{name}: doable and done', sum(o.is_done for o in doable), len(doable), done,
              OF_DOABLE),
    ]  # fmt: skip


def details(name: str, found: Sequence[WordsOutcome]) -> list[Figure]:
    """The same by split and by kind, where the list has them; corrections that are proposed."""
    made: list[Figure] = []
    for split in sorted({o.labelled.split for o in found} - {''}):
        made += scores(f'{name}, {split}', [o for o in found if o.labelled.split == split], DONE)
    for kind in sorted({o.labelled.kind for o in found} - {''}):
        mine = [o for o in found if o.labelled.kind == kind]
        doable = [o for o in mine if o.labelled.is_doable]
        wrong = sum(o.is_wrong for o in mine)
        made.append(share(f'{name}, {kind}: wrong actions', wrong, len(mine), unit=OF_ALL))
        if doable:
            done = sum(o.is_done for o in doable)
            made.append(share(f'{name}, {kind}: done', done, len(doable), unit=OF_DOABLE))
    missed = [o for o in found if o.labelled.is_doable and o.action is None]
    proposed = sum('did you mean' in o.reason for o in missed)
    made.append(
        share(f'{name}: refused with a correction', proposed, len(missed), unit='of missed')
    )
    return made


def problems(outcomes: Sequence[WordsOutcome]) -> list[str]:
    """One line for each wrong action and each doable sentence that is refused."""
    return [
        f'{"WRONG" if o.is_wrong else "refused"} {o.labelled.sentence!r}: '
        + (f'{o.action}' if o.is_wrong else o.reason.split('. Supported')[0])
        for o in outcomes
        if o.is_wrong or (o.labelled.is_doable and not o.is_done)
    ]
