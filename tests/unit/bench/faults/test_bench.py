"""What a run of the faults takes over from one that was cut short."""

from vla_bench.faults.bench import PartialResults
from vla_core.result import Figure

FIGURES = [Figure('F5 braked', 40.0, 'ms', '<= 70')]


def test_a_fault_is_taken_over_from_the_same_code_and_weights_only(tmp_path):
    PartialResults(tmp_path, 'scripted ur5e', 'a1 w1').keep('F5', FIGURES)
    assert PartialResults(tmp_path, 'scripted ur5e', 'a1 w1').has('F5')
    for code in ('a2 w1', 'a1 w2', 'a1 3f w1'):
        assert not PartialResults(tmp_path, 'scripted ur5e', code).has('F5')


def test_a_table_of_another_policy_is_none(tmp_path):
    PartialResults(tmp_path, 'scripted ur5e', 'a1').keep('F5', FIGURES)
    assert PartialResults(tmp_path, 'scripted ur5e', 'a2').read('F5') == FIGURES
    assert not PartialResults(tmp_path, 'scripted fr3', 'a1').read('F5')
