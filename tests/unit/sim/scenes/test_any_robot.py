"""The simulator is built from any description: jaws, mimics, mounts, meshes, obstacles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest

from vla_core.robot.config import RobotConfig, load_robot
from vla_core.robot.description.hulls import collision_pieces
from vla_core.robot.description.urdf import describe
from vla_core.robot.model import RobotModel
from vla_core.robot.obstacle import ObstacleConfig, PlacementConfig
from vla_core.stack_root import stack_root
from vla_sim.scenes.episode import Episode
from vla_sim.scenes.robot_body import driven, robot_spec
from vla_sim.scenes.scene_model import build
from vla_sim.scenes.scene_params import load_scene, within_reach
from vla_sim.scenes.tasks import sample_episode

DATA = Path(__file__).parents[3] / 'data/robots'
SCENE = load_scene(stack_root() / 'config/scenes/tabletop.yaml')


@pytest.fixture(scope='module')
def jaw_arm() -> RobotConfig:
    return load_robot(DATA / 'jaw_arm.yaml')


def run(robot: RobotConfig, opening: float, seconds: float = 1.0):
    """The state after the gripper has been commanded to an opening, from rest at home."""
    model = robot_spec(robot, SCENE).compile()
    model.opt.timestep = 0.002
    data = mujoco.MjData(model)
    for joint in robot.joints:
        data.joint(joint.name).qpos[0] = joint.home
        k = model.actuator(joint.name).id
        model.actuator_gainprm[k, 0], model.actuator_biasprm[k, 1:3] = 2000.0, (-2000.0, -200.0)
        data.ctrl[k] = joint.home
    data.ctrl[model.actuator(robot.gripper.name).id] = robot.gripper.joint_position(opening)
    mujoco.mj_step(model, data, round(seconds / 0.002))
    return model, data


@pytest.mark.parametrize('opening', [0.02, 0.05, 0.07])
def test_a_jaw_that_turns_reaches_the_commanded_opening(jaw_arm, opening):
    model, data = run(jaw_arm, opening)
    measured = float(data.qpos[driven(model, model.actuator('gripper').id)].mean())
    assert jaw_arm.gripper.opening(measured) == pytest.approx(opening, abs=1e-3)


def test_a_follower_keeps_its_multiplier_and_offset(jaw_arm):
    _, data = run(jaw_arm, 0.06)
    jaw, flap = (float(data.joint(name).qpos[0]) for name in ('jaw', 'flap_joint'))
    assert abs(jaw) > 0.1
    assert flap == pytest.approx(-0.5 * jaw + 0.2, abs=2e-3)


def test_a_fixed_joint_is_no_joint(jaw_arm):
    model = robot_spec(jaw_arm, SCENE).compile()
    with pytest.raises(KeyError):
        model.joint('lamp_joint')


def test_the_robot_stands_where_its_mount_says(jaw_arm):
    mount = PlacementConfig((0.2, -0.1, 0.3), (0.0, 0.0, 0.8))
    robot = replace(jaw_arm, mount=mount)
    model = robot_spec(robot, SCENE).compile()
    data = mujoco.MjData(model)
    for joint in robot.joints:
        data.joint(joint.name).qpos[0] = joint.home
    mujoco.mj_forward(model, data)
    wanted = RobotModel(robot).fk(robot.home, 'hand')
    np.testing.assert_allclose(data.body('hand').xpos, wanted[:3, 3], atol=1e-6)
    np.testing.assert_allclose(data.body('hand').xmat.reshape(3, 3), wanted[:3, :3], atol=1e-6)


def test_meshes_collide_as_the_pieces_that_the_shield_checks(jaw_arm, tmp_path):
    robot = with_mesh(jaw_arm, tmp_path)
    pieces = [p for p in collision_pieces(describe(robot), robot.urdf.pieces) if p.link == 'lamp']
    model = robot_spec(robot, SCENE).compile()
    body = model.body('lamp').id
    solid = [
        k for k in range(model.ngeom) if model.geom_bodyid[k] == body and model.geom_contype[k]
    ]
    assert len(pieces) == len(solid) == 2  # an L
    assert all(model.geom_type[k] == mujoco.mjtGeom.mjGEOM_MESH for k in solid)


def with_mesh(robot: RobotConfig, folder: Path) -> RobotConfig:
    """The robot with an L-shaped mesh in the place of its lamp."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    faces = [
        (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
        (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
    ]  # fmt: skip
    lines = []
    for part in (corners * (0.2, 0.03, 0.03), corners * (0.03, 0.03, 0.2)):
        for face in faces:
            lines += ['facet normal 0 0 0', 'outer loop']
            lines += [f'vertex {x} {y} {z}' for x, y, z in part[list(face)]]
            lines += ['endloop', 'endfacet']
    (folder / 'lamp.stl').write_text('\n'.join(['solid lamp', *lines, 'endsolid lamp']))
    text = (DATA / 'jaw_arm.urdf').read_text()
    path = folder / 'mesh_arm.urdf'
    path.write_text(text.replace('<sphere radius="0.02"/>', '<mesh filename="lamp.stl"/>'))
    return replace(robot, urdf=replace(robot.urdf, file=str(path)))


def scene_with(obstacle: ObstacleConfig) -> tuple[mujoco.MjModel, Episode]:
    robot = replace(load_robot('ur5e'), obstacles=(obstacle,))
    episode = sample_episode('push', 1, SCENE, {'distractors': 0})
    return build(robot, episode, SCENE).model, episode


def test_a_static_obstacle_stops_what_falls_on_it():
    shelf = ObstacleConfig('shelf', 'box', (0.3, 0.3, 0.02), (0.45, 0.0, 0.2), (0.0, 0.0, 0.4))
    model, episode = scene_with(shelf)
    data = mujoco.MjData(model)
    target = episode.things[0]
    data.joint(target.name).qpos[:3] = [0.45, 0.0, 0.3]
    mujoco.mj_step(model, data, 500)
    assert data.body(target.name).xpos[2] == pytest.approx(0.21 + target.size[2] / 2, abs=3e-3)


@pytest.mark.parametrize(('shape', 'size'), [('cylinder', (0.1, 0.4)), ('plane', ())])
def test_cylinders_and_planes_are_obstacles_too(shape, size):
    model, _ = scene_with(ObstacleConfig('post', shape, size, (0.9, 0.9, 0.2)))
    assert model.body('post').id > 0


def test_objects_lie_where_the_tip_may_go():
    robot = load_robot('fr3')
    arm = replace(robot.arm, workspace=((0.35, -0.2, 0.0), (0.5, 0.2, 0.4)))
    near = within_reach(SCENE, replace(robot, arms=(arm,)))
    assert near.area_x == pytest.approx((0.37, 0.48))
    assert near.area_y == pytest.approx((-0.15, 0.15))
    assert within_reach(SCENE, robot) is SCENE
