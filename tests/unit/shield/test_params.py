"""No parameter turns the shield off, and none accepts an invalid value."""

from dataclasses import fields
from math import inf, nan

import pytest

from vla_core.errors import UserError
from vla_core.params import from_mapping
from vla_shield.params import ShieldParams

NUMBERS = [f.name for f in fields(ShieldParams) if isinstance(f.default, (int, float))]
TIMES = [
    name
    for name in NUMBERS
    if name.endswith('timeout') or name in ('frozen_time', 'dwell', 'delay')
]


@pytest.mark.parametrize('value', [0.0, -1.0, nan, inf, 1e9])
@pytest.mark.parametrize('name', TIMES)
def test_a_time_that_never_expires_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        ShieldParams(**{name: value})


@pytest.mark.parametrize('name', NUMBERS)
def test_no_number_accepts_nan_or_infinity(name):
    for value in (nan, inf, -inf):
        with pytest.raises(ValueError, match=name):
            ShieldParams(**{name: value})


@pytest.mark.parametrize(
    'name', ['clearance', 'gripper_clearance', 'self_clearance', 'joint_margin', 'tcp_speed']
)
def test_no_clearance_and_no_cap_may_be_zero(name):
    with pytest.raises(ValueError, match=name):
        ShieldParams(**{name: 0.0})


@pytest.mark.parametrize('name', ['enabled', 'disable', 'bypass', 'active', 'use_shield'])
def test_there_is_no_switch(name):
    assert not any(name in f.name for f in fields(ShieldParams))
    assert not any(isinstance(f.default, bool) for f in fields(ShieldParams))
    with pytest.raises(UserError, match='unknown key'):
        from_mapping(ShieldParams, {name: False}, 'test')


def test_a_voter_is_required():
    with pytest.raises(ValueError, match='required_voters'):
        ShieldParams(required_voters=())
