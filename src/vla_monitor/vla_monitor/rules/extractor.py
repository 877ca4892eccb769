"""What makes rules out of a policy's text: nothing by default, or a model that somebody brings."""

from __future__ import annotations

import importlib
from typing import Protocol

from vla_core.errors import UserError

MARKDOWN = 'markdown'


class Extractor(Protocol):
    """Makes rules in the form of `document` out of a policy's text."""

    def extract(self, text: str, source: str) -> str:
        """Return Markdown with one line for every line of `text` that a rule comes from."""


class Written:
    """The extractor that does nothing: the text already is in the form."""

    def extract(self, text: str, source: str) -> str:
        return text


def find_extractor(spec: str) -> Extractor:
    """The one that is meant by 'markdown' or 'package.module:Class', made without arguments."""
    if spec == MARKDOWN:
        return Written()
    module, _, name = spec.partition(':')
    if not (module and name):
        raise UserError(f'no extractor {spec!r}; write {MARKDOWN}, or package.module:Class')
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise UserError(f'extractor {spec!r} cannot be imported: {error}') from error
    if not hasattr(found, name):
        raise UserError(f'extractor {spec!r}: {module} has no {name}')
    made = getattr(found, name)()
    if not callable(getattr(made, 'extract', None)):
        raise UserError(f'extractor {spec!r} has no method extract(text, source)')
    return made
