"""The robot's joints are found in any order of names, and again when the order changes."""

from vla_shield.inputs.joint_index import JointIndex

OURS = ('a', 'b', 'c')


def test_places_follow_the_names_of_each_message():
    layout = JointIndex(OURS)
    assert layout.of(('a', 'b', 'c')).tolist() == [0, 1, 2]
    assert layout.of(('c', 'x', 'a', 'b')).tolist() == [2, 3, 0]
    assert layout.of(('a', 'b', 'c')).tolist() == [0, 1, 2]


def test_what_is_missing_is_named_and_leaves_no_old_answer():
    layout = JointIndex(OURS)
    layout.of(('a', 'b', 'c'))
    assert layout.of(('a', 'c')) is None
    assert layout.of(('a', 'c')) is None
    assert layout.missing(('a', 'c')) == ['b']
