"""The chunk timeline: rows by clock, rows by executed time, and the end of a chunk."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.timeline import Progress, deadline, due, last_row_time, row_at


def chunk(start: float = 10.0, horizon: int = 8, stamp: float | None = None) -> ActionChunk:
    rows = np.zeros((horizon, 6))
    stamp = start if stamp is None else stamp
    return ActionChunk(stamp, 't', 'c', 0, Space.EE_DELTA, EE_NAMES[:6], start, 0.1, rows)


def test_rows_of_the_past_are_skipped() -> None:
    assert due(chunk(), 10.35) == 3


def test_nothing_is_due_before_the_first_row_and_after_the_last() -> None:
    assert due(chunk(), 9.99) is None
    assert due(chunk(), 10.81) is None
    assert due(None, 10.0) is None


def test_row_at_has_a_fraction() -> None:
    assert row_at(chunk(), 10.25) == pytest.approx(2.5)


def test_a_short_chunk_is_stale_sooner_than_a_long_one() -> None:
    assert last_row_time(chunk()) == pytest.approx(10.7)
    assert deadline(chunk(), 0.5) == pytest.approx(11.2)
    assert deadline(chunk(horizon=2), 0.5) == pytest.approx(10.3)


def ticked(rates: list[float]) -> Progress:
    progress = Progress()
    progress.advance(10.0, 1.0)
    for k, rate in enumerate(rates):
        progress.advance(10.0 + 0.1 * (k + 1), rate)
    return progress


def test_executed_time_advances_with_the_clock_while_the_arm_tracks() -> None:
    progress = ticked([1.0] * 5)
    assert progress.row(chunk(), 10.5) == pytest.approx(5.0)


def test_after_a_pause_execution_continues_with_the_next_row() -> None:
    progress = ticked([1.0, 1.0, 0.0, 0.0, 0.0])
    assert progress.row(chunk(), 10.5) == pytest.approx(2.0)


def test_a_chunk_observed_during_the_pause_starts_at_its_beginning() -> None:
    progress = ticked([1.0, 1.0, 0.0, 0.0, 0.0])
    assert progress.row(chunk(start=10.3), 10.5) == pytest.approx(0.0)


def test_half_the_rate_executes_half_the_rows() -> None:
    assert ticked([0.5] * 4).row(chunk(), 10.4) == pytest.approx(2.0)


def test_rows_that_begin_after_the_observation_keep_that_distance() -> None:
    progress = ticked([1.0] * 5)
    assert progress.row(chunk(start=10.2, stamp=10.0), 10.5) == pytest.approx(3.0)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60), st.floats(8.0, 18.0))
def test_executed_time_never_runs_back_nor_faster_than_the_clock(
    rates: list[float], moment: float
) -> None:
    progress = ticked(rates)
    gain = progress.at(moment + 0.05) - progress.at(moment)
    assert -1e-9 <= gain <= 0.05 + 1e-9


def test_the_history_is_bounded() -> None:
    progress = Progress(memory=1.0)
    for k in range(1000):
        progress.advance(0.01 * k, 1.0)
    assert len(progress._moments) <= 201
    assert progress.at(9.5) == pytest.approx(9.5)
