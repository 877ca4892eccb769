"""The computer's memory and temperature."""

import math

import pytest

from vla_supervisor.monitors.computer_monitor import (
    ComputerMonitor,
    ComputerParams,
    available_memory,
    processor_temperature,
)


def host(memory=4000.0, heat=60.0):
    return ComputerMonitor(ComputerParams(), lambda: memory, lambda: heat)


def test_a_computer_within_its_limits_has_no_fault():
    assert host().fault(0.0) == ''


@pytest.mark.parametrize('memory', [200.0, math.nan])
def test_too_little_memory_is_a_fault_with_its_number(memory):
    assert (
        host(memory=memory).fault(0.0) == f'{memory:.0f} MB of memory available (minimum 300 MB)'
    )


@pytest.mark.parametrize('heat', [99.0, math.nan])
def test_a_hot_processor_is_a_fault(heat):
    assert host(heat=heat).fault(0.0) == f'processor at {heat:.0f} deg C (limit 95 deg C)'


def test_without_a_sensor_the_temperature_is_no_fault():
    assert host(heat=None).fault(0.0) == ''


def test_it_is_read_once_a_second():
    left = [200.0, 4000.0]
    made = ComputerMonitor(ComputerParams(), lambda: left.pop(0), lambda: None)
    assert made.fault(0.0)
    assert made.fault(0.9)
    assert made.fault(1.0) == ''
    assert left == []


def test_this_computer_can_be_read():
    assert available_memory() > 0.0
    heat = processor_temperature()
    assert heat is None or 0.0 < heat < 150.0
