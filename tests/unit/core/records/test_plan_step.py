"""Plan steps: their text round trips, other texts are refused."""

import pytest

from vla_core.records.plan_step import PlanStep, StepKind, parse_step


@pytest.mark.parametrize(
    ('text', 'step'),
    [
        ('reach the green cube', PlanStep(StepKind.REACH, 'green cube')),
        ('go behind the red cylinder', PlanStep(StepKind.BEHIND, 'red cylinder')),
        (
            'carry the red cube to the blue box',
            PlanStep(StepKind.CARRY, 'red cube', 'blue box'),
        ),
        ('retreat', PlanStep(StepKind.RETREAT)),
    ],
)
def test_the_text_of_a_step_round_trips(text, step):
    assert parse_step(text) == step
    assert str(step) == text


@pytest.mark.parametrize(
    'text', ['', 'put_in', 'fly the cube', 'carry the cube', 'grasp the cube to the box', 'reach']
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="'"):
        parse_step(text)
