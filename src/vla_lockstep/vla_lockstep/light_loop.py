"""A light loop for collecting demonstrations: true scenes, control and simulator, and no more.

No perception, monitors, supervisor or shield: some sixty episodes a minute and process. What is
learned here is judged in the whole stack (`Lockstep`). Chunks arrive late, as in the graph, and
are blended into each other by control: without that the expert itself oscillates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vla_control.controller import Controller
from vla_core.params import check, param
from vla_core.records.action import ActionChunk, Target, Trajectory
from vla_core.records.sensing import Observation
from vla_core.records.task import Phase, TaskStatus
from vla_lockstep.episode_plan import EpisodePlan, Setup
from vla_policy.align import Bundler
from vla_policy.protocol import Policy, Proposal
from vla_sim.scenes.true_scene import true_scene
from vla_sim.world import SimWorld

Seen = Callable[[SimWorld, Observation, Proposal], None]  # called at each inference
TASK_ID = 'light'
STOP = 0.1  # s, in which a command that nothing follows ends


@dataclass(frozen=True)
class LightLoopParams:
    """Rates and limits."""

    period: float = param(0.01, 's, one cycle of control', lo=0.002, hi=0.02)
    policy_every: int = param(20, 'cycles between inferences', lo=1, hi=100)
    chunk_delay: int = param(10, 'cycles from observation to chunk', lo=0, hi=50)
    timeout: float = param(25.0, 's of simulated time', lo=1.0, hi=600.0)
    settle: float = param(0.5, 's after the task is done', lo=0.0, hi=10.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class LightResult:
    """How an episode ended, by the simulator's truth."""

    success: bool
    duration: float  # s simulated
    inferences: int


class LightLoop:
    """Hosts one robot; `run` plays one episode."""

    def __init__(self, setup: Setup, params: LightLoopParams | None = None) -> None:
        self.setup, self.params = setup, params or LightLoopParams()
        self.world = SimWorld(setup.robot, setup.scene)

    def run(self, plan: EpisodePlan, policy: Policy, seen: Seen = lambda *_: None) -> LightResult:
        """Play the episode; `seen` is given what the policy saw and proposed."""
        episode = self.world.reset(plan.task, plan.seed, **plan.overrides)
        run = LightRun(self, policy, seen, episode.instruction, plan.seed)
        while not run.is_over:
            run.cycle()
        return LightResult(self.world.success(), self.world.time, run.inferences)


class LightRun:
    """One episode."""

    def __init__(
        self, loop: LightLoop, policy: Policy, seen: Seen, instruction: str, seed: int
    ) -> None:
        setup, self.params, self.world = loop.setup, loop.params, loop.world
        self.bundler = Bundler(setup.align, setup.robot, policy.info.cameras)
        self.controller = Controller(setup.control, setup.robot)
        self.policy, self.seen, self.robot = policy, seen, setup.robot
        self.status = TaskStatus(0.0, TASK_ID, instruction, Phase.RUNNING, attempt=1, seed=seed)
        self.chunks: list[tuple[int, ActionChunk]] = []
        self.count = self.inferences = 0
        self.done_at = np.inf
        self.executed: Callable[[ActionChunk], ActionChunk] = getattr(policy, 'executed', _as_is)
        policy.reset(TASK_ID, instruction, seed)
        self.controller.on_status(self.status, 0.0)

    @property
    def is_over(self) -> bool:
        now = self.world.time
        return now > self.params.timeout or now > self.done_at + self.params.settle

    def cycle(self) -> None:
        """One period of control."""
        for _ in range(round(self.params.period / self.world.scene.timestep)):
            self.world.step()
        now = self.world.time
        joints = self.world.joint_state()
        self.bundler.on_joints(joints)
        self.controller.on_joints(joints)
        if self.count % self.params.policy_every == 0:
            self._infer(now)
        while self.chunks and self.chunks[0][0] <= self.count:
            self.controller.on_chunk(self.chunks.pop(0)[1], now)
        target = self.controller.tick(now)
        if target is not None:
            self._command(target)
        if self.world.success():
            self.done_at = min(self.done_at, now)
        self.count += 1

    def _infer(self, now: float) -> None:
        scene = true_scene(self.world, TASK_ID)
        self.bundler.on_scene(scene)
        self.controller.on_scene(scene)
        for camera in self.policy.info.cameras:
            self.bundler.on_frame(self.world.render(camera))
        observation = self.bundler.bundle(now, self.status)
        if observation is None:
            return
        proposal = self.policy.act(observation)
        self.inferences += 1
        self.seen(self.world, observation, proposal)
        if proposal.chunks:
            chunk = self.executed(proposal.chunks[0])
            self.chunks.append((self.count + self.params.chunk_delay, chunk))

    def _command(self, target: Target) -> None:
        """Send a target as what a shield that changes nothing would send."""
        rest = target.position + 0.5 * STOP * target.velocity
        self.world.command(Trajectory(
            target.stamp, target.names, np.array([0.0, STOP]),
            np.array([target.position, rest]), np.array([target.velocity, 0.0 * target.velocity]),
        ))  # fmt: skip
        gripper = self.robot.gripper
        finger = np.array([[gripper.joint_position(target.gripper)]])
        self.world.command_gripper(Trajectory(
            target.stamp, (gripper.joint,), np.array([STOP]), finger, np.zeros((1, 1))
        ))  # fmt: skip


def _as_is(chunk: ActionChunk) -> ActionChunk:
    return chunk
