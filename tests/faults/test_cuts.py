"""Every guard that the unguarded runs cut out exists under its name."""

import importlib
import sys
from inspect import signature
from operator import attrgetter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / 'unguarded' / 'cuts'))
from guards import GUARDS, Cut

PLACES = sorted({cut.place for cuts in GUARDS.values() for cut in cuts if isinstance(cut, Cut)})


@pytest.mark.parametrize('place', PLACES)
def test_a_guard_exists_under_its_name(place):
    module, path = place.split(':')
    assert callable(attrgetter(path)(importlib.import_module(module)))


def replacements():
    """Those that take anything, by name."""
    found = {cut.instead for cuts in GUARDS.values() for cut in cuts if isinstance(cut, Cut)}
    return sorted(
        (f for f in found if callable(f) and all(
            p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in signature(f).parameters.values()
        )),
        key=lambda f: f.__name__,
    )  # fmt: skip


@pytest.mark.parametrize('instead', replacements(), ids=lambda f: f.__name__)
def test_what_stands_in_the_place_of_a_guard_can_be_called(instead):
    """One that raises would be taken for the missing guard."""
    for place in PLACES:
        importlib.import_module(place.split(':')[0])
    instead()
