"""Which pairs of shapes are kept apart, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import coal
import numpy as np
import pinocchio as pin

from vla_core.compiled import Flags
from vla_core.robot.config import RobotConfig
from vla_core.robot.finger_path import FingerPath
from vla_core.robot.model import link_of
from vla_core.robot.obstacle import ObstacleConfig
from vla_shield.constraints.kinematic_tree import KinematicTree
from vla_shield.params import ShieldParams

MAX_OBJECTS = 16  # objects in the scene at once
_FAR = np.array([0.0, 0.0, 50.0])  # m, where unused shapes are placed


@dataclass(frozen=True)
class AddedShapes:
    """Indices of the shapes beside those of the robot."""

    robot: int  # number of shapes of the robot, which come first
    table: int
    slots: list[int]  # of perceived objects
    held: list[int]  # of the object held by each arm
    obstacles: list[int]  # of the robot file


def add_shapes(shapes: Any, robot: RobotConfig, tree: KinematicTree) -> AddedShapes:
    """Add table, slots, held objects and static obstacles to the shapes of the robot."""
    count = int(shapes.ngeoms)

    def add(name: str, geometry: Any, joint: int, placement: Any) -> int:
        item = pin.GeometryObject(name, joint, 0, placement, geometry)
        return int(shapes.addGeometryObject(item))

    here, away = pin.SE3.Identity(), pin.SE3(np.eye(3), _FAR)
    surface = coal.Halfspace(np.array([0.0, 0.0, 1.0]), 0.0)
    table = add('table', surface, 0, here)
    slots = [add(f'object {k}', coal.Box(0.1, 0.1, 0.1), 0, away) for k in range(MAX_OBJECTS)]
    held = [
        add('held object' + tree.label(arm).replace(':', ' of '), coal.Box(0.1, 0.1, 0.1), j, here)
        for arm, j in enumerate(tree.tip_joints)
    ]
    obstacles = [
        add(o.name, _geometry(o), 0, pin.SE3(np.asarray(o.base_from_obstacle)))
        for o in robot.obstacles
    ]
    return AddedShapes(count, table, slots, held, obstacles)


def _geometry(obstacle: ObstacleConfig) -> Any:
    if obstacle.shape == 'plane':
        return coal.Halfspace(np.array([0.0, 0.0, 1.0]), 0.0)
    if obstacle.shape == 'cylinder':
        diameter, height = obstacle.size
        return coal.Cylinder(diameter / 2.0, height)
    return coal.Box(*obstacle.size)


class CollisionPairs:
    """Pairs of arms with themselves, with each other, with table, obstacles and objects; of held
    objects with all but the arm that holds them."""

    def __init__(
        self, params: ShieldParams, robot: RobotConfig, model: Any, shapes: Any,
        tree: KinematicTree, paths: list[FingerPath], added: AddedShapes,
    ) -> None:  # fmt: skip
        self._params, self._model, self._shapes = params, model, shapes
        self._tree, self._added = tree, added
        self.joints = np.array([int(s.parentJoint) for s in shapes.geometryObjects])
        self.fingers = sorted({shape for path in paths for shape in path.shapes})
        self._touching = {shape for path in paths for shape in path.touching}
        self.gripper = self._gripper_shapes()
        required = self._robot_pairs() + self._scene_pairs() + self._held_pairs()
        self.required = np.array(required + self._obstacle_pairs())  # (p,) m, clearance
        pairs = shapes.collisionPairs
        self.first = np.array([pair.first for pair in pairs])
        self.second = np.array([pair.second for pair in pairs])
        held = np.isin(self.first, added.held) | np.isin(self.second, added.held)
        self.is_of_object = np.isin(self.second, added.slots)  # (p,) pairs with a perceived object
        robot_first = self.first < added.robot
        # (p,) pairs of the robot with a static obstacle
        self.is_of_obstacle = np.isin(self.second, added.obstacles) & robot_first
        arms = [self._arm_of(k) for k in range(added.robot)] + [-1] * (shapes.ngeoms - added.robot)
        sides = np.array(arms)[self.first], np.array(arms)[self.second]
        # (p,) pairs of one arm with another
        self.is_between_arms: Flags = (sides[0] != sides[1]) & (np.minimum(*sides) >= 0)
        self.is_active: Flags = ~(self.is_of_object | held)
        self.names = [
            f'{self._name(a)}-{self._name(b)}'
            for a, b in zip(self.first, self.second, strict=True)
        ]

    def _gripper_shapes(self) -> list[int]:
        """Fingers, and shapes of the links that a tip is fixed to."""
        palms = [self._palm(tip) for tip in self._tree.tips]
        return [
            k
            for k in range(self._added.robot)
            if k in self.fingers
            or any(
                self._is_fixed_to(self._shapes.geometryObjects[k].parentFrame, p) for p in palms
            )
        ]

    def _palm(self, tip: int) -> int:
        """The link that the tip is fixed to, or the tip's own link when a joint moves it."""
        frames = self._model.frames
        joint = frames[tip].parentFrame
        return tip if frames[joint].type == pin.FrameType.JOINT else frames[joint].parentFrame

    def _is_fixed_to(self, frame: int, root: int) -> bool:
        """True when a frame is `root` or fixed to it, directly or through others."""
        while frame != root:
            parent = self._model.frames[frame].parentFrame
            if parent == frame or self._model.frames[frame].type == pin.FrameType.JOINT:
                return False
            frame = parent
        return True

    def _arm_of(self, shape: int) -> int:
        """Index of the arm that a shape of the robot belongs to, or -1."""
        joint = self.joints[shape]
        if joint > 0:
            return int(self._tree.arm_of_joint[joint])
        return self._tree.static_arm(self._shapes.geometryObjects[shape].parentFrame)

    def _robot_pairs(self) -> list[float]:
        """Clearances of the pairs of the robot's model, which exist already."""
        arms = [self._arm_of(k) for k in range(self._added.robot)]
        own, other = self._params.self_clearance, self._params.arm_clearance
        pairs = [(arms[p.first], arms[p.second]) for p in self._shapes.collisionPairs]
        return [own if a == b or min(a, b) < 0 else other for a, b in pairs]

    def _add(self, first: int, second: int) -> None:
        self._shapes.addCollisionPair(pin.CollisionPair(first, second))

    def _scene_pairs(self) -> list[float]:
        """Arms and grippers with table and objects."""
        params, required = self._params, []
        for k in range(self._added.robot):
            depth = self._tree.depth(self.joints[k])
            if depth > 1:
                self._add(k, self._added.table)
                required.append(
                    params.gripper_clearance if k in self._touching else params.clearance
                )
            for slot in self._added.slots if depth > 0 else ():
                self._add(k, slot)
                required.append(self._scene_clearance(k))
        return required

    def _scene_clearance(self, shape: int) -> float:
        """m, of a shape of the robot to an object or obstacle."""
        is_gripper = shape in self.gripper
        return self._params.gripper_clearance if is_gripper else self._params.clearance

    def _held_pairs(self) -> list[float]:
        """Held objects with table, objects and obstacles, the other arms and what those hold."""
        added, params, required = self._added, self._params, []
        for arm, held in enumerate(added.held):
            others = [k for k in range(added.robot) if self._arm_of(k) not in (arm, -1)]
            scene = (added.table, *added.slots, *added.obstacles)
            for other in (*scene, *others, *added.held[arm + 1 :]):
                self._add(held, other)
                is_link = other < added.robot and other not in self.gripper
                required.append(params.clearance if is_link else params.held_clearance)
        return required

    def _obstacle_pairs(self) -> list[float]:
        """Arms and grippers with the static obstacles; the base stands where it stands."""
        required = []
        for obstacle in self._added.obstacles:
            for k in range(self._added.robot):
                if self.joints[k] > 0:
                    self._add(k, obstacle)
                    required.append(self._scene_clearance(k))
        return required

    def _name(self, shape: int) -> str:
        item = self._shapes.geometryObjects[int(shape)]
        return link_of(self._model, item) if shape < self._added.robot else str(item.name)
