"""Labelled sentences: JSON lines of a scene, a sentence, and the actions that it permits.

{"sentence": "push the cube left", "scene": [{"label": "red cube", "size": 0.04}],
 "allowed": [{"verb": "push", "target": "red cube", "target_size": 0.04, "other": "left"}]}

`size` is the edge length in m; `other` is a destination's label or a direction, '' for neither. An
empty `allowed` means that the sentence must be refused. `kind` and `split` are optional.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vla_core.errors import UserError
from vla_core.language.vocabulary import SHAPES
from vla_core.records.scene import Verb

DATA = Path('tests/data/words')
MOST_BYTES = 50_000_000  # of a list
OWN, SHARED = DATA / 'own.jsonl', DATA / 'shared.jsonl'


@dataclass(frozen=True)
class LabelledObject:
    """An object on the table."""

    label: str  # such as 'red cube'
    size: float  # m


@dataclass(frozen=True)
class WordsAction:
    """What the stack would do."""

    verb: str
    target: LabelledObject
    other: str = ''  # label of the destination, or direction


@dataclass(frozen=True)
class LabelledSentence:
    """A sentence with its scene and the permitted actions."""

    sentence: str
    scene: tuple[LabelledObject, ...]
    allowed: tuple[WordsAction, ...]
    kind: str = ''
    split: str = ''  # 'test' sentences were not read while the parser was written

    @property
    def is_doable(self) -> bool:
        return bool(self.allowed)


def read_sentences(path: Path) -> list[LabelledSentence]:
    """Return the sentences of a file; UserError with the line for one that is not labelled."""
    if path.exists() and not path.is_file():
        raise UserError(f'{path} is no file of sentences')
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise UserError(f'{path} has {path.stat().st_size} bytes, at most {MOST_BYTES} are read')
    try:
        lines = path.read_text(encoding='utf-8').split('\n')
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'cannot read sentences from {path}: {error}') from None
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_sentence(json.loads(line)))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise UserError(f'{path}, line {number}: {error!r}') from None
    if not found:
        raise UserError(f'{path} has no sentence')
    return found


def _sentence(row: Mapping[str, Any]) -> LabelledSentence:
    scene = tuple(_object(o['label'], o['size']) for o in row['scene'])
    return LabelledSentence(
        sentence=str(row['sentence']),
        scene=scene,
        allowed=tuple(_action(action) for action in row['allowed']),
        kind=str(row.get('kind', '')),
        split=str(row.get('split', '')),
    )


def _object(label: str, size: float) -> LabelledObject:
    if label.rpartition(' ')[2] not in SHAPES:
        raise ValueError(f"the shape of '{label}' is none of {', '.join(SHAPES)}")
    if not 0.0 < float(size) < 1.0:
        raise ValueError(f"the size of '{label}' is {size}, must be in m")
    return LabelledObject(label, float(size))


def _action(row: Mapping[str, Any]) -> WordsAction:
    target = _object(row['target'], row['target_size'])
    return WordsAction(Verb(row['verb']).value, target, str(row.get('other', '')))
