"""The packaged sentence model, really loaded: too slow for the unit tests."""

import numpy as np
import pytest

from vla_policy.sentence_encoder import SentenceEncoder


@pytest.mark.timeout(600)  # the first import of torch is slow on a busy machine
def test_the_packaged_model_gives_unit_vectors_and_sense():
    encoder = SentenceEncoder()
    texts = ('put the red cube in the blue box', 'place the red block in the blue bin', 'sing')
    one, alike, other = (encoder.encode(text) for text in texts)

    assert one.shape == (384,)
    assert one.dtype == np.float32
    assert [np.linalg.norm(v) for v in (one, alike, other)] == pytest.approx([1.0] * 3, abs=1e-5)
    assert one @ alike > 0.6 > 0.2 > one @ other
