"""The last lines of a session say what holds the arm and what is still powered."""

from vla_bringup.graph.session_end import end_of_session


def test_a_real_arm_is_held_by_its_controller_and_stays_powered():
    held, powered = end_of_session(['supervisor', 'shield', 'control'])
    assert 'nothing is armed' in held
    assert powered.startswith('still powered: the arm')


def test_a_simulated_arm_ends_with_its_processes():
    assert end_of_session(['sim', 'shield']) == [
        'all processes have ended, the simulated robot with them'
    ]


def test_a_recorder_says_nothing_of_the_arm():
    assert end_of_session(['recorder']) == []
