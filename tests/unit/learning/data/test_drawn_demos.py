"""Drawn demonstrations: what is drawn is where the expert's model has it."""

import numpy as np
import pytest

from vla_learning.data.collect_pictures import collect, episode_path
from vla_learning.data.drawn_demos import Draughtsman, DrawnParams
from vla_learning.data.image_episodes import load_episode
from vla_lockstep.episode_plan import EpisodePlan
from vla_lockstep.stack import load_setup
from vla_sim.scenes.furniture import slide_name
from vla_sim.world import SimWorld


@pytest.fixture(scope='module')
def world():
    setup = load_setup('ur5e')
    made = SimWorld(setup.robot, setup.scene)
    yield made
    made.close()


def drawn(world, task, seed=3, **params):
    return Draughtsman(world, DrawnParams(**params)).episode(EpisodePlan(task, seed))


@pytest.mark.parametrize('task', ['put_in', 'push', 'press', 'open', 'close', 'stack'])
def test_each_task_is_drawn_with_labels_and_places(world, task):
    made = drawn(world, task)

    assert len(made) == 4
    assert np.isfinite(made.robot).all()
    assert np.isfinite(made.chunks).all()
    assert made.instruction == world.episode.instruction
    assert made.is_seen['scene'][:, 0].mean() > 0.5  # the target, in most of the moments


def test_the_same_seed_is_the_same_episode_and_another_is_not(world):
    one, same, other = (drawn(world, 'push', seed) for seed in (3, 3, 4))

    assert np.array_equal(one.chunks, same.chunks)
    assert np.array_equal(one.pictures['wrist'], same.pictures['wrist'])
    assert not np.array_equal(one.pictures['wrist'], other.pictures['wrist'])


def test_what_is_held_is_between_the_fingers_and_goes_with_the_tool(world):
    draughtsman = Draughtsman(world, DrawnParams(frames=60, off=0.0, elsewhere=0.0))
    placed = []
    place = draughtsman._place

    def watched(joints, first, state, things):
        place(joints, first, state, things)
        target = next(obj for obj in things if obj.role.name == 'TARGET')
        tip = world.base_from_tcp()[:3, 3]
        placed.append((state, tip, world.data.body(target.name).xpos.copy()))

    draughtsman._place = watched
    draughtsman.episode(EpisodePlan('put_in', 3))

    held = [(tip, target) for state, tip, target in placed if state.is_holding]
    heights = [target[2] for _, target in held]
    assert len(held) > 5
    assert max(heights) - min(heights) > 0.05  # it was lifted
    assert all(np.linalg.norm(tip - target) < 0.03 for tip, target in held)
    assert all(np.linalg.norm(tip - state.tcp) < 2e-3 for state, tip, _ in placed)


def test_a_drawer_is_drawn_as_far_open_as_the_expert_has_pulled_it(world):
    openings = []
    draughtsman = Draughtsman(world, DrawnParams(frames=60, off=0.0, elsewhere=0.0))
    place = draughtsman._place

    def watched(*given):
        place(*given)
        (drawer,) = [obj for obj in given[-1] if obj.shape == 'drawer']
        openings.append(float(world.data.joint(slide_name(drawer)).qpos[0]))

    draughtsman._place = watched
    draughtsman.episode(EpisodePlan('open', 3))
    assert openings == sorted(openings)
    assert openings[-1] > openings[0] + 0.05


def test_drawn_episodes_are_collected(tmp_path):
    (row,) = collect('ur5e', ('press',), range(1), tmp_path, 1, 'drawn')

    assert row['success']
    assert len(load_episode(episode_path(tmp_path, 'press', 0))) == row['inferences'] == 4
