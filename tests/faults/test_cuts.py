"""Every guard that the unguarded runs cut out exists under its name."""

import importlib
import sys
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
