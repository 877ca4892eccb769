"""The argument parser of the commands: an error is one line, and names the nearest option."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from vla_core.arguments import register_types
from vla_core.errors import UserError

SHOWN = 40  # characters of a long word that are compared, and repeated
UNKNOWN = re.compile(r'unrecognized arguments: (--?[\w-]+)')


class CommandParser(argparse.ArgumentParser):
    """Subparsers are of this class as well."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        register_types(self)

    def print_help(self, file: Any = None) -> None:
        """Print the help; argparse itself hides an output that cannot be written."""
        print(self.format_help(), end='', file=file)

    def error(self, message: str) -> NoReturn:
        unknown = UNKNOWN.match(message)
        hint = suggestion(unknown[1], self._option_string_actions) if unknown else ''
        raise UserError(f'{message}{hint}; {self.prog} --help shows the options')


def suggestion(given: str, known: Iterable[str]) -> str:
    """Return '; did you mean X?' for the known word that is nearest to `given`, else ''."""
    near = difflib.get_close_matches(given[:SHOWN].lower(), known, n=1)
    return f'; did you mean {near[0]}?' if near else ''
