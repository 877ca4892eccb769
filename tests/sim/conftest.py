"""Hands for the simulator's tests: moves by inverse kinematics, without the rest of the stack."""

import numpy as np
import pytest

from vla_core import geometry
from vla_core.records.action import Trajectory
from vla_core.robot.config import load_robot
from vla_core.robot.model import RobotModel
from vla_core.stack_root import stack_root
from vla_sim.scenes.scene_params import load_scene
from vla_sim.world import SimWorld


class Operator:
    """Moves the simulated arm along smooth joint moves to poses of the tip."""

    def __init__(self, name):
        self.robot = load_robot(name)
        self.model = RobotModel(self.robot)
        scene = load_scene(str(stack_root() / 'config/scenes/tabletop.yaml'))
        self.world = SimWorld(self.robot, scene)

    def reset(self, task, seed=7, **wishes):
        self.q = self.robot.home
        return self.world.reset(task, seed, **wishes)

    def wait(self, seconds):
        for _ in range(round(seconds / self.world.scene.timestep)):
            self.world.step()

    def solve(self, pose):
        q = np.array(self.q)
        for _ in range(100):
            error = geometry.pose_error(self.model.fk(q), pose)
            J = self.model.jacobian(q)
            q += J.T @ np.linalg.solve(J @ J.T + 1e-8 * np.eye(6), error)
        assert np.abs(error).max() < 1e-4
        return q

    def go(self, position, yaw=0.0, seconds=1.0):
        """Move the tip there, pointing down, and wait until it is."""
        goal = self.solve(geometry.tool_down(position, yaw))
        s = np.linspace(0, 1, 26)[1:, None]
        way, rate = 10 * s**3 - 15 * s**4 + 6 * s**5, (30 * s**2 - 60 * s**3 + 30 * s**4) / seconds
        points, rates = self.q + way * (goal - self.q), rate * (goal - self.q)
        rates[-1] = 0.0
        times = s[:, 0] * seconds
        move = Trajectory(0.0, self.robot.joint_names, times, points, rates)
        assert self.world.command(move) == ''
        self.q = goal
        self.wait(seconds + 0.05)

    def grip(self, opening, seconds=0.9):
        fingers = Trajectory(
            0.0, (self.robot.gripper.joint,), [0.1], [[opening / 2]], np.zeros((0, 1))
        )
        assert self.world.command_gripper(fingers) == ''
        self.wait(seconds)

    def place_of(self, thing):
        return self.world.data.body(thing.name).xpos.copy()

    def in_hand(self, thing):
        """Return (3,) m, the thing's centre in the frame of the tip."""
        tip = geometry.inverse(self.world.base_from_tcp())
        return geometry.transform(tip, self.place_of(thing))


@pytest.fixture(params=['ur5e', 'fr3'])
def operator(request):
    made = Operator(request.param)
    yield made
    made.world.close()


@pytest.fixture
def ur5e_operator():
    made = Operator('ur5e')
    yield made
    made.world.close()
