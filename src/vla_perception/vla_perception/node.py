"""Perception as a node: pictures in, scenes and a vote out; the work runs beside the executor."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from vla_core.params import check, param
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import load_robot
from vla_core.robot.joint_state_merger import JointStateMerger
from vla_core.worker import Worker
from vla_perception.grounder import Grounder, with_latency
from vla_perception.grounding_vote import GroundingVote
from vla_perception.params import GrounderParams
from vla_ros import topics
from vla_ros.main import run
from vla_ros.node import ManagedNode
from vla_ros.rgbd_subscription import RgbdSubscription

IDLE = TaskStatus(0.0, '', '', Phase.IDLE)


@dataclass(frozen=True)
class PerceptionNodeParams:
    """Which robot, and how it sees."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    grounder: GrounderParams = field(default_factory=GrounderParams)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class GroundingRequest:
    """One piece of work: the newest frame (None: only vote) under the task of now."""

    frame: RgbdFrame | None
    joints: JointState | None
    status: TaskStatus


class PerceptionNode(ManagedNode):
    """Hosts the Grounder in a worker thread; only that thread touches it."""

    name = 'perception'
    carries_images = True
    period = 0.02
    vote_period = 0.1  # s

    def configure(self) -> None:
        p = self.parameters(PerceptionNodeParams)
        robot = load_robot(p.robot)
        self.grounder = Grounder(p.grounder, robot)
        self.worker: Worker[GroundingRequest, tuple[GroundedScene | None, GroundingVote]] = Worker(
            self.work
        )
        self.judgement: GroundingVote | None = None  # of the last picture
        self.votes = 0
        self.frame: RgbdFrame | None = None
        self.joints: JointState | None = None
        self.whole = JointStateMerger(robot)
        self.status, self.known = IDLE, IDLE  # the newest, and the one the grounder has
        self.voted = 0.0  # s, ROS time
        self.subscribe(topics.joint_states(robot), self.on_joints)
        self.subscribe(topics.STATUS, self.on_status)
        self.reader = RgbdSubscription(self, robot.camera(p.grounder.camera), self.on_frame)
        self.send_scene = self.advertise(topics.SCENE)
        self.send_vote = self.advertise(topics.VOTES)

    def on_joints(self, joints: JointState) -> None:
        self.joints = self.whole.merge(joints) or self.joints

    def on_status(self, status: TaskStatus) -> None:
        self.status = status

    def on_frame(self, frame: RgbdFrame) -> None:
        self.frame = frame

    def tick(self) -> None:
        answer = self.worker.take()
        if answer is not None:
            scene, self.judgement = answer
            if scene is not None:
                self.send_scene(scene)
            self.vote()
        is_due, is_of_now = self.now - self.voted >= self.vote_period, self.is_of_now()
        if is_due and is_of_now:
            self.vote()  # its age counts: a worker that hangs ends it
        if self.worker.is_busy or self.joints is None:
            return
        if self.frame is not None or (is_due and not is_of_now):
            self.worker.submit(GroundingRequest(self.frame, self.joints, self.status))
            self.frame = None

    def is_of_now(self) -> bool:
        """Whether the last judgement was made for the task and phase of now."""
        made = self.judgement
        asked = (self.status.task_id, self.status.phase)
        return made is not None and (made.task_id, made.phase) == asked

    def vote(self) -> None:
        """Say what the last picture allows now."""
        if self.judgement is None:
            return
        self.voted = self.now
        self.votes += 1
        self.send_vote(self.judgement.vote(self.now, self.votes, self.grounder.params))

    def work(self, job: GroundingRequest) -> tuple[GroundedScene | None, GroundingVote]:
        """In the worker thread: follow the task, look, judge."""
        began = time.perf_counter()
        if job.status.task_id != self.known.task_id:
            self.grounder.forget()
            self.grounder.set_task(job.status.task_id, job.status.instruction)
        self.grounder.set_phase(job.status.phase)
        self.known = job.status
        scene = None
        if job.frame is not None and job.joints is not None:
            scene = self.grounder.update(job.frame, job.joints, self.now)
            scene = with_latency(scene, time.perf_counter() - began)
        return scene, self.grounder.judgement()

    def destroy_node(self) -> None:
        if self.is_configured:
            self.worker.close()
        super().destroy_node()


def main() -> None:
    run(PerceptionNode)
