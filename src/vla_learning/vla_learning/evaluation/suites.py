"""The suites of `./vla eval`: kinds of episodes, and their bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EvalTrial:
    """A kind of episode of a suite, and its bound."""

    name: str
    task: str
    overrides: dict[str, Any] = field(default_factory=dict)
    bound: str | None = None
    blank: str = ''  # what the policy is not shown, a name of vla_lockstep.blank


TASKS = ('put_in', 'stack', 'push', 'press', 'open', 'close')
TEST = {'unseen': True, 'paraphrase': 'test'}
CHOICE = {'rivals': 2, 'paraphrase': 'test'}  # only the sentence says which
UNSEEN = {'unseen': True, 'rivals': 1, 'paraphrase': 'test'}
LEAST = {
    'put_in': 0.80, 'stack': 0.60, 'push': 0.90, 'press': 0.90, 'open': 0.85, 'close': 0.85
}  # fmt: skip
SUITES: dict[str, tuple[EvalTrial, ...]] = {
    'tabletop': (
        EvalTrial('put_in', 'put_in', TEST, '>= 0.90'),
        EvalTrial('stack', 'stack', TEST, '>= 0.80'),
        EvalTrial('push', 'push', TEST, '>= 0.90'),
        EvalTrial('press', 'press', {'paraphrase': 'test'}),
        EvalTrial('open', 'open', {'paraphrase': 'test'}),
        EvalTrial('close', 'close', {'paraphrase': 'test'}),
        EvalTrial('absent', 'put_in', {'absent': True, 'paraphrase': 'test'}, '>= 0.95'),
    ),
    'vision': (
        *(EvalTrial(task, task, CHOICE, f'>= {LEAST[task]:.2f}') for task in LEAST),
        *(
            EvalTrial(f'{task}: other', task, {**CHOICE, 'other': True}, '>= 0.80')
            for task in LEAST
        ),
        EvalTrial('put_in: unseen pair', 'put_in', UNSEEN, '>= 0.60'),
        *(
            EvalTrial(f'{task}: no {kind}', task, CHOICE, '<= 0.10', kind)
            for kind in ('sentence', 'pictures')
            for task in LEAST
        ),
    ),
    'experts': tuple(EvalTrial(task, task, {}, '>= 0.95') for task in TASKS),
}
