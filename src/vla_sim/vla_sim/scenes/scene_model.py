"""The MuJoCo model of an episode: robot, table, objects, lights and cameras."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from vla_core import geometry
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.obstacle import ObstacleConfig
from vla_sim.scenes import palette
from vla_sim.scenes.episode import Episode, SceneAppearance
from vla_sim.scenes.furniture import add_object
from vla_sim.scenes.printed_patch import add_patch
from vla_sim.scenes.robot_body import (
    COLLISION_GROUP,
    OBJECT,
    ROBOT,
    TABLE,
    robot_spec,
    tune_servos,
)
from vla_sim.scenes.scene_params import SceneParams

G = mujoco.mjtGeom
TABLE_GEOM = 'table'
GRAIN = 128  # px, side of the wood texture
OBSTACLE = (0.55, 0.57, 0.60, 1.0)  # colour of the static parts of a cell
NEAR, FAR = 0.01, 12.0  # m, clipping planes of the cameras


@dataclass(frozen=True)
class Built:
    """A compiled scene."""

    model: mujoco.MjModel
    lead: np.ndarray  # (n,) s, lead time of the servo commands


def build(robot: RobotConfig, episode: Episode, p: SceneParams) -> Built:
    """Return the model of an episode."""
    spec = robot_spec(robot, p)
    _set_options(spec, robot, p)
    rng = np.random.default_rng(episode.appearance.texture_seed)
    _add_materials(spec, episode.appearance)
    _add_surroundings(spec, episode.appearance)
    for obstacle in robot.obstacles:
        _add_obstacle(spec, obstacle)
    _add_lights(spec, episode.appearance)
    for obj in episode.things:
        add_object(spec, obj, palette.rgba(obj.colour, rng), p.density, p.object_friction)
    if episode.patch is not None:
        add_patch(spec, episode.patch, palette.rgba(episode.patch.colour, rng))
    for camera in robot.cameras:
        _add_camera(spec, camera, episode.appearance)
    model = spec.compile()
    _paint_grain(model, rng)
    return Built(model, tune_servos(model, robot, p))


def _set_options(spec: mujoco.MjSpec, robot: RobotConfig, p: SceneParams) -> None:
    o = spec.option
    o.timestep = p.timestep
    o.integrator, o.cone = mujoco.mjtIntegrator.mjINT_IMPLICITFAST, mujoco.mjtCone.mjCONE_ELLIPTIC
    o.impratio, o.noslip_iterations = 3.0, 2
    o.iterations, o.ls_iterations = 100, 50  # with fewer, objects dropped into the box gain energy
    o.tolerance = 1e-7
    o.enableflags |= mujoco.mjtEnableBit.mjENBL_SLEEP  # objects at rest cost no time until touched
    spec.stat.extent = 1.0
    visual = spec.visual
    visual.map.znear, visual.map.zfar = NEAR, FAR
    visual.quality.shadowsize, visual.quality.offsamples = 0, 0
    visual.quality.numslices, visual.quality.numstacks = 24, 12
    visual.global_.offwidth = max(camera.width for camera in robot.cameras)
    visual.global_.offheight = max(camera.height for camera in robot.cameras)


def _add_materials(spec: mujoco.MjSpec, appearance: SceneAppearance) -> None:
    T = mujoco.mjtTextureRole.mjTEXROLE_RGB
    spec.add_texture(
        name='grain',
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        width=GRAIN,
        height=GRAIN,
        nchannel=3,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
    )
    wood = spec.add_material(
        name='wood',
        rgba=[*palette.TABLES[appearance.table], 1.0],
        specular=0.1,
        shininess=0.1,
        texrepeat=[1.6, 1.2],
    )
    wood.textures[T] = 'grain'
    spec.add_material(name='plastic', specular=0.25, shininess=0.35)
    spec.add_texture(
        name='sky',
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        width=16,
        height=96,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.86, 0.88, 0.90],
        rgb2=[0.62, 0.65, 0.68],
    )


def _add_surroundings(spec: mujoco.MjSpec, appearance: SceneAppearance) -> None:
    """Add the collision plane, and the visual table and floor."""
    world = spec.worldbody
    world.add_geom(
        name=TABLE_GEOM,
        type=G.mjGEOM_PLANE,
        size=[1, 1, 0.1],
        group=COLLISION_GROUP,
        contype=TABLE,
        conaffinity=ROBOT | OBJECT,
        friction=[0.5, 0.01, 0.001],
    )
    seen = {'contype': 0, 'conaffinity': 0}
    world.add_geom(
        type=G.mjGEOM_BOX, pos=[0.36, 0, -0.02], size=[0.56, 0.62, 0.02], material='wood', **seen
    )
    world.add_geom(
        type=G.mjGEOM_BOX,
        pos=[0.36, 0, -0.37],
        size=[0.30, 0.40, 0.33],
        rgba=[0.34, 0.35, 0.37, 1],
        **seen,
    )
    world.add_geom(
        type=G.mjGEOM_PLANE, pos=[0, 0, -0.7], size=[6, 6, 1], rgba=[*appearance.floor, 1], **seen
    )


def _add_obstacle(spec: mujoco.MjSpec, obstacle: ObstacleConfig) -> None:
    """Add a static part of the cell, as a body of its name."""
    x, y, z = (0.5 * side for side in obstacle.box)
    kind, size = {
        'box': (G.mjGEOM_BOX, [x, y, z]),
        'cylinder': (G.mjGEOM_CYLINDER, [x, z, 0.0]),
        'plane': (G.mjGEOM_PLANE, [1.0, 1.0, 0.1]),
    }[obstacle.shape]
    pose = obstacle.base_from_obstacle
    qx, qy, qz, qw = geometry.quat_from_matrix(pose[:3, :3])
    body = spec.worldbody.add_body(name=obstacle.name, pos=pose[:3, 3], quat=[qw, qx, qy, qz])
    body.add_geom(
        type=kind, size=size, rgba=OBSTACLE, contype=TABLE, conaffinity=ROBOT | OBJECT,
        friction=[0.5, 0.01, 0.001],
    )  # fmt: skip


def _paint_grain(model: mujoco.MjModel, rng: np.random.Generator) -> None:
    start = int(model.texture('grain').adr[0])
    model.tex_data[start : start + 3 * GRAIN * GRAIN] = palette.wood(rng, GRAIN).ravel()


def _add_lights(spec: mujoco.MjSpec, appearance: SceneAppearance) -> None:
    head = spec.visual.headlight
    head.ambient, head.diffuse, head.specular = (
        [0.48 * appearance.light] * 3,
        [0.24 * appearance.light] * 3,
        [0.05] * 3,
    )
    x, y, z = appearance.light_from
    spec.worldbody.add_light(
        pos=[0.4 + x, y, z],
        dir=[-x, -y, -z],
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        diffuse=[0.40 * appearance.light] * 3,
        specular=[0.2] * 3,
        castshadow=False,
    )


def _add_camera(spec: mujoco.MjSpec, camera: CameraConfig, appearance: SceneAppearance) -> None:
    """Add a camera by its name, with the pose offset of the episode's appearance."""
    off = geometry.pose_of(geometry.exp_rotation(appearance.camera_turn), appearance.camera_shift)
    if camera.kind == 'scene':
        body, pose = spec.worldbody, camera.base_from_camera @ off
    else:
        body, pose = spec.body(camera.link), camera.link_from_camera @ off
    rotation = pose[:3, :3] @ np.diag([1.0, -1.0, -1.0])  # MuJoCo looks along -z with y up
    x, y, z, w = geometry.quat_from_matrix(rotation)
    body.add_camera(
        name=camera.name,
        pos=pose[:3, 3],
        quat=[w, x, y, z],
        fovy=camera.fov_y,
        resolution=[camera.width, camera.height],
    )
