"""Pictures of a video: points land where the camera saw them."""

import numpy as np
import pytest

from vla_core.records.safety import Decision
from vla_core.records.sensing import CameraModel
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_report.video_overlay import (
    BOX_EDGES,
    SIZE,
    VIEW,
    OverlayFrame,
    OverlayView,
    _box_corners,
    draw,
    project,
)
from vla_report.video_panel import DECISION_COLOUR, TIMELINE, Mark, PanelState
from vla_teleop.recorder.record_codec import Picture

MODEL = CameraModel('scene', 320, 240, 200.0, 210.0, 159.5, 119.5)


def test_a_point_on_the_axis_lands_in_the_principal_point():
    assert project(np.array([[0, 0, 2.0]]), np.eye(4), MODEL) == pytest.approx(
        np.array([[159.5, 119.5]])
    )


def test_right_and_down_land_right_and_below_by_the_focal_lengths():
    found = project(np.array([[0.5, 0.25, 1.0]]), np.eye(4), MODEL)
    assert found == pytest.approx(np.array([[259.5, 172.0]]))


def test_what_is_behind_the_camera_has_no_pixel():
    assert np.isnan(project(np.array([[0, 0, -1.0]]), np.eye(4), MODEL)).all()


def test_a_box_has_twelve_edges_along_its_axes():
    corners = _box_corners(np.zeros(3), np.array([1.0, 2.0, 3.0]), 0.0)
    lengths = sorted(np.linalg.norm(corners[a] - corners[b]) for a, b in BOX_EDGES)
    assert lengths == pytest.approx([1.0] * 4 + [2.0] * 4 + [3.0] * 4)


def test_the_view_shows_what_it_says_at_a_pixel():
    rgb = np.zeros((240, 320, 3), np.uint8)
    rgb[118:122, 158:162] = 255
    view = OverlayView(MODEL)
    u, v = view.pixels(np.array([[0, 0, 1.0]]), np.eye(4))[0]
    assert view.fitted(rgb).size == VIEW
    assert view.fitted(rgb).getpixel((round(u), round(v)))[0] > 200


def test_the_time_line_shows_decisions_until_now_and_nothing_after():
    frame = Picture('scene', 1.0, MODEL, np.zeros((240, 320, 3), np.uint8))
    status = TaskStatus(1.0, '1', 'do it', Phase.DONE, 1, 0, ResultCode.SUCCEEDED, 'done')
    moment = OverlayFrame(frame, None, np.eye(4), None, PanelState(status), np.zeros((0, 3)), 5.0)
    picture = draw(moment, (Mark(0.0, 2.0, Decision.HOLD), Mark(2.0, 9.0, Decision.PASS)), 10.0)
    left, top, right, bottom = TIMELINE
    row = (top + bottom) // 2

    def at(share):
        return picture.getpixel((round(left + share * (right - left)), row))

    assert picture.size == SIZE
    assert at(0.1) == DECISION_COLOUR[Decision.HOLD]
    assert at(0.4) == DECISION_COLOUR[Decision.PASS]
    assert at(0.8) not in DECISION_COLOUR.values()
