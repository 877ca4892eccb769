"""Modes of the drivers: what operates, and that an unknown mode stands still."""

import pytest

from vla_supervisor.monitors.vendor_stop import franka_mode, ur_program, ur_safety


@pytest.mark.parametrize(
    ('fault', 'operating'),
    [(ur_safety, {1, 2}), (franka_mode, {1, 2}), (ur_program, set(range(1, 20)))],
)
def test_only_the_operating_modes_permit_motion(fault, operating):
    for mode in range(20):
        assert (fault(mode) == '') == (mode in operating), mode


def test_the_reason_names_the_stop():
    assert ur_safety(3) == 'the robot reports: protective stop'
    assert 'unknown' in ur_safety(99)
    assert franka_mode(5) == 'the robot reports: user stop pressed'
