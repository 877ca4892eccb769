"""What the simulator's tests share: a robot, the default scene, a world."""

import pytest

from vla_core.robot.config import load_robot
from vla_core.stack_root import stack_root
from vla_sim.scenes.scene_params import load_scene
from vla_sim.world import SimWorld


@pytest.fixture(scope='session')
def scene():
    return load_scene(str(stack_root() / 'config/scenes/tabletop.yaml'))


@pytest.fixture(scope='session')
def ur5e():
    return load_robot('ur5e')


@pytest.fixture
def world(ur5e, scene):
    made = SimWorld(ur5e, scene)
    yield made
    made.close()
