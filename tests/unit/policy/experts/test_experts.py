"""The scripted experts in a toy world: they succeed, recover, and stay within limits."""

from dataclasses import replace

import numpy as np
import pytest
from toy import Toy, is_done, play, scene_of, thing

from vla_core import geometry
from vla_core.records.action import EE_NAMES, Space
from vla_core.records.scene import Role, Verb
from vla_policy.experts.approach import FREE
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.objects.memory import Memory
from vla_policy.objects.situation import situation


@pytest.mark.parametrize('verb', [Verb.PUT_IN, Verb.STACK, Verb.PUSH, Verb.PRESS])
def test_the_expert_reaches_the_goal(verb):
    assert play(scene_of(verb, 1), ScriptedPolicy(), is_done) is not None


def test_a_thing_lost_on_the_way_is_picked_up_again():
    toy, policy = scene_of(Verb.PUT_IN, 3), ScriptedPolicy()
    assert play(toy, policy, lambda t: t.things[Role.TARGET].position[2] > 0.08) is not None
    toy.opening = 0.08
    dropped = replace(toy.things[Role.TARGET], position=np.array([0.45, 0.1, 0.02]))
    toy.things[Role.TARGET] = dropped
    toy.time = 0.0
    assert play(toy, policy, is_done) is not None


def test_a_chunk_starts_where_the_tool_is_and_is_no_faster_than_allowed():
    toy = scene_of(Verb.STACK, 1)
    chunk = ScriptedPolicy().act(toy.observe()).chunks[0]
    assert chunk.space == Space.EE_DELTA
    assert chunk.names == EE_NAMES
    np.testing.assert_allclose(chunk.values[0, :6], 0.0, atol=1e-9)
    speed = np.linalg.norm(np.diff(chunk.values[:, :3], axis=0), axis=1) / chunk.step
    assert np.all(speed <= FREE * 1.001)
    assert chunk.start == chunk.stamp == toy.time


def test_the_gripper_stays_open_until_the_thing_is_between_the_fingers():
    toy, policy = scene_of(Verb.PUT_IN, 1), ScriptedPolicy()
    policy.reset('t', '', 0)
    for _ in range(40):
        chunk = policy.act(toy.observe()).chunks[0]
        target = toy.things[Role.TARGET]
        if chunk.values[0, 6] < 0.04:
            away = toy.pose[:3, 3] - target.position
            assert np.hypot(away[0], away[1]) < 0.025
            assert abs(away[2]) < 0.02
            return
        toy.follow(chunk)
    raise AssertionError('it never closed')


def test_the_hand_travels_above_a_tall_obstacle():
    target = thing(Role.TARGET, (0.5, 0.2))
    box = thing(Role.DESTINATION, (0.45, -0.2), 'box', (0.13, 0.13, 0.06))
    tower = thing(Role.OBSTACLE, (0.47, 0.0), size=(0.05, 0.05, 0.15), number=9)
    toy = Toy(Verb.PUT_IN, [target, box, tower])
    toy.things[9] = tower
    lowest = []

    def watch(t):
        tcp = t.pose[:3, 3]
        if np.hypot(*(tcp[:2] - tower.position[:2])) < 0.05:
            bottom = t.things[Role.TARGET].position[2] - 0.02 if t.opening < 0.06 else tcp[2]
            lowest.append(min(bottom, tcp[2]))
        return is_done(t)

    assert play(toy, ScriptedPolicy(), watch) is not None
    assert min(lowest) > 0.15


def test_a_tilted_tool_is_brought_back_to_vertical():
    toy = scene_of(Verb.STACK, 1)
    tilt = geometry.exp_rotation((0.1, -0.05, 0.0))
    toy.pose = geometry.pose_of(tilt @ toy.pose[:3, :3], toy.pose[:3, 3])
    chunk = ScriptedPolicy().act(toy.observe()).chunks[0]
    end = geometry.apply_error(toy.pose, chunk.values[-1, :6])
    assert end[2, 2] == pytest.approx(-1.0, abs=1e-6)
    np.testing.assert_allclose(chunk.values[0, 3:6], 0.0, atol=1e-9)


def test_without_a_target_the_hand_goes_up_and_nothing_else():
    toy = scene_of(Verb.PUT_IN, 1)
    del toy.things[Role.TARGET]
    chunk = ScriptedPolicy().act(toy.observe()).chunks[0]
    np.testing.assert_allclose(chunk.values[:, :2], 0.0, atol=1e-9)
    assert np.all(np.diff(chunk.values[:, 2]) >= -1e-9)


def test_a_handle_that_the_hand_hides_is_believed_to_come_along():
    handle = replace(thing(Role.TARGET, (0.46, 0.1), 'drawer', (0.016, 0.1, 0.016)), yaw=0.0)
    handle = replace(handle, position=np.array([0.46, 0.1, 0.055]))
    housing = thing(Role.DESTINATION, (0.6, 0.1), 'housing', (0.18, 0.16, 0.09))
    toy, memory = Toy(Verb.OPEN, [handle, housing]), Memory()
    memory.update(toy.observe())
    for k, x in enumerate(np.linspace(0.484, 0.42, 12)):
        toy.pose = toy.pose.copy()
        toy.pose[:3, 3] = x, 0.1, 0.047
        toy.time = 0.2 * (k + 1)
        observation = toy.observe()
        recall = memory.update(observation)
    believed = situation(observation, recall).target
    assert believed.position[0] == pytest.approx(0.42 - 0.019, abs=0.003)
    assert observation.scene.by_role(Role.TARGET).position[0] == 0.46
