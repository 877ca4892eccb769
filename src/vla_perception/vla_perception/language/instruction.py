"""Instructions to tasks: a small grammar, with sentence similarity for unknown words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from vla_core.records.scene import ParsedTask, Phrase, Verb
from vla_perception.language.phrases import NotUnderstoodError, WordMatcher, parse_phrase
from vla_perception.language.vocabulary import (
    NEGATIONS,
    POLITE,
    SIDES,
    SUPPORTED,
    VERBS,
    canonical,
)

_IN = r'(?:inside of|inside|into|in to|in|within)'
_ON = r'(?:on the top of|on top of|onto|on to|on|upon|atop|over)'
_SIDE = '(?P<side>' + '|'.join(word for words in SIDES.values() for word in words) + ')'
_TO = r'(?:to|toward|towards|over to)?'
_THE = r'(?:the |your |its |my )?'
_DET = r'(?=the |a |an |that |this )'


def _verbs(*classes: str) -> str:
    return '(?:' + '|'.join(word for name in classes for word in VERBS[name]) + ')'


_PLACE = _verbs('place')
_PICK = rf'{_verbs("pick")} (?:up )?(?P<t>.+?)(?: up)? and'
_PUSH = _verbs('push')
_GOES = r'(?:should go|must go|goes|belongs|should be|has to go)'
_TABLE = r'(?: side| hand side| direction)?(?: of the table)?'
_FRAMES: tuple[tuple[Verb, str], ...] = (
    # (skill, pattern of the whole sentence); the first valid match is taken
    (Verb.CLOSE, r'(?:push|slide|move) (?P<t>.*drawer) (?:closed|shut|in|back in|back)'),
    (Verb.CLOSE, rf'{_verbs("close")} (?:up )?(?P<t>.+?)(?: up)?'),
    (Verb.OPEN, r'(?:pull|open) (?:(?:open|out|up) )?(?P<t>.+?)(?: (?:open|out|up))?'),
    (Verb.OPEN, r'slide (?:open|out) (?P<t>.+)'),
    (Verb.OPEN, r'slide (?P<t>.+) (?:open|out)'),
    (Verb.PUT_IN, rf'{_PICK} {_PLACE} (?:it )?{_IN} (?P<d>.+)'),
    (Verb.STACK, rf'{_PICK} (?:{_PLACE}|stack) (?:it )?{_ON} (?P<d>.+)'),
    (Verb.PUT_IN, rf'{_IN} (?P<d>.+?) {_PLACE} (?P<t>.+)'),
    (Verb.STACK, rf'{_ON} (?P<d>.+?) (?:{_PLACE}|stack) (?P<t>.+)'),
    (Verb.PUSH, rf'{_PUSH} (?P<t>{_DET}.+?) {_TO} ?{_THE}{_SIDE}{_TABLE}'),
    (Verb.PUSH, rf'{_PUSH} {_TO} ?{_THE}{_SIDE}(?: side)? (?P<t>{_DET}.+)'),
    (Verb.STACK, rf'{_verbs("stack", "place")} (?P<t>.+?) {_ON} (?P<d>.+)'),
    (Verb.PUT_IN, rf'{_verbs("place", "push")} (?P<t>.+?) {_IN} (?P<d>.+)'),
    (Verb.PUT_IN, r'(?:fill|load) (?P<d>.+?) with (?P<t>.+)'),
    (Verb.PUT_IN, rf'(?P<t>{_DET}.+?) {_GOES} {_IN} (?P<d>.+)'),
    (Verb.PUSH, rf'{_PUSH} (?P<t>.+?) {_TO} ?{_THE}{_SIDE}{_TABLE}'),
    (Verb.PRESS, rf'{_verbs("press")} (?:down |in )?(?:on )?(?P<t>.+?)(?: down| in)?'),
)
_COMPILED = tuple((verb, re.compile(frame)) for verb, frame in _FRAMES)
_BESIDE = re.compile(
    r'\b(?:left|right|front) of (?!the table|table)|\b(?:next to|beside|behind|under)\b'
)
_ACCEPTED_SHAPES = {
    # skill: (shapes it can act on, shapes of its destination); '' is an object without a shape
    Verb.PUT_IN: ({'cube', 'cylinder', 'ball', ''}, {'box', 'drawer', ''}),
    Verb.STACK: ({'cube', 'cylinder', 'ball', 'box', ''}, {'cube', 'cylinder', ''}),
    Verb.PUSH: ({'cube', 'cylinder', 'ball', 'box', ''}, {''}),
    Verb.PRESS: ({'button'}, {''}),
    Verb.OPEN: ({'drawer'}, {''}),
    Verb.CLOSE: ({'drawer'}, {''}),
}


@dataclass(frozen=True)
class Parsed:
    """A task, and the reason when it is UNKNOWN."""

    task: ParsedTask
    reason: str = ''  # shown to the user; empty when the instruction was parsed


def parse(instruction: str, matcher: WordMatcher | None = None) -> Parsed:
    """Return the task of an instruction; Verb.UNKNOWN with a reason when there is none."""
    try:
        return Parsed(_parse_text(normalise(instruction), matcher))
    except NotUnderstoodError as why:
        return Parsed(ParsedTask(), f'{why}. Supported: {SUPPORTED}.')


def normalise(instruction: str) -> str:
    """Return the text in lower case, without punctuation and polite phrases."""
    text = re.sub(r"[^a-z0-9' ]+", ' ', instruction.lower().replace('’', "'"))
    text = f' {" ".join(text.split())} '
    for words in sorted(POLITE, key=len, reverse=True):
        text = text.replace(f' {words} ', ' ')
    return ' '.join(text.split())


def _parse_text(text: str, matcher: WordMatcher | None) -> ParsedTask:
    if not text:
        raise NotUnderstoodError('the instruction is empty')
    if any(re.search(rf'\b{words}\b', text) for words in NEGATIONS):
        raise NotUnderstoodError(f"'{text}' contains a negation, which is not supported")
    if _BESIDE.search(text):
        raise NotUnderstoodError('placing an object beside another one is not supported')
    task = _frame(text, matcher)
    if task is None and matcher is not None:
        task = _frame(_with_known_verb(text, matcher), matcher)
    if task is None:
        raise NotUnderstoodError(f"'{text}' matches no supported task")
    return task


def _frame(text: str, matcher: WordMatcher | None) -> ParsedTask | None:
    """Return the task of the first pattern with a valid match, None when no pattern matches."""
    first_error: NotUnderstoodError | None = None
    for verb, frame in _COMPILED:
        if match := frame.fullmatch(text):
            try:
                return _task(verb, match.groupdict(), matcher)
            except NotUnderstoodError as why:
                first_error = first_error or why
    if first_error is not None:
        raise first_error
    return None


def _task(verb: Verb, found: dict[str, str], matcher: WordMatcher | None) -> ParsedTask:
    target = parse_phrase(found['t'], matcher)
    destination = parse_phrase(found['d'], matcher) if 'd' in found else Phrase()
    if verb == Verb.STACK and destination.shape in ('box', 'drawer'):
        verb = Verb.PUT_IN  # 'on the tray'
    if verb == Verb.PRESS and not target.shape:
        target = replace(target, shape='button')  # 'press the red one'
    targets, destinations = _ACCEPTED_SHAPES[verb]
    if verb == Verb.PRESS and target.shape in _ACCEPTED_SHAPES[Verb.PUSH][0] - {''}:
        raise NotUnderstoodError(
            f"only a button can be pressed; to push '{target.text}', give a direction"
        )
    if target.shape not in targets:
        raise NotUnderstoodError(f"the task {verb.value} does not accept '{target.text}'")
    if destination.shape not in destinations:
        raise NotUnderstoodError(f"the task {verb.value} cannot end at '{destination.text}'")
    return ParsedTask(verb, target, destination, canonical(SIDES, found.get('side', '')))


def _with_known_verb(text: str, matcher: WordMatcher) -> str:
    first, _, rest = text.partition(' ')
    if canonical(VERBS, first) or not rest:
        return text
    return f'{matcher.find(first, VERBS) or first} {rest}'
