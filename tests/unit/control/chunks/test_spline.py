"""The spline through the rows of a chunk."""

import numpy as np
import pytest

from vla_control.chunks.spline import ChunkSpline


def test_the_spline_passes_through_every_row(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(9, 3))
    spline = ChunkSpline(rows)
    assert np.array([spline.at(k) for k in range(9)]) == pytest.approx(rows)


def test_the_spline_is_constant_outside_its_rows(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(4, 2))
    spline = ChunkSpline(rows)
    assert spline.at(-1.0) == pytest.approx(rows[0])
    assert spline.at(99.0) == pytest.approx(rows[-1])


def test_velocity_and_acceleration_are_continuous_across_rows(rng: np.random.Generator) -> None:
    spline = ChunkSpline(rng.normal(size=(8, 1)))
    e = 1e-4
    for row in range(1, 7):
        left = np.array([spline.at(row + k * e) for k in (-3, -2, -1)])
        right = np.array([spline.at(row + k * e) for k in (1, 2, 3)])
        assert np.diff(left, axis=0)[-1] == pytest.approx(np.diff(right, axis=0)[0], abs=1e-6)
        assert np.diff(left, 2, axis=0) == pytest.approx(np.diff(right, 2, axis=0), abs=1e-9)


def test_a_sine_is_interpolated() -> None:
    t = 0.05 * np.arange(20)
    spline = ChunkSpline(np.sin(3.0 * t)[:, None])
    fine = np.arange(3.0, 16.0, 0.1)
    assert [spline.at(r)[0] for r in fine] == pytest.approx(np.sin(3.0 * 0.05 * fine), abs=2e-4)


def test_one_row_is_constant() -> None:
    assert ChunkSpline(np.ones((1, 2)), ease=2.0).at(0.5) == pytest.approx([1.0, 1.0])


def test_the_spline_decelerates_to_its_end_on_the_path() -> None:
    spline = ChunkSpline(np.arange(11.0)[:, None], ease=2.0)
    fine = np.arange(0.0, 14.0, 0.01)
    values = np.array([spline.at(r)[0] for r in fine])
    speed = np.diff(values) / 0.01
    assert np.all(np.diff(values) >= -1e-12)
    assert values[-1] == pytest.approx(10.0)
    assert values[fine <= 8.0] == pytest.approx(fine[fine <= 8.0])
    assert np.abs(np.diff(speed)).max() <= 0.01


@pytest.mark.parametrize('count', [2, 3, 9])
def test_the_second_derivative_is_zero_at_both_ends(rng: np.random.Generator, count: int) -> None:
    spline = ChunkSpline(rng.normal(size=(count, 2)))
    e = 1e-3
    for begin in (0.0, count - 1 - 3 * e):
        values = np.array([spline.at(begin + k * e) for k in range(4)])
        assert np.diff(values, 2, axis=0) / e**2 == pytest.approx(0.0, abs=0.1)
