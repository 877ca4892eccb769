"""An interrupted commissioning resumes, unless the robot file has changed."""

import dataclasses

import pytest
from clean_robot import ROBOT

from vla_commission.finding import fail, ok, skipped
from vla_commission.state import FILE, StepResult, load_state


def test_a_passed_step_is_kept_on_disk(tmp_path):
    load_state(tmp_path, ROBOT).put('sine', StepResult((ok('sine', 'gain 1.00'),), (('a', 'b'),)))
    state = load_state(tmp_path, ROBOT)
    assert state.passed('sine')
    assert state.steps['sine'].findings[0].text == 'gain 1.00'
    assert state.steps['sine'].pictures == (('a', 'b'),)


@pytest.mark.parametrize(
    'findings', [(), (skipped('a', 'b'),), (ok('a', 'b'), fail('c', 'd', 'e'))]
)
def test_a_step_that_failed_or_was_skipped_is_repeated(tmp_path, findings):
    load_state(tmp_path, ROBOT).put('sine', StepResult(findings))
    assert not load_state(tmp_path, ROBOT).passed('sine')


def test_another_robot_file_begins_again(tmp_path):
    load_state(tmp_path, ROBOT).put('sine', StepResult((ok('sine', ''),)))
    other = dataclasses.replace(ROBOT, name='other')
    assert not load_state(tmp_path, other).passed('sine')


@pytest.mark.parametrize('text', ['', '{', '[]', '{"key": 1}', '{"key": "x", "steps": 3}'])
def test_a_damaged_file_begins_again(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    assert load_state(tmp_path, ROBOT).steps == {}
