"""What perception says against what is true in the simulator, over seeds and all tasks."""

import numpy as np
import pytest

from vla_bench.grounding.trial import GroundingTrial, measure
from vla_core.records.scene import TargetStatus

TASKS = ('put_in', 'stack', 'push', 'press', 'open', 'close')


@pytest.fixture(scope='module')
def trials():
    seeds = [(TASKS[k % len(TASKS)], 1_000_000 + k) for k in range(18)]
    return measure([GroundingTrial(task, seed) for task, seed in seeds])


def test_positions_are_within_millimetres(trials):
    errors = np.array([e for t in trials for e in t.position_errors])

    assert np.median(errors) <= 0.004
    assert np.quantile(errors, 0.95) <= 0.008


def test_boxes_are_centred_and_cubes_turned_right(trials):
    boxes = np.array([e for t in trials for e in t.box_errors])
    turns = np.degrees([e for t in trials for e in t.yaw_errors])

    assert boxes.max() <= 0.008
    assert np.quantile(turns, 0.95) <= 6.0


def test_colours_and_shapes_are_right_and_nothing_is_invented(trials):
    objects = sum(t.objects for t in trials)

    assert sum(t.right_colours for t in trials) >= 0.99 * objects
    assert sum(t.right_shapes for t in trials) >= 0.97 * objects
    assert sum(t.spurious for t in trials) == 0


def test_what_is_named_is_present(trials):
    assert all(t.status == TargetStatus.PRESENT for t in trials)


def test_a_handle_of_which_little_is_seen_is_still_a_drawer_s():
    (trial,) = measure(
        [GroundingTrial('close', 1_000_085)]
    )  # what is seen of it would fit a ball of 0.4 m

    assert trial.status == TargetStatus.PRESENT


@pytest.mark.parametrize('kind', ['absent', 'ambiguous'])
def test_what_is_missing_or_doubled_is_said(kind):
    trials = measure(
        [GroundingTrial(t, 1_000_100 + k, kind) for k, t in enumerate(('put_in', 'stack', 'push'))]
    )

    assert [t.status for t in trials] == [TargetStatus[kind.upper()]] * 3
