"""Labels from a stub of the zero-shot model, positions from depth."""

from dataclasses import fields

import numpy as np
import pytest
from pictures import ROBOT, at_home, cube, cylinder, picture

from vla_core.errors import UserError
from vla_core.params import from_mapping, spec_of
from vla_core.records.scene import Role, TargetStatus
from vla_core.robot.config import load_robot
from vla_perception.detection.open_vocabulary import Named, OpenVocabularyDetector, overlap
from vla_perception.grounder import DETECTORS, Grounder
from vla_perception.node import PerceptionNode
from vla_perception.params import GrounderParams


def chosen(**given):
    """Parameters as they come from config/stack.yaml."""
    return from_mapping(GrounderParams, given, 'stack.yaml: perception.grounder')


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
    detector = OpenVocabularyDetector(params, model)
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
    with pytest.raises(
        UserError, match=r"no OWLv2 weights at 'nowhere' \(open_vocabulary.weights"
    ):
        Grounder(chosen(detector='open_vocabulary', open_vocabulary={'weights': 'nowhere'}), ROBOT)
    with pytest.raises(UserError, match="no OWLv2 weights at ''"):
        Grounder(chosen(detector='open_vocabulary'), ROBOT)


def test_a_folder_with_another_model_is_named(tmp_path):
    (tmp_path / 'config.json').write_text('{"model_type": "bert"}')
    weights = {'weights': str(tmp_path)}
    with pytest.raises(UserError, match="holds a model of type 'bert', not 'owlv2'"):
        Grounder(chosen(detector='open_vocabulary', open_vocabulary=weights), ROBOT)


def test_every_detector_that_can_be_chosen_is_there():
    (choices,) = (spec_of(f).choices for f in fields(GrounderParams) if f.name == 'detector')
    assert set(choices) == DETECTORS.keys()
    with pytest.raises(UserError, match='known: geometric, open_vocabulary'):
        chosen(detector='oracle')


def test_the_node_does_not_configure_without_the_model_that_was_asked_for():
    node = PerceptionNode.__new__(PerceptionNode)
    asked = chosen(detector='open_vocabulary', open_vocabulary={'weights': 'nowhere'})
    node.parameters = lambda params: params(grounder=asked)
    node.load_robot = load_robot
    with pytest.raises(UserError, match='no OWLv2 weights'):
        node.configure()
