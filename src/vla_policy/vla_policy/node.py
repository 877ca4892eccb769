"""Policy node: inference in a worker thread while the arm executes the last chunk."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from math import inf

from vla_core.params import check, param
from vla_core.records.action import ActionChunk
from vla_core.records.safety import Level
from vla_core.records.sensing import Observation
from vla_core.records.task import Phase, TaskStatus
from vla_core.worker import Worker
from vla_policy.align import Bundler, BundlerParams
from vla_policy.protocol import Proposal
from vla_policy.registry import is_served, load_policy, may_look
from vla_ros import topics
from vla_ros.camera.rgbd_subscription import RgbdSubscription
from vla_ros.main import run
from vla_ros.node import ManagedNode
from vla_ros.params import given_parameter
from vla_teleop.recorder.recorded_chunks import replayable_chunks

IDLE = TaskStatus(0.0, '', '', Phase.IDLE)


@dataclass(frozen=True)
class PolicyNodeParams:
    """Policy and rate of inference."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    policy: str = param(
        'scripted',
        'scripted, replay:<episode.mcap>, a checkpoint folder, '
        'openpi:ws://<host>:<port>#<mapping>, lerobot:<folder>#<mapping>',
    )
    period: float = param(0.2, 's, least time between inferences', lo=0.02, hi=2.0)
    candidates: int = param(1, 'chunks per inference', lo=1, hi=32)
    served_silence: float = param(
        0.45, 's without a chunk of a policy on a server before HOLD', lo=0.1, hi=5.0
    )
    align: BundlerParams = field(default_factory=BundlerParams)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class InferenceRequest:
    """Input of one inference; a new attempt resets the policy first."""

    observation: Observation
    status: TaskStatus


class PolicyNode(ManagedNode):
    """Hosts the Bundler, and the policy in a worker thread."""

    name = 'policy'
    period = 0.02
    vote_period = 0.1  # s

    def configure(self) -> None:
        self.p = p = self.parameters(PolicyNodeParams)
        robot = self.load_robot(p.robot)
        self.policy = load_policy(p.policy, robot, lambda path: replayable_chunks(path, robot))
        cameras = self.policy.info.cameras
        silence = p.served_silence if is_served(p.policy) else p.align.silence
        self.bundler = Bundler(replace(p.align, silence=silence), robot, cameras)
        self.worker: Worker[InferenceRequest, Proposal] = Worker(self.infer)
        self.status = IDLE
        self.attempt = ('', 0)  # task and attempt of the last reset
        self.requested = self.voted = 0.0  # s, ROS time of the last inference and vote
        self.level = Level.HOLD  # of the last vote
        self.subscribe(topics.joint_states(robot), self.bundler.on_joints)
        self.subscribe(topics.SCENE, self.bundler.on_scene)
        self.readers = [
            RgbdSubscription(self, robot.camera(camera), self.bundler.on_frame)
            for camera in cameras
        ]
        self.subscribe(topics.STATUS, self.on_status)
        self.send_candidates = self.advertise(topics.CANDIDATES)
        self.subscribe(topics.CHUNK, self.on_chunk)
        self.send_features = self.advertise(topics.FEATURES)
        self.send_vote = self.advertise(topics.VOTES)
        self.get_logger().info(f'policy {self.policy.info.name}, {self.policy.info.checkpoint}')

    def on_status(self, status: TaskStatus) -> None:
        self.status = status
        self.bundler.on_status(status, self.now)

    def on_chunk(self, chunk: ActionChunk) -> None:
        """Record the chunk that the verifier chose."""
        self.bundler.on_chunk(chunk, self.now)

    def on_clock_jump(self, step: float) -> None:
        self.requested = self.voted = -inf
        self.bundler.on_clock_jump(self.now)

    def tick(self) -> None:
        now = self.now
        self._check_cameras()
        proposal = self.worker.take()
        if proposal is not None:
            self.bundler.on_silence(proposal.reason)
            if proposal.chunks:
                self.propose(proposal)
        if now - self.requested >= self.p.period and not self.worker.is_busy:
            observation = self.bundler.bundle(now, self.status)
            if observation is not None:
                self.worker.submit(InferenceRequest(observation, self.status))
                self.requested = now
        level, _ = self.bundler.judge(now)
        if level != self.level or now - self.voted >= self.vote_period:
            self.send_vote(self.bundler.vote(now))
            self.voted, self.level = now, level

    def _check_cameras(self) -> None:
        """What is wrong with the frames of a camera is this node's problem."""
        for reader in self.readers:
            reader.check()
        self.problem = next((reader.problem for reader in self.readers if reader.problem), '')
        self.remark = next((reader.remark for reader in self.readers if reader.remark), '')

    def propose(self, proposal: Proposal) -> None:
        if proposal.chunks[0].task_id != self.status.task_id:
            return  # the task changed during the inference
        self.send_candidates(proposal.chunks)
        if proposal.features is not None:
            self.send_features(proposal.features)

    def infer(self, request: InferenceRequest) -> Proposal:
        """Run one inference (in the worker thread, the only user of the policy)."""
        status = request.status
        attempt = (status.task_id, status.attempt)
        if attempt != self.attempt:
            self.policy.reset(status.task_id, status.instruction, status.seed + status.attempt)
            self.attempt = attempt
        return self.policy.act(request.observation, self.p.candidates)

    def destroy_node(self) -> None:
        if self.is_configured:
            self.worker.close()
        super().destroy_node()


class LookingPolicyNode(PolicyNode):
    """The same with shared memory, by which pictures come."""

    carries_images = True


def main() -> None:
    looks = may_look(given_parameter('policy', sys.argv))
    run(LookingPolicyNode if looks else PolicyNode)
