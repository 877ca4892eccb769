"""The machine of a measurement: its speed is measured once and by its own processor time."""

import time

from vla_core import machine


def test_python_ms_is_measured_once_and_is_a_plausible_time():
    first = machine.python_ms()
    assert 0.1 < first < 1000.0
    assert machine.python_ms() == first


def test_python_ms_is_the_median_in_ms(monkeypatch):
    ticks = iter([t for k in range(20) for t in (float(k), k + 0.001 * (k + 1))])
    monkeypatch.setattr(time, 'thread_time', lambda: next(ticks))
    assert abs(machine.python_ms.__wrapped__() - 10.5) < 1e-6


def test_result_json_gets_the_speed_of_the_machine():
    assert machine.machine()['python_ms'] == round(machine.python_ms(), 3)
