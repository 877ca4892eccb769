"""The joints are found in any order of names, also when the order changes."""

from vla_shield.inputs.joint_index import JointIndex

JOINTS = ('a', 'b', 'c')


def test_indices_follow_the_names_of_each_message():
    index = JointIndex(JOINTS)
    assert index.of(('a', 'b', 'c')).tolist() == [0, 1, 2]
    assert index.of(('c', 'x', 'a', 'b')).tolist() == [2, 3, 0]
    assert index.of(('a', 'b', 'c')).tolist() == [0, 1, 2]


def test_a_missing_joint_is_named_and_clears_the_cache():
    index = JointIndex(JOINTS)
    index.of(('a', 'b', 'c'))
    assert index.of(('a', 'c')) is None
    assert index.of(('a', 'c')) is None
    assert index.missing(('a', 'c')) == ['b']
