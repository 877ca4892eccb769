"""The rows of `./vla bench messages`: the page that lists them, and controls that fail."""

from pathlib import Path

import pytest

from vla_bench.messages.catalogue import CASES, page
from vla_bench.messages.control import CONTROLS
from vla_bench.messages.intake import Intake
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved

ROOT = Path(__file__).resolve().parents[4]
ROBOT = resolved(load_robot('ur5e'))
BY_FORM = {(case.kind, case.form): case for case in CASES}
ROWS = [
    ('joint_states', 'a part of the arm'),
    ('joint_states', 'NaN of such a joint'),
    ('joint_states', 'every joint twice'),
    ('joint_states', 'two publishers of the same joints'),
    ('target', 'of a node that holds no lease'),
    ('votes', 'NaN of a required voter for 0.5 s'),
    ('scene', 'NaN of a position'),
    ('clock', 'set an hour back: bring-up of a killed node'),
    ('lifecycle', 'shield deactivated and cleaned up between two heartbeats'),
]
CONTROL_ROWS = [
    ('no boundary, part of the arm raises', 'joint_states', 'a part of the arm'),
    ('NaN of any joint counts', 'joint_states', 'NaN of such a joint'),
    ('first copy of a doubled joint used', 'joint_states', 'every joint twice'),
    ('publishers not compared', 'joint_states', 'two publishers of the same joints'),
    ('clock not watched', 'clock', 'set an hour back: bring-up of a killed node'),
    (
        'lifecycle state not tracked', 'lifecycle',
        'shield deactivated and cleaned up between two heartbeats',
    ),
]  # fmt: skip


def test_the_page_lists_the_rows_that_are_played():
    assert (ROOT / 'docs/inputs.md').read_text() == page(), 'run ./vla docs'
    assert len(BY_FORM) == len(CASES)


@pytest.mark.parametrize(('kind', 'form'), ROWS)
def test_a_row_is_shown(kind, form):
    assert BY_FORM[kind, form].play(Intake(ROBOT)) == ''


@pytest.mark.parametrize(('control', 'kind', 'form'), CONTROL_ROWS)
def test_what_the_stack_did_before_does_not_show_it(control, kind, form):
    intake, _ = CONTROLS[control]
    try:
        problem = BY_FORM[kind, form].play(intake(ROBOT))
    except KeyError as error:
        problem = str(error)
    assert problem
