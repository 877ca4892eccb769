"""Perception node: images in, scenes and a vote out; processing runs in a worker thread."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import inf

from vla_core.params import check, param
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.joint_states.merger import JointStateMerger
from vla_core.worker import Worker
from vla_perception.grounder import Grounder, with_latency
from vla_perception.grounding.vote import GroundingVote
from vla_perception.params import GrounderParams
from vla_ros import topics
from vla_ros.camera.approximate_time_synchronizer import QUEUE, SLOP
from vla_ros.camera.rgbd_subscription import RgbdSubscription
from vla_ros.main import run
from vla_ros.node import ManagedNode

IDLE = TaskStatus(0.0, '', '', Phase.IDLE)


@dataclass(frozen=True)
class PerceptionNodeParams:
    """Robot and parameters of the grounder."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    camera_slop: float = param(
        SLOP, 's, colour and depth whose stamps differ by more are not one frame', lo=0.0, hi=0.2
    )
    camera_queue: int = param(QUEUE, 'images of each kind that wait for the other', lo=1, hi=100)
    grounder: GrounderParams = field(default_factory=GrounderParams)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class GroundingRequest:
    """Input of the worker: the newest frame (None: only vote) with the current task."""

    frame: RgbdFrame | None
    joints: JointState | None
    status: TaskStatus


class PerceptionNode(ManagedNode):
    """Hosts the Grounder in a worker thread; only that thread calls it."""

    name = 'perception'
    carries_images = True
    period = 0.02
    vote_period = 0.1  # s

    def configure(self) -> None:
        p = self.parameters(PerceptionNodeParams)
        robot = self.load_robot(p.robot)
        self.grounder = Grounder(p.grounder, robot)
        self.worker: Worker[GroundingRequest, tuple[GroundedScene | None, GroundingVote]] = Worker(
            self.process
        )
        self.grounding_vote: GroundingVote | None = None  # of the last image
        self.votes = 0
        self.frame: RgbdFrame | None = None
        self.joints: JointState | None = None
        self.joint_merger = JointStateMerger(robot)
        self.status, self.known = IDLE, IDLE  # newest status, and the one set in the grounder
        self.voted = 0.0  # s, ROS time
        self.subscribe(topics.joint_states(robot), self.on_joints)
        self.subscribe(topics.STATUS, self.on_status)
        self.reader = RgbdSubscription(
            self, robot.camera(p.grounder.camera), self.on_frame, p.camera_slop, p.camera_queue
        )
        self.send_scene = self.advertise(topics.SCENE)
        self.send_vote = self.advertise(topics.VOTES)

    def on_joints(self, joints: JointState) -> None:
        self.joints = self.joint_merger.merge(joints) or self.joints

    def on_status(self, status: TaskStatus) -> None:
        self.status = status

    def on_frame(self, frame: RgbdFrame) -> None:
        self.frame = frame

    def on_clock_jump(self, step: float) -> None:
        self.voted, self.frame = -inf, None

    def tick(self) -> None:
        self.reader.check()
        self.problem, self.remark = self.reader.problem, self.reader.remark
        result = self.worker.take()
        if result is not None:
            scene, self.grounding_vote = result
            if scene is not None:
                self.send_scene(scene)
            self.vote()
        is_due, is_current = self.now - self.voted >= self.vote_period, self.is_current()
        if is_due and is_current:
            self.vote()  # it carries the image's age: a hanging worker makes it HOLD
        if self.worker.is_busy or self.joints is None:
            return
        if self.frame is not None or (is_due and not is_current):
            self.worker.submit(GroundingRequest(self.frame, self.joints, self.status))
            self.frame = None

    def is_current(self) -> bool:
        """True when the last vote was made for the current task and phase."""
        made = self.grounding_vote
        current = (self.status.task_id, self.status.phase)
        return made is not None and (made.task_id, made.phase) == current

    def vote(self) -> None:
        """Publish the vote of the last image with the current time."""
        if self.grounding_vote is None:
            return
        self.voted = self.now
        self.votes += 1
        params, cause = self.grounder.params, self.reader.cause
        self.send_vote(self.grounding_vote.vote(self.now, self.votes, params, cause))

    def process(self, job: GroundingRequest) -> tuple[GroundedScene | None, GroundingVote]:
        """In the worker thread: set the task, process the frame, make the vote."""
        began = time.perf_counter()
        if job.status.task_id != self.known.task_id:
            self.grounder.clear()
            self.grounder.set_task(job.status.task_id, job.status.instruction)
        self.grounder.set_phase(job.status.phase)
        self.known = job.status
        scene = None
        if job.frame is not None and job.joints is not None:
            scene = self.grounder.update(job.frame, job.joints, self.now)
            scene = with_latency(scene, time.perf_counter() - began)
        return scene, self.grounder.grounding_vote()

    def destroy_node(self) -> None:
        if self.is_configured:
            self.worker.close()
        super().destroy_node()


def main() -> None:
    run(PerceptionNode)
