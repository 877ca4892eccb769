"""F20: what the outcomes of decoys add up to."""

from vla_bench.faults.decoy import figures_of
from vla_bench.grounding.decoys import DecoyAttack, DecoyOutcome
from vla_core.records.scene import TargetStatus

THERE, GONE = (
    DecoyAttack('there', 'table', absent=False),
    DecoyAttack('gone', 'table', absent=True),
)
PRESENT, ABSENT = TargetStatus.PRESENT, TargetStatus.ABSENT


def values(kind, *outcomes):
    return [(figure.value, figure.ok) for figure in figures_of(kind, list(outcomes))]


def test_one_success_in_ten_of_those_against_colour_alone_is_the_most():
    missed, hit = DecoyOutcome(True, False, ABSENT), DecoyOutcome(True, True, PRESENT)
    assert values(GONE, *[missed] * 9, hit) == [
        (100.0, True), (10.0, True), (0.1, True), (90.0, True),
    ]  # fmt: skip
    assert values(GONE, *[missed] * 8, hit, hit) == [
        (100.0, True), (20.0, True), (0.2, False), (80.0, False),
    ]  # fmt: skip


def test_an_attack_that_fools_nobody_proves_nothing():
    figures = list(figures_of(GONE, [DecoyOutcome(False, False, ABSENT)] * 10))
    assert [figure.ok for figure in figures] == [False, True, False, True]


def test_a_target_that_is_there_must_still_be_found():
    blind, right = DecoyOutcome(True, False, ABSENT), DecoyOutcome(True, False, PRESENT)
    assert values(THERE, *[right] * 10)[-1] == (100.0, True)
    assert values(THERE, *[right] * 8, blind, blind)[-1] == (80.0, False)
    wrong = DecoyOutcome(True, True, PRESENT)  # something is found, and it is the paper
    assert values(THERE, *[right] * 8, wrong, wrong)[-1] == (80.0, False)
