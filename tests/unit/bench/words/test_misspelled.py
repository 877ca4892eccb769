"""Sentences with a wrong letter: acted on as meant, or refused; never anything else."""

import random
import string
from dataclasses import replace

from vla_bench.words.sentences import OWN, SHARED, read_sentences
from vla_bench.words.trial import decide


def misspelled(word, rng):
    """The word with one letter dropped, swapped with the next, doubled, changed or added."""
    k = rng.randrange(len(word))
    other = rng.choice(string.ascii_lowercase)
    return rng.choice([
        word[:k] + word[k + 1 :], word[:k] + word[k + 1 : k + 2] + word[k] + word[k + 2 :],
        word[: k + 1] + word[k:], word[:k] + other + word[k + 1 :], word[:k] + other + word[k:],
    ])  # fmt: skip


def test_a_wrong_letter_is_read_as_meant_or_refused():
    rng = random.Random(5)
    sentences = [*read_sentences(OWN), *read_sentences(SHARED)]
    acted = 0
    for labelled in sentences * 5:
        words = labelled.sentence.split()
        if not words:
            continue
        k = rng.randrange(len(words))
        words[k] = misspelled(words[k], rng)
        if not set(words[k]).isdisjoint('?!.,;') or '?' in labelled.sentence:
            continue  # another sign makes another sentence: 'press it?' and 'press it'
        outcome = decide(replace(labelled, sentence=' '.join(words)))
        assert not outcome.is_wrong, f'{labelled.sentence!r} as {words}: {outcome.action}'
        acted += outcome.is_done
    assert acted > 50
