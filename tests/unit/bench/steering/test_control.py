"""The verifier beside duller choices."""

from vla_bench.steering.control import ALONE, CLAIM, CONTROLS, FIRST, RANDOM, figures

POLICY = 'out/early/checkpoint'


def rows(**done):
    names = {'alone': ALONE, 'claim': CLAIM, 'first': FIRST, 'drawn': RANDOM}
    return [
        {'policy': POLICY, 'suite': suite, 'arm': names[arm], 'seed': seed, 'success': ok}
        for arm, found in done.items()
        for suite in ('a', 'b')
        for seed, ok in enumerate(found)
    ]


def test_the_first_of_ten_is_chosen_without_a_verifier():
    assert {arm.name: (arm.count, arm.chooser) for arm in CONTROLS} == {
        ALONE: (1, 'first'), CLAIM: (10, 'verifier'), RANDOM: (10, 'random'),
        FIRST: (10, 'first'),
    }  # fmt: skip


def test_the_verifier_must_beat_a_random_choice():
    half, none, full = [True, False] * 10, [False] * 20, [True] * 20
    made = {
        f.name: f for f in figures(rows(alone=half, claim=full, first=half, drawn=none), POLICY)
    }
    over = made[f'early: gain of {CLAIM} over {RANDOM}']
    assert (over.value, over.ok) == (100.0, True)
    assert made[f'early: gain of {RANDOM}'].value == -50.0
    assert made['early: gain of K=10, tuned on its own test seeds'].value == 50.0
    assert made[f'early: gain of {FIRST}'].value == 0.0
    made = {
        f.name: f for f in figures(rows(alone=half, claim=full, first=half, drawn=full), POLICY)
    }
    assert not made[f'early: gain of {CLAIM} over {RANDOM}'].ok
