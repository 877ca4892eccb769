"""Types of command-line options: numbers with a range, paths, text.

Standard library only. A parser registers them for `int`, `float`, `Path` and plain text
(`register_types`), so that no command accepts NaN, an empty path or bytes that are not text.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path

LARGEST = 2**31 - 1  # of a whole number without a range of its own, such as a seed
DIGITS = re.compile(r'[+-]?[0-9]{1,20}')
DECIMAL = re.compile(r'[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?')
NAMESPACE = re.compile(r'/?([A-Za-z_]\w*(/[A-Za-z_]\w*)*)?/?', re.ASCII)
SHOWN = 40  # characters of an invalid value in the error


def integer(lo: float = 0, hi: float = LARGEST) -> Callable[[str], int]:
    """A whole number in decimal digits, from `lo` to `hi`."""

    def convert(given: str) -> int:
        value = int(given) if DIGITS.fullmatch(given) else None
        if value is None or not lo <= value <= hi:
            raise _invalid(f'must be a whole number from {lo:.0f} to {hi:.0f}', given)
        return value

    return convert


def number(lo: float = -math.inf, hi: float = math.inf) -> Callable[[str], float]:
    """A finite number from `lo` to `hi`."""

    def convert(given: str) -> float:
        value = float(given) if DECIMAL.fullmatch(given) else math.nan
        if not (math.isfinite(value) and lo <= value <= hi):
            bounds = '' if math.isinf(lo) and math.isinf(hi) else f' from {lo:g} to {hi:g}'
            raise _invalid(f'must be a number{bounds}', given)
        return value

    return convert


def text(given: str) -> str:
    """Text that can be encoded: the bytes of an argument may be no UTF-8."""
    if any('\ud800' <= character <= '\udfff' for character in given):
        raise _invalid('is not UTF-8 text', given)
    return given


def path(given: str) -> Path:
    """A path that names something; `~` is the home folder."""
    if not given.strip() or '\0' in given:
        raise _invalid('must be a path', given)
    try:
        return Path(text(given)).expanduser()
    except RuntimeError as error:  # no home folder
        raise argparse.ArgumentTypeError(f'cannot be found: {error}') from error


def ros_namespace(given: str) -> str:
    """A ROS namespace such as lab/left; empty: the root."""
    if not NAMESPACE.fullmatch(given):
        raise argparse.ArgumentTypeError(f'{given[:SHOWN]!r} is no namespace such as lab/left')
    return given


def register_types(parser: argparse.ArgumentParser) -> None:
    """Use the types above wherever an option says int, float, Path, str, or nothing."""
    replacements = ((int, integer()), (float, number()), (Path, path), (str, text), (None, text))
    for kind, convert in replacements:
        parser.register('type', kind, convert)


def _invalid(rule: str, given: str) -> argparse.ArgumentTypeError:
    shown = given if len(given) <= SHOWN else f'{given[:SHOWN]}...'
    return argparse.ArgumentTypeError(f'{rule}, got {shown!r}')
