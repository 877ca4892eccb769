"""One rollout of random targets, with or without the shield; contacts counted in the physics."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from functools import cache

import numpy as np

from vla_bench.shield.random_targets import random_targets
from vla_core.machine import python_ms
from vla_core.params import load_params
from vla_core.records.action import Source, Target, Trajectory
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Level, SafetyVote
from vla_core.records.scene import GroundedScene, Role
from vla_core.robot.arm import ArmConfig
from vla_core.robot.config import RobotConfig, load_robot
from vla_core.stack_root import stack_root
from vla_shield.shield import Shield, ShieldParams
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.scenes.true_scene import true_scene
from vla_sim.world import SimWorld

PERIOD = 0.01  # s
KINDS = ('self', 'arms', 'table', 'obstacle', 'object', 'limit', 'silent')
EVERY = 10  # cycles between votes, scenes
TASKS = ('put_in', 'stack', 'push')
ABSURD = 100.0  # rad; larger targets would break the physics
TIMED = 20  # every TIMED-th cycle is timed


@dataclass(frozen=True)
class ShieldRollout:
    """Which rollout; a seed gives the same targets with and without the shield."""

    robot: str
    seed: int
    is_shielded: bool
    seconds: float = 10.0
    tcp_speed: float = 0.25  # m/s, limit of the shield


@dataclass(frozen=True)
class ShieldOutcome:
    """Events in the physics; counts are physics steps of 2 ms."""

    limit_crossings: int
    self_contacts: int
    table_contacts: int
    object_contacts: int
    silent_cycles: int
    tip_speed: float  # m/s, peak
    travel: float  # m, path length of the tip
    tick_ms: tuple[float, ...]  # CPU time of every TIMED-th cycle
    python_ms: float  # of the process that played the rollout
    first: str = ''  # the first contact, as text
    arm_contacts: int = 0  # of one arm with another
    obstacle_contacts: int = 0  # with static obstacles of the robot file


@cache
def _world(robot: str) -> SimWorld:
    scene = load_params(SceneParams, stack_root() / 'config/scenes/tabletop.yaml')
    return SimWorld(load_robot(robot), scene)


def play(plan: ShieldRollout) -> ShieldOutcome:
    """Run one rollout to its end."""
    return HostileRollout(plan).run()


class ArmTargets:
    """Which arms get a target in a cycle, and the opening of their grippers. The arm of a robot
    with one gets every target; of several arms one is left without for a second now and then."""

    def __init__(self, robot: RobotConfig, rng: np.random.Generator) -> None:
        self._robot, self._rng = robot, rng
        self._silent = -1  # index of the arm without targets
        self.opening = 0.08  # m

    def arms(self, count: int) -> list[ArmConfig]:
        """The arms that get a target in this cycle."""
        arms = list(self._robot.arms)
        if len(arms) > 1 and count % 100 == 0:
            self._silent = int(self._rng.integers(-2, len(arms)))
            self.opening = float(self._rng.choice([0.0, 0.08]))
        return [arm for k, arm in enumerate(arms) if k != self._silent]


class HostileRollout:
    """One rollout: targets that mean harm, through the shield or past it, into the simulator."""

    def __init__(self, plan: ShieldRollout) -> None:
        self.plan = plan
        self.robot = load_robot(plan.robot)
        self.world = _world(plan.robot)
        self.world.reset(TASKS[plan.seed % len(TASKS)], plan.seed)
        self.heard = ArmTargets(self.robot, np.random.default_rng(plan.seed + 1))
        self.targets = random_targets(self.robot, PERIOD, np.random.default_rng(plan.seed))
        params = ShieldParams(tcp_speed=plan.tcp_speed, link_speed=max(0.5, plan.tcp_speed))
        self.shield: Shield | None = None
        if plan.is_shielded:
            self.shield = Shield(params, self.robot)
        self.counts = dict.fromkeys(KINDS, 0)
        self.first = ''
        self.ticks: list[float] = []
        self.speed = self.travel = 0.0

    def run(self) -> ShieldOutcome:
        for count in range(round(self.plan.seconds / PERIOD)):
            position, velocity = next(self.targets)
            if self.shield is None:
                self._unshielded(position, velocity)
            else:
                self._shielded(self.shield, count, position, velocity)
            before = self._tips()
            for _ in range(round(PERIOD / self.world.scene.timestep)):
                self.world.step()
                self._count()
            steps = np.linalg.norm(self._tips() - before, axis=1)
            self.travel += float(steps.mean())
            self.speed = max(self.speed, float(steps.max()) / PERIOD)
        return self._outcome()

    def _tips(self) -> np.ndarray:
        """(arms, 3) m."""
        arms = range(len(self.robot.arms))
        return np.array([self.world.base_from_tcp(arm)[:3, 3] for arm in arms])

    def _unshielded(self, position: np.ndarray, velocity: np.ndarray) -> None:
        """The target itself as the next point, unless it would break the physics."""
        if not np.all(np.abs(position) <= ABSURD):
            return
        for arm in self.robot.arms:
            part, names = self.robot.joint_slice(arm.name), arm.joint_names
            rest = np.zeros((1, len(names)))
            times, point = np.array([PERIOD]), position[None, part]
            self.world.command(Trajectory(self.world.time, names, times, point, rest))

    def _shielded(
        self, shield: Shield, count: int, position: np.ndarray, velocity: np.ndarray
    ) -> None:
        now = self.world.time
        shield.on_joints(self.world.joint_state(), now)
        if count % EVERY == 0:
            shield.on_scene(_as_obstacles(true_scene(self.world)), now)
            for voter in shield.params.required_voters:
                shield.on_vote(SafetyVote(now, voter, count, Level.RUN, 1.0, 0.3), now)
        if count == 0:
            shield.arm(now)
        shield.leases.acquire('/control', LeaseKind.AUTONOMY, (), now)
        for arm in self.heard.arms(count):
            part = self.robot.joint_slice(arm.name)
            shield.on_target(
                Target(
                    now, '', arm.joint_names, position[part], velocity[part],
                    self.heard.opening, Source.POLICY,
                ), now,
            )  # fmt: skip
        began = time.process_time()
        output = shield.tick(now)
        if count % TIMED == 0:
            self.ticks.append(1e3 * (time.process_time() - began))
        refused = [self.world.command(command) for command in output.arms]
        self.counts['silent'] += not refused or any(refused)
        if len(self.robot.arms) > 1:
            for command in output.grippers:
                self.world.command_gripper(command)

    def _count(self) -> None:
        """Count contacts and joint limit violations in this physics step."""
        for contact in self.world.contacts():
            if contact.kind != 'scene':
                self.counts[contact.kind] += 1
                self.first = (
                    self.first or f'{self.world.time:.3f} s: {contact.first} {contact.second}'
                )
        q, _ = self.world.joint_state().select(self.robot.joint_names)
        self.counts['limit'] += not self.robot.limits.within(q)

    def _outcome(self) -> ShieldOutcome:
        c = self.counts
        return ShieldOutcome(
            c['limit'], c['self'], c['table'], c['object'], c['silent'],
            self.speed, self.travel, tuple(self.ticks), python_ms(), self.first, c['arms'],
            c['obstacle'],
        )  # fmt: skip


def _as_obstacles(scene: GroundedScene) -> GroundedScene:
    """The same scene with every object an obstacle."""
    objects = tuple(
        dataclasses.replace(o, role=Role.OBSTACLE, is_held=False) for o in scene.objects
    )
    return dataclasses.replace(scene, objects=objects)
