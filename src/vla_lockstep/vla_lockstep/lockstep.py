"""The second host: the modules of the graph's nodes in data-flow order, against the simulator.

Deterministic by seed, no ROS and no wall clock. The graph's latencies are modelled: the output of
a stage is delivered after its `*_delay`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vla_control.controller import Controller
from vla_core.errors import UserError
from vla_core.monitor import Reporter, Voter
from vla_core.records.action import ActionChunk
from vla_core.records.alignment import Correction
from vla_core.records.lease import LeaseKind
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import Observation
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_lockstep.episode_plan import EpisodePlan, EpisodeResult, Setup
from vla_perception.grounder import Grounder
from vla_policy.align import Bundler
from vla_policy.protocol import Policy
from vla_shield.shield import Shield
from vla_sim.world import Episode, SimWorld
from vla_supervisor.execution.commands import HostAction
from vla_supervisor.execution.executive import Executive

Tap = Callable[[str, Any, float], None]  # topic, record, ROS time s
Chosen = ActionChunk | None
Change = Callable[['Run'], None]


class Lockstep:
    """Hosts one robot; `run` plays one episode to its end."""

    def __init__(self, setup: Setup, tap: Tap | None = None) -> None:
        self.setup, self.tap = setup, tap
        self.sim = SimWorld(setup.robot, setup.scene)

    def run(
        self, plan: EpisodePlan, policy: Policy, change: Change = lambda _: None
    ) -> EpisodeResult:
        """Return how the episode ended; `change` may replace modules before it begins."""
        episode = self.sim.reset(plan.task, plan.seed, **plan.overrides)
        run = Run(self.setup, self.sim, policy, self.tap)
        change(run)
        run.bring_up()
        run.start_task(episode.instruction, plan.seed if plan.noise is None else plan.noise)
        began = self.sim.time
        while not run.is_over and self.sim.time - began < self.setup.host.timeout:
            run.cycle()
        return run.result(plan, episode, began)


class Run:
    """The modules of one episode, fresh from their constructors as after a bring-up."""

    def __init__(self, setup: Setup, sim: SimWorld, policy: Policy, tap: Tap | None) -> None:
        self.host = setup.host
        self.sim, self.policy, self.tap = sim, policy, tap
        self.grounder = Grounder(setup.perception, setup.robot)
        self.bundler = Bundler(setup.align, setup.robot, policy.info.cameras)
        self.controller = Controller(setup.control, setup.robot)
        self.shield = Shield(setup.shield, setup.robot)
        self.executive = Executive(setup.supervisor)
        self.scenes: list[tuple[int, GroundedScene]] = []  # (due cycle, record)
        self.chunks: list[tuple[int, ActionChunk]] = []
        self.status: TaskStatus | None = None
        self.count, self.is_arming_requested, self.grounder_task = 0, False, ''
        self.executed: Callable[[ActionChunk], ActionChunk] = getattr(
            policy, 'executed', lambda c: c
        )
        self.missing_votes = set(setup.shield.required_voters)  # voters without a vote so far
        self.monitors = [make() for make in setup.monitors]
        self.verifier = setup.verifier() if setup.verifier else None
        if self.verifier is not None:
            self.monitors.append(self.verifier)

    @property
    def is_over(self) -> bool:
        return self.status is not None and self.status.phase in (Phase.DONE, Phase.FAILED)

    def bring_up(self) -> None:
        """Run until inputs and votes let the shield be armed, as the supervisor does."""
        for _ in range(2 * self.host.camera_every):
            self.cycle()
        if self.missing_votes:
            names = ', '.join(sorted(self.missing_votes))
            raise UserError(f'no vote from {names}: add its monitor, or change required_voters')

    def start_task(self, instruction: str, seed: int) -> None:
        """Start the instruction, as ExecuteTask does."""
        self.executive.start(instruction, seed, self.sim.time)

    def cycle(self) -> None:
        """One period of control and shield, in data-flow order."""
        for _ in range(round(self.host.period / self.sim.scene.timestep)):
            self.sim.step()
        now = self.sim.time
        self._sense(now)
        self._decide(now)
        self._update_monitors(now)
        if self.count % self.host.vote_every == 0:
            self._vote(now)
        self._move(now)
        self.count += 1

    def _sense(self, now: float) -> None:
        joints = self.sim.joint_state()
        self._publish('joint_states', joints, now)
        self.shield.inputs.put_scalings(self.sim.scaling_values, now)
        for part in (self.bundler, self.controller, self.shield):
            part.on_joints(joints)
        if self.count % self.host.camera_every == 0:
            frame = self.sim.render('scene')
            self._publish('frame', frame, now)
            scene = self.grounder.update(frame, joints, now)
            self.scenes.append((self.count + self.host.scene_delay, scene))
        while self.scenes and self.scenes[0][0] <= self.count:
            scene = self.scenes.pop(0)[1]
            self._publish('scene', scene, now)
            self.bundler.on_scene(scene)
            self.controller.on_scene(scene)
            self.shield.on_scene(scene, now)
            self.executive.on_scene(scene, now)

    def _decide(self, now: float) -> None:
        if self.status and self.count % self.host.policy_every == 0:
            for camera in self.policy.info.cameras:
                self.bundler.on_frame(self.sim.render(camera))
            observation = self.bundler.bundle(now, self.status)
            if observation is not None:
                self._infer(observation, now)
        while self.chunks and self.chunks[0][0] <= self.count:
            chunk = self.chunks.pop(0)[1]
            self._publish('chunk', chunk, now)
            self.controller.on_chunk(chunk, now)
            self.bundler.on_chunk(chunk, now)

    def _infer(self, observation: Observation, now: float) -> None:
        """Query the policy; one without candidates publishes nothing, as in the graph."""
        proposal = self.policy.act(observation, self.host.candidates)
        if proposal.features is not None:
            self._publish('features', proposal.features, now)
        if proposal.chunks:
            self._publish('candidates', proposal.chunks, now)
            chunk, due = self._choose(proposal.chunks, now)
            if chunk is not None:
                self.chunks.append((due, self.executed(chunk)))

    def _choose(self, chunks: tuple[ActionChunk, ...], now: float) -> tuple[Chosen, int]:
        """The chunk to execute, if any, and the cycle in which it arrives."""
        due = self.count + self.host.chunk_delay
        if self.verifier is None:
            return chunks[0], due
        return self.verifier.choose(chunks, now)[0], due + self.host.verify_delay

    def correct(self, language_motion: str, ttl: float) -> None:
        """Publish a correction of the motion, as `./vla correct` does."""
        now = self.sim.time
        self._publish('corrections', Correction(now, 'test', '', language_motion, ttl), now)

    def _update_monitors(self, now: float) -> None:
        """Publish the outputs of the monitors; scores and verdicts go to the executive."""
        for monitor in self.monitors:
            if isinstance(monitor, Reporter):
                for topic, record in monitor.outputs(now):
                    self._publish(topic, record, now)
                    if topic == 'failure':
                        self.executive.on_failure(record, now)
                    elif topic == 'verdict':
                        self.executive.on_verdict(record, now)

    def _vote(self, now: float) -> None:
        voters: list[Voter] = [self.grounder, self.bundler, self.executive, *self.monitors]
        for voter in voters:
            vote = voter.vote(now)
            self.missing_votes.discard(vote.voter)
            self._publish('votes', vote, now)
            self.shield.on_vote(vote, now)

    def _move(self, now: float) -> None:
        self._supervise(now)
        target = self.controller.tick(now)
        if target is not None:
            self._publish('target', target, now)
            self.shield.leases.acquire(target.holder, LeaseKind.AUTONOMY, (), now)
            self.shield.on_target(target, now)
        output = self.shield.tick(now)
        self._publish('report', output.report, now)
        self.controller.on_report(output.report, now)
        self.executive.on_report(output.report, now)
        for command in output.arms:
            self._publish('arm_command', command, now)
            self.sim.command(command)
        for command in output.grippers:
            self.sim.command_gripper(command)

    def _supervise(self, now: float) -> None:
        state = self.controller.state(now)
        if state is not None:
            self._publish('control_state', state, now)
            self.executive.on_control_state(state, now)
        for action in self.executive.tick(now):
            if action == HostAction.PUBLISH:
                self._on_status(self.executive.status, now)
            elif action == HostAction.ARM:
                self.is_arming_requested = True
            elif action == HostAction.DISARM:
                self.is_arming_requested = False
                self.shield.disarm(now)
        if self.is_arming_requested:
            refusal = self.shield.arm(now)
            self.executive.on_arm_response(refusal)
            self.is_arming_requested = bool(refusal)

    def _on_status(self, status: TaskStatus, now: float) -> None:
        """Deliver the task status to every module, as to every node."""
        begins = status.phase == Phase.RUNNING and (
            self.status is None or self.status.phase != Phase.RUNNING
        )
        self.status = status
        self._publish('status', status, now)
        if status.task_id != self.grounder_task:
            self.grounder_task = status.task_id
            self.grounder.set_task(status.task_id, status.instruction)
        self.grounder.set_phase(status.phase)
        self.bundler.on_status(status, now)
        self.controller.on_status(status, now)
        if begins:
            self.chunks.clear()
            self.policy.reset(status.task_id, status.instruction, status.seed + status.attempt)

    def _publish(self, topic: str, record: Any, now: float) -> None:
        for monitor in self.monitors:
            monitor.observe(topic, record, now)
        if self.tap is not None:
            self.tap(topic, record, now)

    def result(self, plan: EpisodePlan, episode: Episode, began: float) -> EpisodeResult:
        """The result: ground truth of the simulator and status of the stack."""
        status = self.executive.status
        code = status.code if status.phase in (Phase.DONE, Phase.FAILED) else ResultCode.TIMEOUT
        return EpisodeResult(
            plan.task, plan.seed, episode.instruction, self.sim.success(),
            code, status.text, self.sim.time - began, status.attempt, status,
        )  # fmt: skip
