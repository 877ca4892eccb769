"""Kinematics against MuJoCo, published tables and differences; shapes that leave room to work."""

from dataclasses import replace

import coal
import mujoco
import numpy as np
import pinocchio as pin
import pytest
import yaml

from vla_core import geometry as g
from vla_core.errors import UserError
from vla_core.params import from_mapping
from vla_core.robot.config import RobotConfig, load_robot
from vla_core.robot.description.urdf import finger_joints, urdf_text
from vla_core.robot.model import RobotModel, collision_model, link_of
from vla_core.robot.obstacle import PlacementConfig
from vla_core.stack_root import stack_root

ROBOTS = ('fr3', 'ur5e')
COMPILER = '<mujoco><compiler fusestatic="false" discardvisual="false"/></mujoco></robot>'


@pytest.fixture(scope='module', params=ROBOTS)
def model(request):
    return RobotModel(load_robot(request.param))


def samples(model, n, seed=0):
    return np.random.default_rng(seed).uniform(
        model.limits.lower, model.limits.upper, (n, model.n)
    )


def colliding(model, q):
    """Links that touch at q."""
    shapes, data = model.collision_model, model.collision_model.createData()
    pin.computeCollisions(model.pin_model, model.pin_data, shapes, data, np.array(q), False)
    links = [link_of(model.pin_model, shape) for shape in shapes.geometryObjects]
    hits = [result.isCollision() for result in data.collisionResults]
    pairs = zip(shapes.collisionPairs, hits, strict=True)
    return {(links[pair.first], links[pair.second]) for pair, is_hit in pairs if is_hit}


def solve(model, target, q):
    """Damped least squares from q; the solution and how far it is off."""
    for _ in range(200):
        error = g.pose_error(model.fk(q), target)
        if np.linalg.norm(error) < 1e-9:
            break
        J = model.jacobian(q)
        q = q + np.clip(J.T @ np.linalg.solve(J @ J.T + 1e-6 * np.eye(6), error), -0.2, 0.2)
    return q, np.linalg.norm(error)


def test_mujoco_and_pinocchio_agree_where_every_link_is(model):
    sim = mujoco.MjModel.from_xml_string(urdf_text(model.config).replace('</robot>', COMPILER))
    data = mujoco.MjData(sim)
    names = tuple(sim.body(k).name for k in range(1, sim.nbody))
    assert {'base_link', 'tcp', 'wrist_camera_optical_frame'} <= set(names)
    for finger in finger_joints(model.config, model.config.gripper):
        data.joint(finger).qpos = model.config.gripper.open_width / 2
    for q in samples(model, 50):
        for name, value in zip(model.config.joint_names, q, strict=True):
            data.joint(name).qpos = value
        mujoco.mj_kinematics(sim, data)
        for name, ours in zip(names, model.frames(q, names), strict=True):
            body = data.body(name)
            np.testing.assert_allclose(ours[:3, 3], body.xpos, atol=1e-6, err_msg=name)
            np.testing.assert_allclose(
                ours[:3, :3], body.xmat.reshape(3, 3), atol=1e-6, err_msg=name
            )


def test_the_flange_is_where_the_published_table_says():
    dh = [
        (0.0, 0.1625, np.pi / 2),
        (-0.425, 0.0, 0.0),
        (-0.3922, 0.0, 0.0),
        (0.0, 0.1333, np.pi / 2),
    ]
    dh += [(0.0, 0.0997, -np.pi / 2), (0.0, 0.0996, 0.0)]
    model = RobotModel(load_robot('ur5e'))
    for q in samples(model, 20):
        T = g.pose_of(
            g.rotation_z(np.pi), np.zeros(3)
        )  # base_link is turned by pi about z from DH frame 0
        for angle, (a, d, alpha) in zip(q, dh, strict=True):
            T = T @ g.pose_of(g.rotation_z(angle), (0.0, 0.0, d))
            T = T @ g.pose_of(g.exp_rotation((alpha, 0.0, 0.0)), (a, 0.0, 0.0))
        np.testing.assert_allclose(model.fk(q, 'tool0'), T, atol=1e-9)


def test_the_franka_flange_is_where_the_published_table_says():
    half = np.pi / 2  # modified DH: a, alpha of the joint before, d
    dh = [
        (0, 0, 0.333),
        (0, -half, 0),
        (0, half, 0.316),
        (0.0825, half, 0),
        (-0.0825, -half, 0.384),
    ]
    dh += [(0, half, 0), (0.088, half, 0)]
    model = RobotModel(load_robot('fr3'))
    for q in samples(model, 20):
        T = np.eye(4)
        for angle, (a, alpha, d) in zip(q, dh, strict=True):
            T = T @ g.pose_of(g.exp_rotation((alpha, 0.0, 0.0)), (a, 0.0, 0.0))
            T = T @ g.pose_of(g.rotation_z(angle), (0.0, 0.0, d))
        T = T @ g.pose_of(np.eye(3), (0.0, 0.0, 0.107))
        np.testing.assert_allclose(model.fk(q, 'fr3_link8'), T, atol=1e-9)


@pytest.mark.parametrize('frame', [None, 'gripper_base'])
def test_the_jacobian_is_the_derivative_of_the_pose(model, frame):
    step = 1e-6
    for q in samples(model, 10):
        columns = [
            g.pose_error(model.fk(q - step * e, frame), model.fk(q + step * e, frame)) / (2 * step)
            for e in np.eye(model.n)
        ]
        np.testing.assert_allclose(model.jacobian(q, frame), np.array(columns).T, atol=1e-7)


def test_frames_are_what_fk_gives_one_by_one(model):
    names = ('tcp', 'gripper_base', 'wrist_camera_link')
    for name, T in zip(names, model.frames(model.home, names), strict=True):
        np.testing.assert_array_equal(T, model.fk(model.home, name))


def test_a_result_is_not_changed_by_the_next_call(model):
    first = model.fk(model.home)
    kept, J = first.copy(), model.jacobian(model.home)
    kept_J = J.copy()
    model.fk(model.neutral)
    model.jacobian(model.neutral)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(J, kept_J)


def test_home_holds_the_tool_straight_down_in_front_of_the_robot_and_is_free(model):
    np.testing.assert_allclose(model.fk(model.home), g.tool_down((0.45, 0.0, 0.35)), atol=2e-6)
    assert model.limits.within(model.home, margin=0.2)
    assert model.smallest_singular_value(model.home) > 0.15
    assert colliding(model, model.home) == set()


def test_the_smallest_singular_value_is_the_inverse_of_the_norm_of_the_inverse(model):
    J = model.jacobian(model.home)
    assert model.smallest_singular_value(model.home) == pytest.approx(
        np.linalg.norm(np.linalg.inv(J @ J.T), 2) ** -0.5
    )


def test_the_stretched_arm_is_singular():
    model = RobotModel(load_robot('ur5e'))
    assert model.smallest_singular_value([0.1, -1.0, 0.0, 0.5, 0.7, 0.0]) < 1e-9


def test_an_unknown_frame_lists_the_known_ones(model):
    with pytest.raises(UserError, match=r"no frame 'tpc'; it has .*tcp"):
        model.fk(model.home, 'tpc')


def test_a_vector_of_the_wrong_size_is_refused(model):
    with pytest.raises(ValueError, match='shape'):
        model.fk(np.zeros(model.n + 1))


def test_work_on_the_table_never_counts_as_self_collision(model):
    solved, q = 0, model.home
    for x in np.linspace(0.3, 0.65, 4):
        for y in np.linspace(-0.35, 0.35, 4):
            for z, angle in ((0.02, 0.0), (0.2, 1.2), (0.4, -1.2)):
                q, error = solve(model, g.tool_down((x, y, z), angle), model.home)
                if error < 1e-6 and model.limits.within(q):
                    solved += 1
                    assert colliding(model, q) == set(), (x, y, z, angle)
    assert solved >= 44  # of 48: the far corners are out of the FR3's reach


def test_most_random_postures_are_free_and_some_are_not(model):
    share = np.mean([bool(colliding(model, q)) for q in samples(model, 300)])
    assert 0.005 < share < 0.5


def test_the_gripper_in_the_base_is_a_collision():
    model = RobotModel(load_robot('ur5e'))
    assert colliding(model, [0.0, -2.6, 2.9, 0.0, 0.0, 0.0]) != set()


def test_no_pair_is_left_that_always_touches_and_none_disabled_that_parts(model):
    shapes = model.collision_model
    links = [link_of(model.pin_model, shape) for shape in shapes.geometryObjects]
    checked = {frozenset((links[p.first], links[p.second])) for p in shapes.collisionPairs}
    disabled = {frozenset(pair) for pair in model.config.disabled_pairs}
    assert checked.isdisjoint(disabled)
    fixed = pairs_of_one_joint(model, links)
    everything = {frozenset((a, b)) for a in links for b in links if a != b}
    assert checked | disabled | fixed == everything


def pairs_of_one_joint(model, links):
    joint = {
        link: model.pin_model.frames[model.pin_model.getFrameId(link)].parentJoint
        for link in links
    }
    return {frozenset((a, b)) for a in links for b in links if a != b and joint[a] == joint[b]}


def test_every_cylinder_has_become_a_capsule(model):
    kinds = {type(shape.geometry) for shape in model.collision_model.geometryObjects}
    assert kinds == {coal.Capsule, coal.Sphere, coal.Box}


def test_the_fingers_stand_where_the_width_says(model):
    for width in (0.0, 0.03):
        pads = RobotModel(model.config, width).frames(
            model.home, ('gripper_left_finger', 'gripper_right_finger')
        )
        assert np.linalg.norm(pads[0, :3, 3] - pads[1, :3, 3]) == pytest.approx(width, abs=1e-12)


def test_two_models_do_not_share_their_shapes(model):
    first, second = collision_model(model.config)[1], collision_model(model.config)[1]
    first.removeAllCollisionPairs()
    first.geometryObjects[0].placement = pin.SE3.Random()
    assert len(second.collisionPairs) > 0
    assert second.geometryObjects[0].placement != first.geometryObjects[0].placement


def test_what_is_drawn_lies_inside_what_is_checked(model):
    text = urdf_text(model.config)
    full = pin.buildModelFromXML(text)
    drawn = pin.buildGeomFromUrdfString(full, text, pin.GeometryType.VISUAL)
    q = np.concatenate([model.home, [model.config.gripper.open_width / 2] * 2])
    data, drawn_data = full.createData(), drawn.createData()
    pin.updateGeometryPlacements(full, data, drawn, drawn_data, q)
    shapes, shapes_data = model.collision_model, model.collision_model.createData()
    pin.updateGeometryPlacements(model.pin_model, model.pin_data, shapes, shapes_data, model.home)
    for shape, placement in zip(drawn.geometryObjects, drawn_data.oMg, strict=True):
        for point in surface(shape.geometry):
            outside = min(
                distance(solid.geometry, at, placement.act(point))
                for solid, at in zip(shapes.geometryObjects, shapes_data.oMg, strict=True)
            )
            assert outside < 0.003, (shape.name, full.frames[shape.parentFrame].name)


def surface(geometry):
    """Extreme points of a primitive."""
    if isinstance(geometry, coal.Box):
        return np.array(
            [
                geometry.halfSide * np.array([a, b, c])
                for a in (-1, 1)
                for b in (-1, 1)
                for c in (-1, 1)
            ]
        )
    if isinstance(geometry, coal.Sphere):
        return geometry.radius * np.vstack([np.eye(3), -np.eye(3)])
    turns = np.linspace(0.0, 2 * np.pi, 8, endpoint=False)
    ring = geometry.radius * np.column_stack([np.cos(turns), np.sin(turns), 0 * turns])
    return np.vstack([ring + [0, 0, s * geometry.halfLength] for s in (-1, 1)])


def distance(geometry, placement, point):
    at = coal.Transform3s(placement.rotation, placement.translation)
    there = coal.Transform3s(np.eye(3), point)
    return coal.distance(
        geometry, at, coal.Sphere(1e-6), there, coal.DistanceRequest(), coal.DistanceResult()
    )


@pytest.mark.parametrize(
    ('change', 'word'),
    [
        ({'mount': {'position': [0.0, 0.0, 0.1]}}, 'base_frame base_link is a link of the URDF'),
        ({'disabled_pairs': [['elbow', 'tcp']]}, "disabled_pairs names .*'elbow'"),
    ],
)
def test_a_configuration_that_does_not_fit_the_urdf_is_refused(change, word):
    mapping = yaml.safe_load((stack_root() / 'config/robots/ur5e.yaml').read_text())
    with pytest.raises(UserError, match=word):
        RobotModel(from_mapping(RobotConfig, {**mapping, **change}, 'here'))


def test_a_tip_that_is_not_there_is_refused():
    mapping = yaml.safe_load((stack_root() / 'config/robots/ur5e.yaml').read_text())
    mapping['arms'][0]['tip_frame'] = 'tpc'
    with pytest.raises(UserError, match="no frame 'tpc'"):
        RobotModel(from_mapping(RobotConfig, mapping, 'here'))


def test_joints_in_another_order_are_refused():
    mapping = yaml.safe_load((stack_root() / 'config/robots/ur5e.yaml').read_text())
    mapping['arms'][0]['joints'].reverse()
    with pytest.raises(UserError, match='in the order of the URDF: shoulder_pan_joint'):
        RobotModel(from_mapping(RobotConfig, mapping, 'here'))


def test_a_gripper_joint_that_is_not_there_is_refused():
    mapping = yaml.safe_load((stack_root() / 'config/robots/ur5e.yaml').read_text())
    mapping['grippers'][0]['joint'] = 'thumb'
    with pytest.raises(UserError, match=r"no joint 'thumb'; the URDF has .*elbow_joint"):
        RobotModel(from_mapping(RobotConfig, mapping, 'here'))


def test_a_joint_that_no_part_has_is_named():
    mapping = yaml.safe_load((stack_root() / 'config/robots/ur5e.yaml').read_text())
    del mapping['arms'][0]['joints'][-1]
    with pytest.raises(
        UserError, match=r'wrist_3_joint.*add the line  fixed_joints: \{wrist_3_joint: 0.0\}'
    ):
        RobotModel(from_mapping(RobotConfig, mapping, 'here'))


def test_a_mounted_robot_is_the_same_robot_elsewhere(model):
    mount = PlacementConfig((0.2, -0.1, 0.35), (0.1, 0.2, 1.5))
    moved = RobotModel(replace(model.config, base_frame='cell', mount=mount))
    np.testing.assert_allclose(
        moved.fk(model.home), mount.matrix @ model.fk(model.home), atol=1e-12
    )
    placed, shapes = moved.pin_model, moved.collision_model
    pin.updateGeometryPlacements(
        placed, placed.createData(), shapes, data := shapes.createData(), model.home
    )
    pin.updateGeometryPlacements(
        model.pin_model,
        model.pin_data,
        model.collision_model,
        here := model.collision_model.createData(),
        model.home,
    )
    for a, b in zip(here.oMg, data.oMg, strict=True):
        np.testing.assert_allclose(b.homogeneous, mount.matrix @ a.homogeneous, atol=1e-12)


def test_a_tip_that_no_joint_moves_is_refused():
    robot = load_robot('ur5e')
    fixed = replace(robot, arms=(replace(robot.arm, tip_frame='base_link'),))
    with pytest.raises(UserError, match="no joint moves tip_frame 'base_link'"):
        _ = RobotModel(fixed).length_scale
