"""The nearest known word, with an encoder that needs no model."""

import numpy as np

from vla_perception.language.similarity import NearestWord
from vla_perception.language.vocabulary import SHAPES


class Letters:
    """Encodes a word by its letters."""

    def encode(self, texts):
        rows = np.array([[text.count(chr(97 + k)) for k in range(26)] for text in texts], float)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_the_most_similar_word_above_the_threshold_is_found():
    assert NearestWord(Letters(), 0.9).find('drawers', SHAPES) == 'drawer'


def test_nothing_is_found_below_the_threshold():
    assert NearestWord(Letters(), 0.9).find('xyz', SHAPES) == ''
