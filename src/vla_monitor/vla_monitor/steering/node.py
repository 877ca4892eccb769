"""Verifier node: selects the candidate to execute in a worker thread, so that the vote stays
periodic."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Any

from vla_core.params import check, param
from vla_core.records.action import ActionChunk
from vla_core.records.alignment import AlignmentVerdict, Correction
from vla_core.worker import Worker
from vla_monitor.steering.verifier import Verifier, VerifierParams
from vla_ros import topics
from vla_ros.main import run
from vla_ros.node import ManagedNode
from vla_shield.params import ShieldParams

Chunks = tuple[ActionChunk, ...]
CLOCK_JUMP = 'clock jump'  # in the queue of records
Choice = tuple[ActionChunk | None, AlignmentVerdict]


@dataclass(frozen=True)
class VerifierNodeParams:
    """Robot, verifier parameters, and the shield's parameters (as configured there)."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    verifier: VerifierParams = field(default_factory=VerifierParams)
    shield: ShieldParams = field(default_factory=ShieldParams)

    def __post_init__(self) -> None:
        check(self)


class VerifierNode(ManagedNode):
    """Hosts the Verifier; a single candidate is verified in the tick itself."""

    name = 'verifier'
    period = 0.02
    vote_period = 0.1  # s

    def configure(self) -> None:
        p = self.parameters(VerifierNodeParams)
        robot = self.load_robot(p.robot)
        self.verifier = Verifier(p.verifier, robot, p.shield, monotonic)
        self.worker: Worker[Chunks, Choice] = Worker(self.choose)
        self.waiting: Chunks = ()
        self.pending: list[tuple[str, Any]] = []
        self.voted = 0.0  # s, ROS time of the last vote
        for name, topic in (
            ('joint_states', topics.joint_states(robot)),
            ('scene', topics.SCENE),
            ('status', topics.STATUS),
        ):
            self.subscribe(topic, self.keeper(name))
        self.subscribe(topics.CORRECTIONS, self.on_correction)
        self.subscribe(topics.CANDIDATES, self.on_candidates)
        self.send_chunk = self.advertise(topics.CHUNK)
        self.send_verdict = self.advertise(topics.VERDICT)
        self.send_vote = self.advertise(topics.VOTES)

    def keeper(self, name: str) -> Any:
        """Return a callback that queues a topic's records while the worker is busy."""
        return lambda record: self.pending.append((name, record))

    def on_correction(self, correction: Correction) -> None:
        self.pending.append(('corrections', correction))

    def on_candidates(self, chunks: Chunks) -> None:
        self.waiting = chunks

    def on_clock_jump(self, step: float) -> None:
        self.voted, self.waiting = -inf, ()
        self.pending = [(CLOCK_JUMP, step)]

    def tick(self) -> None:
        now = self.now
        choice = self.worker.take()
        if choice is not None:
            self.publish_choice(choice)
        if not self.worker.is_busy:
            self.observe(now)
            chunks, self.waiting = self.waiting, ()
            if len(chunks) == 1:
                self.publish_choice(self.verifier.choose(chunks, now))
            elif chunks:
                self.worker.submit(chunks)
        if now - self.voted >= self.vote_period:
            self.send_vote(self.verifier.vote(now))
            self.voted = now

    def observe(self, now: float) -> None:
        """Pass the queued records to the verifier, which is not thread-safe."""
        pending, self.pending = self.pending, []
        for name, record in pending:
            if name == CLOCK_JUMP:
                self.verifier.on_clock_jump()
                continue
            self.verifier.observe(name, record, now)
            if name == 'corrections':
                outcome = self.verifier.remark or f"'{record.language_motion}' accepted"
                self.get_logger().info(f'correction by {record.operator_id}: {outcome}')

    def choose(self, chunks: Chunks) -> Choice:
        """Choose a candidate (in the worker thread)."""
        return self.verifier.choose(chunks, self.now)

    def publish_choice(self, choice: Choice) -> None:
        chunk, verdict = choice
        if chunk is not None:
            self.send_chunk(chunk)
        self.send_verdict(verdict)

    def destroy_node(self) -> None:
        if self.is_configured:
            self.worker.close()
        super().destroy_node()


def main() -> None:
    run(VerifierNode)
