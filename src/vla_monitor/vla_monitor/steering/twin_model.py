"""A simulation of the perceived scene: the robot, the table, and things as large and where they
are perceived. Nothing in it comes from a simulator's truth."""

from __future__ import annotations

import mujoco
import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_core.robot.config import RobotConfig
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.furniture import add_thing
from vla_sim.scenes.robot_body import COLLISION_GROUP, ROBOT, TABLE, THING, robot_spec, tune_servos
from vla_sim.scenes.scene_params import SceneParams

GREY = (0.5, 0.5, 0.5, 1.0)
FREE = ('cube', 'cylinder', 'ball', 'box')  # lie loose; anything else stands fast as a block
SAME = 0.004  # m, sizes that differ by less need no new model
LEAST = 0.006  # m, of a side


class TwinModel:
    """Builds a model when the kinds or sizes of things change; else only places them."""

    def __init__(self, robot: RobotConfig, timestep: float) -> None:
        self.robot = robot
        self.scene = SceneParams(timestep=timestep)
        self._built: tuple[tuple[int, str, Array], ...] = ()
        self.model: mujoco.MjModel | None = None
        self.lead = np.zeros(len(robot.joints))
        self._names: dict[int, str] = {}

    def show(self, scene: GroundedScene) -> mujoco.MjData:
        """Return data with every thing where it is perceived, at rest; the robot at home."""
        things = [o for o in scene.objects if o.role not in (Role.ROBOT, Role.HUMAN)]
        if self.model is None or not self._is_same(things):
            self._build(things)
        assert self.model is not None
        data = mujoco.MjData(self.model)
        for thing in things:
            self._place(data, thing)
        return data

    def body_of(self, thing: GroundedObject) -> int:
        """Id of the body that stands for the thing."""
        assert self.model is not None
        return int(self.model.body(self._names[thing.id]).id)

    def _is_same(self, things: list[GroundedObject]) -> bool:
        if len(things) != len(self._built):
            return False
        pairs = zip(things, self._built, strict=True)
        return all(
            thing.id == known and thing.shape == shape and np.abs(thing.size - size).max() <= SAME
            for thing, (known, shape, size) in pairs
        )

    def _build(self, things: list[GroundedObject]) -> None:
        p = self.scene
        spec = robot_spec(self.robot, p)
        o = spec.option
        o.timestep, o.integrator = p.timestep, mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        o.cone, o.impratio = mujoco.mjtCone.mjCONE_ELLIPTIC, 3.0
        o.iterations, o.ls_iterations, o.noslip_iterations = 30, 20, 1
        spec.add_material(name='plastic')  # what things of the simulator are made of
        spec.worldbody.add_geom(
            name='table', type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1, 1, 0.1],
            group=COLLISION_GROUP, contype=TABLE, conaffinity=ROBOT | THING,
            friction=[0.5, 0.01, 0.001],
        )  # fmt: skip
        self._names = {thing.id: f'thing_{thing.id}' for thing in things}
        for thing in things:
            self._add(spec, thing)
        self.model = spec.compile()
        self.lead = tune_servos(self.model, self.robot, p)
        self._built = tuple((thing.id, thing.shape, thing.size) for thing in things)

    def _add(self, spec: mujoco.MjSpec, thing: GroundedObject) -> None:
        p, size = self.scene, np.maximum(thing.size, LEAST)
        name = self._names[thing.id]
        if thing.shape in FREE:
            made = SceneObject(name, thing.colour, thing.shape, size, middle(thing), thing.yaw)
            add_thing(spec, made, GREY, p.density, p.object_friction)
            return
        body = spec.worldbody.add_body(name=name, pos=middle(thing))
        body.mocap = True
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX, size=0.5 * size, rgba=GREY,
            contype=THING, conaffinity=ROBOT | THING,
        )  # fmt: skip

    def _place(self, data: mujoco.MjData, thing: GroundedObject) -> None:
        assert self.model is not None
        turn = [np.cos(thing.yaw / 2), 0.0, 0.0, np.sin(thing.yaw / 2)]
        at = middle(thing)
        if thing.shape not in FREE:
            k = int(self.model.body_mocapid[self.body_of(thing)])
            data.mocap_pos[k], data.mocap_quat[k] = at, turn
            return
        joint = data.joint(self._names[thing.id])
        lowest = at[2] - thing.size[2] / 2
        joint.qpos[:3] = at + np.r_[0.0, 0.0, max(-lowest, 0.0)]  # not into the table
        joint.qpos[3:] = turn


def middle(thing: GroundedObject) -> Array:
    """(3,) m, the centre; a button is placed by the top of its dome."""
    down = thing.size[2] / 2 if thing.shape == 'button' else 0.0
    return np.asarray(thing.position - np.r_[0.0, 0.0, down])
