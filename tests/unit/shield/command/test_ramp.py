"""The braking ramp against a numerical integration."""

import numpy as np
import pytest

from vla_shield.command.ramp import Ramp

A, J = np.array([5.0]), np.array([60.0])


@pytest.mark.parametrize('v', [-2.0, -0.3, -1e-4, 0.0, 1e-6, 0.02, 0.4, 2.5])
@pytest.mark.parametrize('a', [-5.0, -1.0, 0.0, 0.5, 5.0])
def test_a_ramp_ends_at_rest_within_its_limits(v, a):
    ramp = Ramp(np.zeros(1), np.array([v]), np.array([a]), A, J)
    times = np.linspace(0.0, ramp.duration, 4001)
    position, velocity = (x[:, 0] for x in ramp.sample(times))
    assert velocity[0] == pytest.approx(v, abs=1e-12)
    assert velocity[-1] == pytest.approx(0.0, abs=1e-9)
    assert position[-1] == pytest.approx(ramp.end[0], abs=1e-9)
    if ramp.duration == 0.0:
        return
    dt = times[1]
    acceleration = np.diff(velocity) / dt
    assert np.abs(acceleration).max() <= 5.0 + 1e-6
    assert np.abs(np.diff(acceleration)).max() / dt <= 60.0 * (1 + 1e-3) + 1e-6
    travelled = np.sum(0.5 * (velocity[1:] + velocity[:-1])) * dt
    assert travelled == pytest.approx(position[-1], abs=1e-5)
    assert np.abs(velocity).max() <= max(abs(ramp.peak_velocity[0]), abs(v)) + 1e-9


def test_a_ramp_is_time_optimal():
    ramp = Ramp(np.zeros(1), np.array([1.0]), np.zeros(1), A, J)
    assert ramp.duration == pytest.approx(1.0 / 5.0 + 5.0 / 60.0)  # v / A + A / J


def test_every_joint_stops_by_itself():
    v, a = np.array([1.0, -0.1, 0.0]), np.array([0.0, 2.0, 0.0])
    three = Ramp(np.zeros(3), v, a, np.full(3, 5.0), np.full(3, 60.0))
    for k in range(3):
        one = Ramp(np.zeros(1), v[k : k + 1], a[k : k + 1], A, J)
        np.testing.assert_allclose(
            three.sample(np.array([0.05]))[0][0, k], one.sample(np.array([0.05]))[0][0, 0]
        )


def test_a_joint_that_is_kept_plays_what_is_left_of_the_other_ramp():
    dice, times = np.random.default_rng(0), np.linspace(0.0, 1.0, 60)
    accel, jerk = np.full(6, 10.0), np.full(6, 400.0)
    for _ in range(50):
        old = Ramp(*(dice.uniform(-1.0, 1.0, 6) * scale for scale in (1.0, 1.5, 9.0)), accel, jerk)
        new = Ramp(*(dice.uniform(-1.0, 1.0, 6) * scale for scale in (1.0, 1.5, 9.0)), accel, jerk)
        is_kept, elapsed = dice.random(6) < 0.5, float(dice.uniform(0.0, 1.1 * old.duration))
        mixed = new.keeping(is_kept, old, elapsed)
        for found, later, own in zip(
            mixed.sample(times), old.sample(times + elapsed), new.sample(times), strict=True
        ):
            np.testing.assert_allclose(found, np.where(is_kept, later, own), atol=1e-12)
        np.testing.assert_array_equal(mixed.end, np.where(is_kept, old.end, new.end))
        speeds = np.abs(mixed.sample(np.linspace(0.0, 1.0, 2000))[1])
        most = np.maximum(np.abs(mixed.peak_velocity), speeds[0])
        assert (speeds.max(axis=0) <= most + 1e-9).all()
        assert np.abs(mixed.sample(np.array([mixed.duration + 1e-9]))[1]).max() < 1e-12
        assert mixed.duration <= max(new.duration, old.duration)
