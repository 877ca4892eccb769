"""The expert is pushed off its path; its own word stays clean."""

import numpy as np

from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_lockstep.perturb import PerturbedPolicy, PerturbParams
from vla_policy.experts.scripted import ScriptedPolicy


def chunk(stamp):
    return ActionChunk(stamp, 't', 'x', 1, Space.EE_DELTA, EE_NAMES, stamp, 0.1, np.zeros((16, 7)))


def pushed(seed, **numbers):
    policy = PerturbedPolicy(ScriptedPolicy(), PerturbParams(**numbers))
    policy.reset('t', 'push', seed)
    return np.array([policy.executed(chunk(0.2 * k)).values[0] for k in range(200)])


def test_position_and_yaw_are_shifted_and_nothing_else():
    values = pushed(1)
    assert np.all(np.ptp(values[:, [0, 1, 2, 5]], axis=0) > 0.01)
    assert np.all(values[:, [3, 4, 6]] == 0.0)


def test_part_of_the_time_nothing_is_pushed():
    still = np.all(pushed(2) == 0.0, axis=1).mean()
    assert 0.2 < still < 0.8


def test_without_a_share_nothing_changes():
    assert np.all(pushed(3, share=0.0) == 0.0)


def test_the_same_seed_pushes_the_same_way():
    np.testing.assert_array_equal(pushed(4), pushed(4))
