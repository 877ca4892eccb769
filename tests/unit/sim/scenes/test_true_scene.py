"""The scene that perception ought to give."""

import numpy as np
import pytest

from vla_core.records.scene import Role, TargetStatus, is_finite
from vla_sim.scenes.furniture import HANDLE_HEIGHT, set_slide
from vla_sim.scenes.tasks import TASKS
from vla_sim.scenes.true_scene import true_scene


@pytest.mark.parametrize('task', TASKS)
def test_truth_names_the_target_and_is_finite(world, task):
    episode = world.reset(task, 2)
    scene = true_scene(world, 'task-1')
    target = scene.by_role(Role.TARGET)
    assert scene.target_status == TargetStatus.PRESENT
    assert (target.colour, target.shape) == (
        episode.by_role(Role.TARGET).colour,
        episode.parsed.target.shape,
    )
    assert is_finite(scene)
    assert scene.task == episode.parsed


def test_truth_says_absent_and_ambiguous(world):
    world.reset('stack', 2, absent=True)
    assert true_scene(world).target_status == TargetStatus.ABSENT
    world.reset('stack', 2, ambiguous=True)
    assert true_scene(world).target_status == TargetStatus.AMBIGUOUS


def test_the_handle_moves_with_the_drawer(world):
    episode = world.reset('open', 2)
    drawer = episode.by_role(Role.TARGET)
    closed = true_scene(world).by_role(Role.TARGET).position
    set_slide(world.data, drawer, 1.0)
    opened = true_scene(world).by_role(Role.TARGET).position
    assert opened - closed == pytest.approx(
        -0.12 * np.array([np.cos(drawer.yaw), np.sin(drawer.yaw), 0.0])
    )
    assert closed[2] == pytest.approx(HANDLE_HEIGHT)


def test_the_handle_is_where_its_bar_is_simulated(world):
    import mujoco

    drawer = world.reset('close', 2).by_role(Role.TARGET)
    mujoco.mj_forward(world.model, world.data)
    part = world.model.body(f'{drawer.name}_part').id
    bar = max(
        g
        for g in range(world.model.ngeom)
        if world.model.geom_bodyid[g] == part and world.model.geom_size[g][0] == 0.007
    )
    assert true_scene(world).by_role(Role.TARGET).position == pytest.approx(
        world.data.geom_xpos[bar]
    )


def test_the_box_in_the_picture_surrounds_the_thing(world):
    world.reset(
        'push',
        4,
        plain=True,
        colour='red',
        shape='cube',
        target_at=(0.5, 0.1),
        distractors=0,
        table='slate',
    )
    rgb = world.render('scene').rgb.astype(int)
    v, u = np.nonzero((rgb[..., 0] > 80) & (rgb[..., 0] > 2.5 * rgb[..., 1]))
    assert true_scene(world).by_role(Role.TARGET).box == pytest.approx(
        (u.min(), v.min(), u.max(), v.max()), abs=1.0
    )
