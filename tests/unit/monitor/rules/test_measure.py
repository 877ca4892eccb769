"""Values of the predicates on a synthetic table."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tabletop import box, cube, hand, rows, situation

from vla_core.records.scene import Role
from vla_monitor.rules.measures.action import measure_action
from vla_monitor.rules.measures.inputs import MeasureParams
from vla_monitor.rules.measures.predicates import ACTION, IDLE, STATE
from vla_monitor.rules.measures.state import measure_state

P = MeasureParams()
TOOL = (0.5, 0.1, 0.2)


def held(at):
    return cube(at, held=True)


def test_every_predicate_gets_a_value_and_no_other():
    now = situation([cube(), box()], rows((0.5, 0.1, 0.2), (0.5, 0.1, 0.1)))
    assert set(measure_state(now, P)) == {item.name for item in STATE}
    assert set(measure_action(now, P)) == {item.name for item in ACTION}


def test_without_a_chunk_the_action_is_idle():
    assert measure_action(situation([cube()]), P) == IDLE


def test_a_fall_into_a_box_ends_on_its_floor():
    over = (0.5, -0.15, 0.15)
    path = rows((*over, 0.0), (*over, 0.08), (*over, 0.08))
    found = measure_action(situation([held(over), box()], path, over, 0.04), P)
    assert found['chunk_releases']
    assert found['chunk_over_destination']
    assert found['chunk_fall'] == pytest.approx(0.15 - 0.02 - 0.008)


def test_beside_the_table_there_is_no_support():
    over = (0.5, 0.80, 0.10)
    found = measure_action(
        situation([held(over)], rows((*over, 0.0), (*over, 0.08), (*over, 0.08)), over, 0.04), P
    )
    assert found['chunk_over_support'] is False
    assert found['chunk_fall'] == 2.0


def test_a_load_set_on_an_edge_is_off_the_middle_even_when_only_the_table_is_below_it():
    lower = cube((0.5, -0.1, 0.025), size=(0.05, 0.05, 0.05))
    at = (0.5, -0.07, 0.075)
    path = rows((*at, 0.0), (*at, 0.08), (*at, 0.08))
    found = measure_action(situation([held(at), lower], path, at, 0.04), P)
    assert found['chunk_pile_offset'] == pytest.approx(0.03)


def test_an_edge_that_a_load_seems_to_miss_by_less_than_perception_knows_counts():
    lower = cube((0.5, -0.1, 0.025), size=(0.05, 0.05, 0.05))
    for gap, found_off in ((0.002, 0.047), (0.006, None)):
        at = (0.5, -0.1 + 0.025 + 0.02 + gap, 0.075)
        path = rows((*at, 0.0), (*at, 0.08), (*at, 0.08))
        found = measure_action(situation([held(at), lower], path, at, 0.04), P)
        assert found['chunk_pile_offset'] == pytest.approx(found_off or 0.0)


def test_closing_on_the_wrong_thing_is_seen():
    other = cube((0.4, 0.1, 0.02))
    other = type(other)(**{**other.__dict__, 'role': Role.OBSTACLE})
    down = rows((0.4, 0.1, 0.1), (0.4, 0.1, 0.02), (0.4, 0.1, 0.02, 0.0), (0.4, 0.1, 0.02, 0.0))
    found = measure_action(situation([cube(), other], down, (0.4, 0.1, 0.12)), P)
    assert (found['chunk_grips'], found['chunk_grips_target']) == (True, False)
    assert found['chunk_grip_margin'] == pytest.approx(0.04)


def test_a_pushed_thing_ends_ahead_of_the_hand():
    path = rows(*[(0.5, y, 0.02) for y in np.linspace(0.0, 0.5, 12)], opening=0.0)
    found = measure_action(situation([cube()], path, (0.5, 0.0, 0.02), 0.0), P)
    assert found['chunk_pushes']
    assert found['chunk_push_edge'] == pytest.approx(0.75 - (0.5 + 0.012 + 0.02), abs=1e-6)


def test_the_nearest_point_of_the_path_counts_for_a_person():
    path = rows((0.5, 0.1, 0.2), (0.5, 0.3, 0.2))
    found = measure_action(situation([hand((0.5, 0.6, 0.2))], path), P)
    assert found['chunk_person_distance'] == pytest.approx(0.25)
    assert measure_state(situation([hand((0.5, 0.6, 0.2))]), P)['person_distance'] == (
        pytest.approx(0.45)
    )


@pytest.mark.parametrize(
    'more', [{'scene': None, 'scene_age': np.inf}, {'scene_age': 1.5}, {'base_from_tcp': None}]
)
def test_what_is_not_seen_is_not_known(more):
    now = situation([cube(), hand((0.5, 0.3, 0.2))], **more)
    found = measure_state(now, P)
    assert found['person_distance'] is None
    assert found['holding'] is None


def test_an_old_scene_leaves_the_action_unknown():
    now = situation([cube()], rows((0.5, 0.1, 0.2), (0.5, 0.1, 0.1)), scene_age=1.5)
    found = measure_action(now, P)
    assert found['acting'] is True
    assert found['chunk_person_distance'] is None
    assert found['chunk_lowest'] == pytest.approx(0.092)
