"""A handle that the gripper hides moves with the front of its drawer, and only with that."""

from __future__ import annotations

import numpy as np

from vla_perception.detection.assembly import _is_sliver
from vla_perception.detection.drawer import front_of
from vla_perception.detection.protocol import Detection
from vla_perception.params import GrounderParams
from vla_perception.tracking.tracker import Tracker, _is_worth_a_track

HOUSING = Detection(
    'housing', 'gray', np.array([0.617, -0.154, 0.045]), 0.0, np.array([0.184, 0.163, 0.09]),
    (0.0, 0.0, 0.0, 0.0),
)  # fmt: skip


def part(slide: float) -> Detection:
    """The visible part of the front, split by the gripper: most of it is on the housing's edge."""
    y, z = np.meshgrid(np.linspace(-0.23, -0.08, 20), np.linspace(0.01, 0.08, 10))
    edge = np.stack([np.full(y.size, 0.527), y.ravel(), z.ravel()], axis=1)
    front = edge[:60] - [slide, 0.0, 0.0]
    points = np.concatenate([edge, front])
    return Detection(
        'block', 'gray', points.mean(axis=0), 0.0, np.ptp(points, axis=0), (0.0, 0.0, 0.0, 0.0),
        points=points, hidden=0.7,
    )  # fmt: skip


def test_a_front_that_begins_to_open_is_kept():
    front = front_of([part(0.022)], HOUSING)
    assert front is not None
    assert front.size[0] < 0.01
    assert not _is_sliver(front)  # a thin detection of another kind is dropped
    assert _is_worth_a_track(front)  # although the gripper hides parts of it


def test_a_front_is_known_at_once():
    tracker = Tracker(GrounderParams())
    front = front_of([part(0.03)], HOUSING)
    assert front is not None
    assert not tracker._is_part(front)
    tracker._start(front)
    assert [known.shape for known in tracker.known] == ['front']
