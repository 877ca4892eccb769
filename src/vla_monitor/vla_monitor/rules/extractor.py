"""Extraction of rules from a policy document: identity by default, or a user-supplied model."""

from __future__ import annotations

import importlib
from typing import Protocol

from vla_core.errors import UserError

MARKDOWN = 'markdown'


class Extractor(Protocol):
    """Converts a policy text to rules in the form of `document`."""

    def extract(self, text: str, source: str) -> str:
        """Return Markdown in which every rule keeps its line number in `text`."""


class Written:
    """Returns the text unchanged: it is already in rule form."""

    def extract(self, text: str, source: str) -> str:
        return text


def find_extractor(spec: str) -> Extractor:
    """Return the extractor 'markdown' or 'package.module:Class', constructed without arguments."""
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
    try:
        extractor = getattr(found, name)()
    except TypeError as error:
        raise UserError(f'extractor {spec!r} cannot be constructed: {error}') from error
    if not callable(getattr(extractor, 'extract', None)):
        raise UserError(f'extractor {spec!r} has no method extract(text, source)')
    return extractor
