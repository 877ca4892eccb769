"""Lag is estimated from motion, and told from an offset, from a blocked and from a frozen arm."""

from itertools import pairwise

import numpy as np
import pytest

from vla_core.robot.controller import ControllerContract
from vla_shield.monitoring.lag_estimator import DELAYS, SPAN, LagEstimator
from vla_shield.monitoring.tracking_offset import TrackingOffset
from vla_shield.params import ShieldParams
from vla_sim.controllers.servo import DEAD_TIME, FIRST_ORDER, ServoLag

DT = 0.01


def motion(cycles=150, amplitude=0.2):
    """(cycles, 6) rad, from rest, as a move there and back."""
    t = np.arange(cycles) * DT
    return amplitude * (1.0 - np.cos(4.0 * t))[:, None] * np.linspace(0.3, 1.0, 6)


def played(commands, lag, response=FIRST_ORDER):
    servo = ServoLag(response, lag, 0.002, commands[0])
    rows = []
    for before, after in pairwise(commands):
        rate = (after - before) / DT
        for k in range(5):
            q, _ = servo.update(before + rate * 0.002 * (k + 1), rate)
        rows.append(q)
    return np.array([commands[0], *rows])


def estimated(commands, measured):
    lag, buffer = LagEstimator(DT, 0.02), np.tile(commands[0], (DELAYS + SPAN, 1))
    for commanded, q in zip(commands, measured, strict=True):
        buffer = np.vstack([commanded, buffer[:-1]])
        lag.update(q, buffer)
    return lag


@pytest.mark.parametrize('response', [DEAD_TIME, FIRST_ORDER])
@pytest.mark.parametrize('lag', [0.0, 0.03, 0.06, 0.12])
def test_the_lag_of_a_servo_is_found_to_a_cycle(lag, response):
    commands = motion()
    found = estimated(commands, played(commands, lag, response))
    assert found.is_known
    assert found.value == pytest.approx(lag, abs=0.012)


def test_an_offset_at_rest_and_in_motion_changes_nothing():
    commands = motion()
    offset = np.array([0.0, 0.02, 0.01, 0.0, 0.0, 0.0])
    assert estimated(commands, played(commands, 0.06) + offset).value == pytest.approx(
        0.06, abs=0.012
    )


def test_an_arm_that_stands_or_is_blocked_teaches_nothing():
    commands = motion()
    still = np.tile(commands[0], (len(commands), 1))
    assert not estimated(commands, still).is_known
    assert not estimated(still, still).is_known
    blocked = np.minimum(commands, 0.05)
    assert estimated(commands, blocked).value < 0.05


def test_a_motion_that_was_not_commanded_teaches_nothing():
    commands = motion()
    other = motion()[:, ::-1] * [1, -1, 1, -1, 1, -1]
    assert not estimated(commands, other).is_known


@pytest.mark.parametrize('lag', [0.0, 0.03, 0.06, 0.12])
def test_a_lag_is_no_offset_and_a_payload_is_one_behind_any_lag(lag):
    commands = np.vstack([motion(), np.tile(motion()[-1], (60, 1))])
    measured = played(commands, lag)
    sag = np.array([0.0, -0.01, -0.01, 0.0, 0.0, 0.0])
    for payload in (False, True):
        offset = TrackingOffset(ShieldParams(), ControllerContract())
        found = [
            offset.update(q + payload * sag * (k > 80), commanded)
            for k, (commanded, q) in enumerate(zip(commands, measured, strict=True))
        ]
        assert (found[-1] is not None) == payload
        late = [o for o in found[60:] if o is not None]
        assert payload or not late


def test_the_sag_that_the_contract_allows_is_no_offset():
    offset = TrackingOffset(ShieldParams(), ControllerContract(sag=0.01))
    for _ in range(50):
        within = offset.update(np.full(6, -0.012), np.zeros(6))
    assert within is None
    for _ in range(50):
        beyond = offset.update(np.full(6, -0.02), np.zeros(6))
    assert beyond == pytest.approx(np.full(6, -0.01), abs=1e-3)
