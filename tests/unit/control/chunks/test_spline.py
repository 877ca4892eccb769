"""The curve through the rows of a chunk."""

import numpy as np
import pytest

from vla_control.chunks.spline import ChunkSpline


def test_the_curve_goes_through_every_row(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(9, 3))
    curve = ChunkSpline(rows)
    assert np.array([curve.at(k) for k in range(9)]) == pytest.approx(rows)


def test_before_the_first_row_and_after_the_last_it_stands(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(4, 2))
    curve = ChunkSpline(rows)
    assert curve.at(-1.0) == pytest.approx(rows[0])
    assert curve.at(99.0) == pytest.approx(rows[-1])


def test_velocity_and_acceleration_are_continuous_across_rows(rng: np.random.Generator) -> None:
    curve = ChunkSpline(rng.normal(size=(8, 1)))
    e = 1e-4
    for row in range(1, 7):
        left = np.array([curve.at(row + k * e) for k in (-3, -2, -1)])
        right = np.array([curve.at(row + k * e) for k in (1, 2, 3)])
        assert np.diff(left, axis=0)[-1] == pytest.approx(np.diff(right, axis=0)[0], abs=1e-6)
        assert np.diff(left, 2, axis=0) == pytest.approx(np.diff(right, 2, axis=0), abs=1e-9)


def test_a_sine_between_rows_is_met() -> None:
    t = 0.05 * np.arange(20)
    curve = ChunkSpline(np.sin(3.0 * t)[:, None])
    fine = np.arange(3.0, 16.0, 0.1)
    assert [curve.at(r)[0] for r in fine] == pytest.approx(np.sin(3.0 * 0.05 * fine), abs=2e-4)


def test_one_row_is_a_curve_too() -> None:
    assert ChunkSpline(np.ones((1, 2)), ease=2.0).at(0.5) == pytest.approx([1.0, 1.0])


def test_the_end_is_reached_on_the_path_and_slowly() -> None:
    curve = ChunkSpline(np.arange(11.0)[:, None], ease=2.0)
    fine = np.arange(0.0, 14.0, 0.01)
    values = np.array([curve.at(r)[0] for r in fine])
    speed = np.diff(values) / 0.01
    assert np.all(np.diff(values) >= -1e-12)
    assert values[-1] == pytest.approx(10.0)
    assert values[fine <= 8.0] == pytest.approx(fine[fine <= 8.0])
    assert np.abs(np.diff(speed)).max() <= 0.01
