"""What the controls of grounding are given, and how their bounds are set."""

from types import SimpleNamespace

import numpy as np

from vla_bench.grounding import control
from vla_bench.grounding.control import CLAIM, ControlOutcome, GroundingInput, rates, variants
from vla_core.records.scene import GroundedObject, Role
from vla_core.records.sensing import RgbdFrame


def given(words, value):
    frame = RgbdFrame(
        'scene', 0.0, None, np.full((2, 2, 3), value, np.uint8), np.full((2, 2), 0.5, np.float32)
    )
    return GroundingInput(((frame, None, 0.1),), words)


def episode(target):
    return SimpleNamespace(parsed=SimpleNamespace(target=target))


def test_a_control_has_no_colour_another_picture_or_other_words_and_nothing_else_differs():
    own, other, alike = given('red', 9), given('blue', 5), given('red too', 7)
    before = [(episode('blue'), other), (episode('red'), alike)]
    found = variants(own, episode('red'), before)
    assert found[CLAIM] is own
    (black,) = [frame for frame, _, _ in found['black picture'].views]
    assert not black.rgb.any()
    assert (black.depth == 0.5).all()
    assert found['black picture'].instruction == 'red'
    assert found[control.OTHER_PICTURE] == GroundingInput(other.views, 'red')
    assert found[control.OTHER_WORDS] == GroundingInput(own.views, 'blue')


def test_without_another_target_there_is_no_other_scene():
    found = variants(given('red', 9), episode('red'), [(episode('red'), given('red', 7))])
    assert list(found) == [CLAIM, 'black picture']


def test_a_control_that_does_as_well_as_the_claim_misses_its_bounds():
    right = [ControlOutcome(True, True)] * 200 + [ControlOutcome(True, None)] * 200
    assert [figure.ok for figure in rates(CLAIM, right)] == [True, True]
    assert [figure.ok for figure in rates('black picture', right)] == [False, False]
    blind = [ControlOutcome(False, False)] * 200 + [ControlOutcome(True, None)] * 200
    assert [figure.ok for figure in rates('black picture', blind)] == [True, True]
    assert [figure.n for figure in rates(CLAIM, blind)] == [400, 200]


def test_the_object_nearest_to_the_tool_is_chosen():
    near, far = (
        GroundedObject(k, 'it', 'red', 'cube', Role.OTHER, 1.0, np.full(3, at), 0.0,
                       np.full(3, 0.04), 0.003)
        for k, at in enumerate((0.1, 0.9))
    )  # fmt: skip
    sim = SimpleNamespace(base_from_tcp=lambda: np.eye(4))
    assert control.nearest(SimpleNamespace(objects=[far, near]), sim) is near
    assert control.nearest(SimpleNamespace(objects=[]), sim) is None
