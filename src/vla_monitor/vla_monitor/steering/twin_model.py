"""MuJoCo model of the perceived scene: robot, table, and objects with perceived sizes and poses.
It uses no ground truth of a simulator."""

from __future__ import annotations

import mujoco
import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_core.robot.config import RobotConfig
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.furniture import add_object
from vla_sim.scenes.robot_body import (
    COLLISION_GROUP,
    OBJECT,
    ROBOT,
    TABLE,
    robot_spec,
    tune_servos,
)
from vla_sim.scenes.scene_params import SceneParams

GREY = (0.5, 0.5, 0.5, 1.0)
FREE = ('cube', 'cylinder', 'ball', 'box')  # movable; any other shape is a fixed block
SAME = 0.004  # m, a smaller change of size needs no new model
LEAST = 0.006  # m, least side length


class TwinModel:
    """Rebuilds the model when object shapes or sizes change, else only places the objects."""

    def __init__(self, robot: RobotConfig, timestep: float) -> None:
        self.robot = robot
        self.scene = SceneParams(timestep=timestep)
        self._built: tuple[tuple[int, str, Array], ...] = ()
        self.model: mujoco.MjModel | None = None
        self.lead = np.zeros(len(robot.joints))
        self._names: dict[int, str] = {}

    def show(self, scene: GroundedScene) -> mujoco.MjData:
        """Return data with every object at its perceived pose, at rest, and the robot at home."""
        objects = [o for o in scene.objects if o.role not in (Role.ROBOT, Role.HUMAN)]
        if self.model is None or not self._is_same(objects):
            self._build(objects)
        assert self.model is not None
        data = mujoco.MjData(self.model)
        for obj in objects:
            self._place(data, obj)
        return data

    def body_of(self, obj: GroundedObject) -> int:
        """Return the id of the object's body."""
        assert self.model is not None
        return int(self.model.body(self._names[obj.id]).id)

    def _is_same(self, objects: list[GroundedObject]) -> bool:
        if len(objects) != len(self._built):
            return False
        pairs = zip(objects, self._built, strict=True)
        return all(
            obj.id == known and obj.shape == shape and np.abs(obj.size - size).max() <= SAME
            for obj, (known, shape, size) in pairs
        )

    def _build(self, objects: list[GroundedObject]) -> None:
        p = self.scene
        spec = robot_spec(self.robot, p)
        o = spec.option
        o.timestep, o.integrator = p.timestep, mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        o.cone, o.impratio = mujoco.mjtCone.mjCONE_ELLIPTIC, 3.0
        o.iterations, o.ls_iterations, o.noslip_iterations = 30, 20, 1
        spec.add_material(name='plastic')  # material of the simulator's objects
        spec.worldbody.add_geom(
            name='table', type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1, 1, 0.1],
            group=COLLISION_GROUP, contype=TABLE, conaffinity=ROBOT | OBJECT,
            friction=[0.5, 0.01, 0.001],
        )  # fmt: skip
        self._names = {obj.id: f'thing_{obj.id}' for obj in objects}
        for obj in objects:
            self._add(spec, obj)
        self.model = spec.compile()
        self.lead = tune_servos(self.model, self.robot, p)
        self._built = tuple((obj.id, obj.shape, obj.size) for obj in objects)

    def _add(self, spec: mujoco.MjSpec, obj: GroundedObject) -> None:
        p, size = self.scene, np.maximum(obj.size, LEAST)
        name = self._names[obj.id]
        if obj.shape in FREE:
            made = SceneObject(name, obj.colour, obj.shape, size, middle(obj), obj.yaw)
            add_object(spec, made, GREY, p.density, p.object_friction)
            return
        body = spec.worldbody.add_body(name=name, pos=middle(obj))
        body.mocap = True
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX, size=0.5 * size, rgba=GREY,
            contype=OBJECT, conaffinity=ROBOT | OBJECT,
        )  # fmt: skip

    def _place(self, data: mujoco.MjData, obj: GroundedObject) -> None:
        assert self.model is not None
        turn = [np.cos(obj.yaw / 2), 0.0, 0.0, np.sin(obj.yaw / 2)]
        at = middle(obj)
        if obj.shape not in FREE:
            k = int(self.model.body_mocapid[self.body_of(obj)])
            data.mocap_pos[k], data.mocap_quat[k] = at, turn
            return
        joint = data.joint(self._names[obj.id])
        lowest = at[2] - obj.size[2] / 2
        joint.qpos[:3] = at + np.r_[0.0, 0.0, max(-lowest, 0.0)]  # not into the table
        joint.qpos[3:] = turn


def middle(obj: GroundedObject) -> Array:
    """(3,) m, the centre; a button is placed by the top of its dome."""
    down = obj.size[2] / 2 if obj.shape == 'button' else 0.0
    return np.asarray(obj.position - np.r_[0.0, 0.0, down])
