"""Instructions to tasks. A task is never made of less than the instruction: every word is used by
a pattern, known to be harmless, or the instruction is refused with that word in the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vla_core.language import refusal
from vla_core.language.clause import Clause, CoveredWord, read_clauses
from vla_core.language.noun_phrase import literal, noun_phrases
from vla_core.language.patterns import SentenceMatch, WordUse, sentence_matches
from vla_core.language.spelling import without_slips
from vla_core.language.tokens import sentences
from vla_core.language.vocabulary import CLASSES, DETERMINERS, SUPPORTED
from vla_core.records.scene import ParsedTask, Phrase, Verb
from vla_core.records.task import MAX_INSTRUCTION

_ACCEPTED_SHAPES = {
    # skill: (shapes it can act on, shapes of its destination); '' is an object without a shape
    Verb.PUT_IN: ({'cube', 'cylinder', 'ball', ''}, {'box', 'drawer', ''}),
    Verb.STACK: ({'cube', 'cylinder', 'ball', ''}, {'cube', 'cylinder', ''}),
    Verb.PUSH: ({'cube', 'cylinder', 'ball', 'box', ''}, {''}),
    Verb.PRESS: ({'button'}, {''}),
    Verb.OPEN: ({'drawer'}, {''}),
    Verb.CLOSE: ({'drawer'}, {''}),
}


@dataclass(frozen=True)
class Exclusions:
    """What target and destination must not be."""

    target: tuple[Phrase, ...] = ()
    destination: tuple[Phrase, ...] = ()


NO_TASK, NO_EXCLUSIONS = ParsedTask(), Exclusions()


@dataclass(frozen=True)
class Parsed:
    """A task with its exclusions, and the reason when it is UNKNOWN."""

    task: ParsedTask = NO_TASK
    excluded: Exclusions = NO_EXCLUSIONS
    reason: str = ''  # shown to the user; empty when the instruction was parsed
    coverage: tuple[CoveredWord, ...] = field(default=())


class NotUnderstoodError(Exception):
    """The instruction cannot be parsed; the message is the reason shown to the user."""


def parse(instruction: str) -> Parsed:
    """Return the task of an instruction; Verb.UNKNOWN with a reason when there is none."""
    try:
        return _parse(instruction)
    except NotUnderstoodError as why:
        return Parsed(reason=f'{why}. Supported: {SUPPORTED}.')


def as_read(instruction: str) -> str:
    """Return what is acted on: slips of spelling are put right where that makes a task of it."""
    return without_slips(instruction, refusal.READ, lambda text: not parse(text).reason)


def _parse(instruction: str) -> Parsed:
    if len(instruction) > MAX_INSTRUCTION:
        size = f'{len(instruction)} characters, at most {MAX_INSTRUCTION}'
        raise NotUnderstoodError(f'the instruction has {size}')
    found = sentences(instruction)
    if not found:
        raise NotUnderstoodError('the instruction is empty')
    if unreadable := refusal.unreadable([t for part in found for t in part.tokens]):
        raise NotUnderstoodError(unreadable)
    clauses = read_clauses(found)
    at = clauses.index(_the_one(clauses))
    parsed = _task_of(clauses[at])
    before, after = (
        tuple(word for other in others for word in other.covered(()))
        for others in (clauses[:at], clauses[at + 1 :])
    )
    return replace(parsed, coverage=(*before, *parsed.coverage, *after))


def _the_one(clauses: list[Clause]) -> Clause:
    """Return the one clause that asks for a task."""
    asking = [clause for clause in clauses if clause.kept]
    if not asking:
        raise NotUnderstoodError('the instruction names no task')
    if why := next((why for clause in asking if (why := _why_not(clause.text))), ''):
        raise NotUnderstoodError(why)
    if len(asking) > 1:
        raise NotUnderstoodError(refusal.SEVERAL_TASKS)
    if '?' in asking[0].end and not asking[0].is_request:
        raise NotUnderstoodError('this is a question: give an instruction without question mark')
    if asking[0].ends_with_tag:
        raise NotUnderstoodError("'right' may be a question: for the direction say 'to the right'")
    return asking[0]


def _why_not(words: list[str]) -> str:
    """Return why the words are no task, '' when they are one."""
    try:
        _task_of(Clause(words, list(range(len(words)))))
    except NotUnderstoodError as why:
        return str(why) or refusal.explain(words, _is_task)
    return ''


def _is_task(words: list[str]) -> bool:
    """True when the words are a task by themselves."""
    try:
        _task_of(Clause(words, list(range(len(words)))))
    except NotUnderstoodError:
        return False
    return True


def _task_of(clause: Clause) -> Parsed:
    """Return the one reading of the sentence; NotUnderstoodError without one, or with several."""
    words = clause.text
    if doubt := refusal.corrected(words) or refusal.doubtful(words):
        raise NotUnderstoodError(doubt)
    start, end, avoided = _avoided(words)
    first_error: NotUnderstoodError | None = None
    readings: list[Parsed] = []
    rest = words[:start] + words[end:]
    for match in sentence_matches(rest):
        uses = list(match.uses)
        uses[start:start] = [WordUse.AVOIDED] * (end - start)
        try:
            reading = _reading(rest, match, avoided)
        except NotUnderstoodError as why:
            first_error = first_error or why
        else:
            readings.append(replace(reading, coverage=clause.covered(uses)))
    if not readings:
        raise first_error or NotUnderstoodError('')
    if any(_meaning(other) != _meaning(readings[0]) for other in readings):
        raise NotUnderstoodError('the sentence has more than one meaning')
    if end > start and readings[0].task.verb == Verb.PUSH:
        said = ' '.join(words[start:end])
        raise NotUnderstoodError(f"a push cannot be done '{said}': clear the way, then push")
    return readings[0]


def _meaning(parsed: Parsed) -> tuple[object, ...]:
    task = parsed.task
    excluded = (*parsed.excluded.target, *parsed.excluded.destination)
    bare = [replace(p, text='') for p in (task.target, task.destination, *excluded)]
    return (task.verb, task.side, *bare)


def _avoided(words: list[str]) -> tuple[int, int, tuple[Phrase, ...]]:
    """Return the place of 'without touching …' at either end of the sentence, and its object."""
    for start in range(len(words)):
        for head in literal(words, start, CLASSES['without']):
            others = [f for f in noun_phrases(words, head, is_destination=False) if not f.excluded]
            ends: list[tuple[int, tuple[Phrase, ...]]] = [(f.end, (f.phrase,)) for f in others]
            ends += [(end, ()) for end in literal(words, head, CLASSES['anything else'])]
            for end, phrases in ends:
                if start == 0 or end == len(words):
                    return start, end, phrases
    return 0, 0, ()


def _reading(words: list[str], match: SentenceMatch, avoided: tuple[Phrase, ...]) -> Parsed:
    """Return the task of a match; NotUnderstoodError when no skill can do it."""
    used = zip(words, match.uses, strict=True)
    spoken = {word for word, use in used if use == WordUse.PATTERN}
    verb = match.verb
    target = match.target.phrase if match.target else Phrase()
    destination = match.destination.phrase if match.destination else Phrase()
    if verb == Verb.STACK and destination.text.split()[-1:] == ['tray']:
        verb = Verb.PUT_IN
    if verb == Verb.PRESS and not target.shape and not spoken & {'push', 'hit'}:
        target = replace(target, shape='button')  # 'press the red one'
    if verb == Verb.PUSH and _is_attribute(match):
        raise NotUnderstoodError(f"'{match.side}' may be a direction or a part of '{target.text}'")
    is_to = 'to' in spoken and spoken.isdisjoint(CLASSES['in'])
    if is_to and verb == Verb.PUT_IN and not destination.shape:
        raise NotUnderstoodError(f"name what '{destination.text}' is, such as 'the blue box'")
    _check_shapes(verb, target, destination, match.first_word)
    _check_loose(verb, match)
    excluded = Exclusions(
        (*(match.target.excluded if match.target else ()), *avoided),
        (*(match.destination.excluded if match.destination else ()), *avoided),
    )
    for phrase, others in ((target, excluded.target), (destination, excluded.destination)):
        for other in others:
            if phrase.text and _includes(other, phrase):
                raise NotUnderstoodError(f"'{phrase.text}' is requested and excluded")
    return Parsed(ParsedTask(verb, target, destination, match.side), excluded)


def _is_attribute(match: SentenceMatch) -> bool:
    """True for a direction in front of a noun without article: 'push left red cube'."""
    if match.target is None or WordUse.SIDE not in match.uses[: match.target.start]:
        return False
    return match.target.phrase.text.split()[0] not in DETERMINERS


def _check_shapes(verb: Verb, target: Phrase, destination: Phrase, first_word: str) -> None:
    targets, destinations = _ACCEPTED_SHAPES[verb]
    if verb == Verb.PRESS and target.shape in _ACCEPTED_SHAPES[Verb.PUSH][0]:
        raise NotUnderstoodError(
            f"only a button can be pressed; to push '{target.text}', give a direction"
        )
    if target.shape not in targets or (first_word == 'roll' and target.shape != 'ball'):
        raise NotUnderstoodError(f"the task {verb.value} does not accept '{target.text}'")
    if destination.shape not in destinations:
        raise NotUnderstoodError(f"the task {verb.value} cannot end at '{destination.text}'")


def _check_loose(verb: Verb, match: SentenceMatch) -> None:
    """Refuse an exclusion behind both objects that may be meant of the first one."""
    if match.target is None or match.destination is None:
        return
    shapes = _ACCEPTED_SHAPES[verb]
    objects = ((match.target, shapes[0]), (match.destination, shapes[1]))
    (first, accepted), (last, _) = sorted(objects, key=lambda pair: pair[0].start)
    accepted = {first.phrase.shape} if first.phrase.shape else accepted
    for other in last.loose:
        is_clear = other.shape and other.shape not in accepted
        is_any = last.phrase.text.split()[:1] in (['a'], ['an'], ['any'])  # permits each of them
        is_permitted = is_any or _differs(other, last.phrase)
        if not is_clear and not (_differs(other, first.phrase) and is_permitted):
            raise NotUnderstoodError(
                f"'{other.text}' may be meant of either object: write it directly behind its "
                "object, such as 'put any cube except the red one in the box'"
            )


def _differs(a: Phrase, b: Phrase) -> bool:
    """True when no object is both."""
    pairs = ((a.colour, b.colour), (a.shape, b.shape), (a.size, b.size))
    return any(x and y and x != y for x, y in pairs)


def _includes(general: Phrase, special: Phrase) -> bool:
    """True when every object that `special` describes is one that `general` describes."""
    pairs = ((general.colour, special.colour), (general.shape, special.shape),
             (general.size, special.size))  # fmt: skip
    return all(a in ('', b) for a, b in pairs)
