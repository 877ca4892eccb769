"""Lag of a servo: dead time or a first-order response."""

import numpy as np
import pytest

from vla_sim.controllers.servo import DEAD_TIME, FIRST_ORDER, ServoLag

DT = 0.002


@pytest.mark.parametrize('response', [DEAD_TIME, FIRST_ORDER])
@pytest.mark.parametrize('lag', [0.0, 0.02, 0.05, 0.11])
def test_a_ramp_is_followed_at_the_same_speed_and_later_by_the_lag(response, lag):
    servo, speed = ServoLag(response, lag, DT, np.zeros(1)), 0.5
    for k in range(1000):
        position, velocity = servo.update(np.array([speed * k * DT]), np.array([speed]))
    assert velocity[0] == pytest.approx(speed, rel=1e-3)
    assert speed * 999 * DT - position[0] == pytest.approx(speed * lag, abs=speed * DT)


def test_dead_time_repeats_the_command_and_a_first_order_response_smooths_it():
    steps = np.r_[np.zeros(50), np.ones(100)]
    rows = {
        r: [float(servo.update(np.array([x]), np.zeros(1))[0][0]) for x in steps]
        for r in (DEAD_TIME, FIRST_ORDER)
        for servo in [ServoLag(r, 0.04, DT, np.zeros(1))]
    }
    assert rows[DEAD_TIME][69] == 0.0
    assert rows[DEAD_TIME][70] == 1.0
    assert rows[FIRST_ORDER][69] == pytest.approx(1 - np.exp(-1.0), abs=0.02)
