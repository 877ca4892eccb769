"""What the simulator sees of drops, collisions and boxes that are tipped over."""

import mujoco
import numpy as np
import pytest

from vla_core.params import load_params
from vla_core.records.action import Trajectory
from vla_core.records.scene import Role
from vla_core.robot.config import load_robot
from vla_core.stack_root import stack_root
from vla_sim.faults.incidents import FallIncident, IncidentDetector
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.world import SimWorld


@pytest.fixture(scope='module')
def world():
    scene = load_params(SceneParams, stack_root() / 'config/scenes/tabletop.yaml')
    return SimWorld(load_robot('ur5e'), scene)


@pytest.fixture
def mishaps(world):
    world.reset('put_in', 3, distractors=0)
    return IncidentDetector(world, set(), fall=0.02)


def run(mishaps, seconds):
    for _ in range(round(seconds / 0.01)):
        for _ in range(5):
            mishaps.world.step()
        mishaps.look()


def let_go(mishaps, height):
    """As if the fingers had opened with the target `height` m above where it stands."""
    world = mishaps.world
    target = world.episode.by_role(Role.TARGET)
    world.data.joint(target.name).qpos[2] += height
    mujoco.mj_forward(world.model, world.data)
    z = float(world.data.body(target.name).xpos[2])
    mishaps._falling[target.name] = FallIncident(z)
    return target


def test_nothing_happens_while_nothing_happens(mishaps):
    run(mishaps, 0.5)
    assert mishaps.found == {}


@pytest.mark.parametrize(('height', 'is_drop'), [(0.01, False), (0.05, True)])
def test_let_go_from_high_up_is_a_drop(mishaps, height, is_drop):
    target = let_go(mishaps, height)
    run(mishaps, 1.0)
    mishaps.settle()
    assert ('drop' in mishaps.found) == is_drop
    assert mishaps.falls[target.name] == pytest.approx(height, abs=0.006)


def test_into_a_box_it_may_fall_as_deep_as_the_box(mishaps):
    world = mishaps.world
    target, box = (world.episode.by_role(role) for role in (Role.TARGET, Role.DESTINATION))
    place = world.data.body(box.name).xpos
    joint = world.data.joint(target.name)
    joint.qpos[:3] = place + [0.0, 0.0, 0.05]
    mujoco.mj_forward(world.model, world.data)
    mishaps._falling[target.name] = FallIncident(float(place[2] + 0.05))
    run(mishaps, 1.0)
    mishaps.settle()
    assert mishaps.falls[target.name] > 0.02
    assert 'drop' not in mishaps.found


def test_off_the_table_is_a_drop(mishaps):
    world = mishaps.world
    target = world.episode.by_role(Role.TARGET)
    world.data.joint(target.name).qpos[:3] = [3.0, 0.0, -0.1]
    mishaps.look()
    mujoco.mj_forward(world.model, world.data)
    mishaps.look()
    assert 'fell off' in mishaps.found['drop']


def test_a_box_on_its_side_is_a_spill(mishaps):
    world = mishaps.world
    box = world.episode.by_role(Role.DESTINATION)
    world.data.joint(box.name).qpos[3:7] = [0.7071, 0.7071, 0.0, 0.0]
    mujoco.mj_forward(world.model, world.data)
    mishaps.look()
    assert 'tipped over' in mishaps.found['spill']


def test_what_no_finger_touches_is_not_carried(mishaps):
    target = mishaps.world.episode.by_role(Role.TARGET)
    assert mishaps.is_carried(target.name) is False
    assert mishaps._is_supported(target)
    mishaps.world.data.joint(target.name).qpos[2] += 0.1
    mujoco.mj_forward(mishaps.world.model, mishaps.world.data)
    assert not mishaps._is_supported(target)


def test_the_dome_of_a_named_button_may_be_touched(world):
    world.reset('press', 3, distractors=0)
    button = world.episode.by_role(Role.TARGET)
    part = world.model.body(f'{button.name}_part').id
    assert part in IncidentDetector(world, {button.name})._allowed_bodies
    assert part not in IncidentDetector(world, set())._allowed_bodies


def press(world, goal):
    times = np.array([1.5])
    point = Trajectory(world.time, world.robot.joint_names, times, goal[None], 0.0 * goal[None])
    assert world.command(point) == ''


def test_the_hand_on_the_table_is_a_collision(mishaps):
    world = mishaps.world
    goal = np.array(world.robot.home)
    goal[1] += 0.9  # shoulder down
    press(world, goal)
    run(mishaps, 2.0)
    assert 'N' in mishaps.found['collision']
