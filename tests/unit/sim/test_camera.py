"""What the cameras see is where it is."""

import dataclasses

import numpy as np
import pytest

from vla_core import geometry
from vla_core.records.scene import Role
from vla_core.robot.model import RobotModel
from vla_sim.faults.kinds import parse_fault


@pytest.fixture(scope='module')
def model(ur5e):
    return RobotModel(ur5e)


@pytest.fixture(scope='module')
def seen(ur5e, scene):
    """A world with one red cube below the hand and no noise; one GL context for all tests here."""
    from vla_sim.world import SimWorld

    world = SimWorld(ur5e, scene)
    world.reset(
        'push',
        4,
        plain=True,
        colour='red',
        shape='cube',
        target_at=(0.52, 0.04),
        distractors=0,
        table='slate',
    )
    yield world
    world.close()


def base_from_camera(world, model, name):
    config = world.robot.camera(name)
    return (
        config.base_from_camera
        if config.kind == 'scene'
        else model.fk(world.robot.home, config.link) @ config.link_from_camera
    )


def points(world, model, name):
    """Return the pixels of the red cube in base_link (n, 3), from what perception also has."""
    frame = world.render(name)
    rgb = frame.rgb.astype(int)
    red = (rgb[..., 0] > 80) & (rgb[..., 0] > 2.5 * rgb[..., 1])
    v, u = np.nonzero(red)
    z, m = frame.depth[v, u].astype(float), frame.model
    return geometry.transform(
        base_from_camera(world, model, name),
        np.stack([(u - m.cx) * z / m.fx, (v - m.cy) * z / m.fy, z], -1),
    )


@pytest.mark.parametrize('name', ['scene', 'wrist'])
def test_the_cube_is_seen_where_it_stands(seen, model, name):
    cube = seen.episode.by_role(Role.TARGET)
    cloud = points(seen, model, name)
    top = cloud[cloud[:, 2] > cube.size[2] - 0.003]
    assert len(top) > 30
    centre = 0.5 * (top[:, :2].max(0) + top[:, :2].min(0))
    assert centre == pytest.approx(cube.position[:2], abs=0.003)
    assert np.median(top[:, 2]) == pytest.approx(cube.size[2], abs=0.001)


@pytest.mark.parametrize('name', ['scene', 'wrist'])
def test_every_seen_point_of_the_cube_lies_on_its_surface(seen, model, name):
    cube = seen.episode.by_role(Role.TARGET)
    pose = geometry.pose_of(geometry.rotation_z(cube.yaw), cube.position)
    local = geometry.transform(geometry.inverse(pose), points(seen, model, name))
    off = np.abs(np.abs(local).max(axis=1) - cube.size[0] / 2)
    assert np.quantile(off, 0.95) < 0.001


def test_the_table_is_flat_at_height_zero(seen):
    frame = seen.render('scene')
    v, u = np.mgrid[180:235, 100:220]
    z, m = frame.depth[v, u].astype(float), frame.model
    cloud = np.stack([(u - m.cx) * z / m.fx, (v - m.cy) * z / m.fy, z], -1).reshape(-1, 3)
    height = geometry.transform(base_from_camera(seen, None, 'scene'), cloud)[:, 2]
    assert np.abs(height).max() < 0.0015


def test_the_model_is_the_robots_own(ur5e):
    for camera in ur5e.cameras:
        made = camera.model
        assert (made.frame, made.width, made.height) == (camera.frame, 320, 240)
        assert made.fx == made.fy == pytest.approx(120.0 / np.tan(np.radians(camera.fov_y) / 2))
        assert (made.cx, made.cy) == (
            159.5,
            119.5,
        )  # between the middle pixels, whose centres are whole numbers


def test_depth_noise_is_as_strong_as_asked(seen):
    clean = seen.render('scene').depth
    appearance = dataclasses.replace(seen.episode.appearance, depth_noise=0.002)
    seen._episode = dataclasses.replace(seen.episode, appearance=appearance)
    noise = (seen.render('scene').depth - clean)[200:, :]
    assert np.std(noise / clean[200:, :] ** 2) == pytest.approx(0.002, rel=0.05)
    seen._episode = dataclasses.replace(
        seen.episode, appearance=dataclasses.replace(appearance, depth_noise=0.0)
    )


def test_a_black_camera_has_no_depth_and_holes_have_none_either(seen):
    seen.inject(parse_fault('camera_black'))
    black = seen.render('scene')
    seen.inject(parse_fault('none'))
    seen.inject(parse_fault('depth_holes=0.3'))
    holes = seen.render('scene')
    seen.inject(parse_fault('none'))
    assert black.rgb.max() == 0
    assert black.depth.max() == 0.0
    assert np.mean(holes.depth == 0.0) == pytest.approx(0.3, abs=0.02)


def test_pictures_repeat_with_the_seed(world):
    def picture():
        world.reset('put_in', 9)
        return world.render('scene')

    first, again = picture(), picture()
    assert np.array_equal(first.rgb, again.rgb)
    assert np.array_equal(first.depth, again.depth)


@pytest.mark.parametrize('size', [(640, 480), (1280, 720)])
def test_a_camera_of_any_size_is_rendered_with_noise_and_sees_the_same(ur5e, scene, size):
    from vla_sim.world import SimWorld

    small = ur5e.camera('scene')
    large = dataclasses.replace(small, width=size[0], height=size[1])
    robot = dataclasses.replace(ur5e, cameras=(large, ur5e.camera('wrist')))
    world = SimWorld(robot, scene)
    try:
        world.reset('push', 4, plain=True, colour='red', shape='cube', target_at=(0.52, 0.04))
        appearance = dataclasses.replace(world.episode.appearance, depth_noise=0.002)
        world._episode = dataclasses.replace(world.episode, appearance=appearance)
        frame = world.render('scene')
    finally:
        world.close()
    assert frame.rgb.shape == (size[1], size[0], 3)
    assert frame.depth.shape == (size[1], size[0])
    centre = np.round(frame.model.cx).astype(int), np.round(frame.model.cy).astype(int)
    distance = float(np.linalg.norm(np.subtract(large.look_at, large.position)))
    assert frame.depth[centre[1], centre[0]] == pytest.approx(distance, abs=0.2)
    assert np.std(np.diff(frame.depth[-1])) > 0.001  # of the noise


def test_a_wrist_camera_on_a_parent_sees_what_the_link_in_the_urdf_sees(ur5e, scene, model):
    """The camera link of the URDF, given by its pose in the link before."""
    from vla_sim.world import SimWorld

    given = ur5e.camera('wrist')
    tool = model.fk(ur5e.home, 'tcp')
    pose = geometry.inverse(tool) @ model.fk(ur5e.home, given.frame)
    xyz, quat = geometry.xyz_quat(pose)
    carried = dataclasses.replace(
        given, parent='tcp', position=tuple(xyz.tolist()), quaternion=tuple(quat.tolist())
    )
    images = []
    for wrist in (given, carried):
        robot = dataclasses.replace(ur5e, cameras=(ur5e.camera('scene'), wrist))
        world = SimWorld(robot, scene)
        try:
            world.reset('push', 4, plain=True, target_at=(0.52, 0.04))
            images.append(world.render('wrist').rgb.astype(int))
        finally:
            world.close()
    assert np.abs(images[0] - images[1]).mean() < 1.0
    assert np.std(images[0]) > 5.0
