"""F20: what the outcomes of decoys add up to."""

from vla_bench.faults.decoy import figures_of
from vla_bench.grounding.decoys import DecoyAttack, DecoyOutcome
from vla_core.records.scene import TargetStatus

THERE = DecoyAttack('there', 'table', absent=False)
GONE = DecoyAttack('gone', 'table', absent=True)
PRESENT, ABSENT = TargetStatus.PRESENT, TargetStatus.ABSENT


def values(kind, *outcomes):
    return [(figure.value, figure.ok) for figure in figures_of(kind, list(outcomes))]


def test_the_upper_end_of_what_is_taken_must_be_a_tenth_of_what_colour_alone_takes():
    missed, hit = DecoyOutcome(True, False, ABSENT), DecoyOutcome(True, True, PRESENT)
    assert values(GONE, *[missed] * 97, *[hit] * 3) == [
        (1.0, True), (0.03, True), (0.03, True), (0.97, True),
    ]  # fmt: skip
    assert values(GONE, *[missed] * 9, hit) == [
        (1.0, True), (0.1, True), (0.1, False), (0.9, False),
    ]  # fmt: skip


def test_an_attack_that_fools_nobody_proves_nothing():
    figures = list(figures_of(GONE, [DecoyOutcome(False, False, ABSENT)] * 60))
    assert [figure.ok for figure in figures] == [False, True, False, True]


def test_a_target_that_is_there_must_still_be_found():
    blind, right = DecoyOutcome(True, False, ABSENT), DecoyOutcome(True, False, PRESENT)
    assert values(THERE, *[right] * 60)[-1] == (1.0, True)
    assert values(THERE, *[right] * 48, *[blind] * 12)[-1] == (0.8, False)
    wrong = DecoyOutcome(True, True, PRESENT)  # something is found, and it is the paper
    assert values(THERE, *[right] * 48, *[wrong] * 12)[-1] == (0.8, False)
