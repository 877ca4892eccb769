"""The packaged sentence model, really loaded: too slow for the unit tests."""

import numpy as np
import pytest

from vla_core.records.scene import Verb
from vla_perception.language.instruction import parse
from vla_perception.language.similarity import MiniLmEncoder, NearestWord
from vla_perception.language.vocabulary import SHAPES, VERBS


@pytest.mark.timeout(600)  # the first import of torch is slow on a busy machine
def test_the_packaged_model_gives_unit_vectors_and_sense():
    encoder = MiniLmEncoder()
    rows = encoder.encode(['relocate', 'a longer text'])
    nearest = NearestWord(encoder)

    assert rows.shape == (2, 384)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert nearest.find('relocate', VERBS) == 'move'
    assert nearest.find('cupboard', SHAPES) == 'drawer'
    assert nearest.find('song', SHAPES) == ''
    assert nearest.find('sing', VERBS) == ''
    assert parse('relocate the red cube to the left', nearest).task.verb == Verb.PUSH
    assert parse('sing a song', nearest).task.verb == Verb.UNKNOWN
