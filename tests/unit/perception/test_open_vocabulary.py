"""Names from a model, places from depth: with a model that says what the test wants."""

import numpy as np
import pytest
from pictures import ROBOT, at_home, cube, cylinder, picture

from vla_core.errors import UserError
from vla_core.scene import Role, TargetStatus
from vla_perception.grounder import Grounder
from vla_perception.open_vocabulary import (
    Named,
    OpenVocabularyDetector,
    OpenVocabularyParams,
    overlap,
)
from vla_perception.params import GrounderParams

TABLE = [cube('red', 0.45, 0.10), cylinder('green', 0.40, -0.10)]


class SaysGreenThingIsTheBall:
    """Calls what stands at the green cylinder by the first text."""

    def __init__(self, score):
        self.score = score
        self.texts = []

    def find(self, rgb, texts):
        self.texts = texts
        row, col = np.nonzero((rgb[..., 1] > 60) & (rgb[..., 0] < 60))
        box = (col.min() - 1, row.min() - 1, col.max() + 2, row.max() + 2)
        return [Named(0, self.score, box), Named(0, 0.99, (0, 0, 3, 3))]


def ground(model):
    params = GrounderParams()
    detector = OpenVocabularyDetector(OpenVocabularyParams(), params, model)
    grounder = Grounder(params, ROBOT, detector)
    grounder.set_task('t', 'push the ball to the left')
    return [grounder.update(picture(TABLE, 0.1 * k), at_home(lift=1.5), 0.1 * k) for k in (0, 1)][
        1
    ]


def test_what_the_model_recognises_becomes_the_target():
    model = SaysGreenThingIsTheBall(0.8)

    scene = ground(model)

    assert scene.target_status == TargetStatus.PRESENT
    assert scene.by_role(Role.TARGET).position == pytest.approx([0.40, -0.10, 0.025], abs=0.003)
    assert model.texts == ['a photo of the ball']


def test_a_low_score_names_nothing():
    assert ground(SaysGreenThingIsTheBall(0.05)).target_status == TargetStatus.ABSENT


def test_overlap_is_one_for_equal_and_zero_for_separate_boxes():
    assert overlap((0, 0, 2, 2), (0, 0, 2, 2)) == 1.0
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 2, 2), (3, 3, 4, 4)) == 0.0


def test_missing_weights_are_said_before_anything_runs():
    with pytest.raises(UserError, match='no OWLv2 weights'):
        OpenVocabularyDetector(OpenVocabularyParams(weights='nowhere'), GrounderParams())
