"""Figures of the seams: the unblended rows must jump, the commands must not."""

from vla_bench.seams import bench
from vla_bench.seams.bench import SeamOutcome, figures_of, measure
from vla_bench.seams.trial import CONDITIONS, SeamTrial
from vla_core.records.action import Space


def bounds(*outcomes):
    return [(figure.bound, figure.ok) for figure in figures_of(CONDITIONS[0], list(outcomes))]


def test_a_control_that_does_not_jump_is_seen():
    assert bounds(SeamOutcome(0.0, 0.5, 40.0, 9)) == [
        ('<= 2', True),
        ('<= 2', True),
        ('> 2', True),
    ]
    assert bounds(SeamOutcome(3.0, 3.0, 1.0, 9)) == [
        ('<= 2', False), ('<= 2', False), ('> 2', False),
    ]  # fmt: skip


def test_late_chunks_jump_without_blending_and_not_with_it():
    trial = SeamTrial('ur5e', Space.JOINT_POSITION, CONDITIONS[2], seed=0, duration=2.0)
    figures = figures_of(CONDITIONS[2], [measure(trial)])
    assert [figure.ok for figure in figures] == [True] * 3


def test_targets_of_one_trial_are_one_cluster(monkeypatch):
    class Passed:
        def __init__(self, trial):
            self.passed = [True] * 100

        def run(self):
            pass

    monkeypatch.setattr(bench, 'ShieldedRig', Passed)
    few, many = bench.passed('ur5e', 4), bench.passed('ur5e', 190)
    assert (few.n, few.value, few.ok, many.ok) == (400, 1.0, False, True)
