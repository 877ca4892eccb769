"""The fit of a sine: gain, lag, offset, and the joint that answers."""

import numpy as np
import pytest
from clean_robot import ROBOT

from vla_commission.finding import Status
from vla_commission.motion.guide import MotionRecording
from vla_commission.motion.sine import analysed, judged

NAMES = ROBOT.joint_names
DECLARED = ROBOT.arm.controller.lag


def recorded(answers=1, gain=1.0, lag=DECLARED, offset=0.0, velocity=1.0, asked=0.04):
    """Joint 1 is commanded, joint `answers` moves."""
    recording, time = MotionRecording(), np.arange(0.0, 3.75, 0.01)
    for t in time:
        q = np.array(ROBOT.home)
        q[1] += 0.04 * np.sin(2.5 * t)
        recording.due.append(t)
        recording.certified.append(q)
        measured, rate = np.array(ROBOT.home), np.zeros(6)
        measured[answers] += gain * 0.04 * np.sin(2.5 * (t - lag)) + offset
        rate[answers] = velocity * gain * 0.1 * np.cos(2.5 * (t - lag))
        recording.stamps.append(t)
        recording.measured.append(measured)
        recording.velocity.append(rate)
    return analysed(recording, NAMES, 1, asked)


def bad(**changes):
    found = judged(recorded(**changes), ROBOT)
    return [f for f in found if f.status in (Status.FAIL, Status.WARNING)]


def test_a_joint_that_follows_has_no_finding():
    assert bad() == []


@pytest.mark.parametrize(
    ('changes', 'check', 'word'),
    [({'answers': 3}, 'sine.joint', NAMES[3]), ({'gain': -1.0}, 'sine.sign', 'invert'),
     ({'gain': 0.0}, 'sine.silent', NAMES[1]), ({'gain': 57.3}, 'sine.scale', 'rad'),
     ({'gain': 0.5}, 'sine.scale', 'gear'), ({'lag': 0.1}, 'sine.lag', 'lag: 0.10'),
     ({'offset': 0.03}, 'sine.offset', 'sag'), ({'velocity': 0.5}, 'sine.velocity', '0.50'),
     ({'velocity': -1.0}, 'sine.velocity', '-1.00'),
     ({'asked': 0.2}, 'sine.limited', '20 %')],
)  # fmt: skip
def test_a_joint_that_does_not_follow_is_named(changes, check, word):
    found = bad(**changes)
    assert [f.check for f in found] == [check]
    assert word in f'{found[0].text} {found[0].change}'


@pytest.mark.parametrize('lag', [0.0, 0.03, 0.06, 0.12])
def test_the_lag_is_measured_to_4_ms(lag):
    assert recorded(lag=lag).lag == pytest.approx(lag, abs=0.004)


def test_a_velocity_that_is_not_reported_is_not_judged():
    response = recorded(velocity=np.nan)
    assert np.isnan(response.velocity)
    assert [f.check for f in judged(response, ROBOT)] == ['sine']
