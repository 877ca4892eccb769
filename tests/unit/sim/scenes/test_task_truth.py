"""Success is true only when the goal is reached; objects are placed directly."""

import numpy as np
import pytest

from vla_core.records.scene import Role
from vla_sim.faults.world_faults import move_object
from vla_sim.scenes.episode import side_vector
from vla_sim.scenes.furniture import set_slide


def put(world, thing, xyz):
    move_object(world.model, world.data, thing, tuple(float(v) for v in xyz))


def wait(world, seconds=0.5):
    for _ in range(round(seconds / 0.002)):
        world.step()


def start(world, task, **wishes):
    episode = world.reset(task, 21, distractors=0, **wishes)
    wait(world, 0.1)
    return episode.by_role(Role.TARGET), episode.by_role(Role.DESTINATION)


def test_put_in_is_done_inside_the_box_only(world):
    target, box = start(world, 'put_in')
    assert not world.success()
    inside = box.position + [0.0, 0.0, 0.01]
    put(world, target, box.position + [0.1, 0.1, 0.0])
    wait(world)
    assert not world.success()
    put(world, target, inside)
    wait(world)
    assert world.success()
    put(world, target, box.position + [0.0, 0.0, 0.30])
    wait(world, 0.05)
    assert not world.success()


def test_a_stack_is_done_when_it_has_stood_for_a_while(world):
    target, below = start(world, 'stack', shape='cube')
    assert not world.success()
    put(world, target, below.position + [0.0, 0.0, 0.5 * (target.size[2] + below.size[2])])
    wait(world, 0.2)
    assert not world.success()
    wait(world, 0.3)
    assert world.success()
    put(world, target, below.position + [0.0, 0.0, 0.5 * (target.size[2] + below.size[2]) + 0.03])
    wait(world, 0.05)
    assert not world.success()


@pytest.mark.parametrize('side', ['left', 'right', 'forward', 'back'])
def test_a_push_is_done_beyond_eight_centimetres_to_that_side(world, side):
    target, _ = start(world, 'push', side=side)
    way = np.append(side_vector(side), 0.0)
    for distance, done in ((0.07, False), (-0.10, False), (0.09, True)):
        put(world, target, target.position + distance * way)
        wait(world, 0.1)
        assert world.success() == done


def test_a_thing_pushed_over_does_not_count(world):
    target, _ = start(world, 'push', side='left')
    put(world, target, target.position + [0.0, 0.09, 0.0])
    world.data.joint(target.name).qpos[3:] = [np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0]
    wait(world, 0.1)
    assert not world.success()


def test_a_press_counts_for_ever_once_deep_enough(world):
    target, _ = start(world, 'press')
    set_slide(world.data, target, 0.4)
    wait(world, 0.04)
    assert not world.success()
    for _ in range(10):
        set_slide(world.data, target, 0.75)
        world.step()
    wait(world)
    assert world.success()


@pytest.mark.parametrize(
    ('task', 'fractions'), [('open', (0.0, 0.6, 0.75)), ('close', (1.0, 0.2, 0.05))]
)
def test_a_drawer_is_done_at_the_end_of_its_way(world, task, fractions):
    target, _ = start(world, task)
    done = []
    for fraction in fractions:
        set_slide(world.data, target, fraction)
        wait(world, 0.06)
        done.append(world.success())
    assert done == [False, False, True]


def test_an_absent_target_is_never_done(world):
    world.reset('push', 3, absent=True)
    wait(world, 0.1)
    assert not world.success()
