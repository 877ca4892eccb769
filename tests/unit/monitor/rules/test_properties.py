"""P10 to P13 on a few hundred random cases; `./vla bench rules` runs ten thousand."""

import pytest

from vla_bench.rules.properties import PROPERTIES, failures


@pytest.mark.parametrize('name', PROPERTIES)
def test_a_property_has_no_counter_example(name, seed):
    assert sum(failures(name, 150, seed)) == 0
