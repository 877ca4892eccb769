"""The modules that read messages, behind the boundary of the nodes, in one process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import numpy as np

from vla_bringup.graph.sessions import check_domain
from vla_control.controller import Controller
from vla_control.params import ControlParams
from vla_core.records.action import Source, Target
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Decision, Level, SafetyVote, ShieldReport
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig
from vla_monitor.failure.attempt import DetectorParams
from vla_monitor.failure.detector import FailureDetector
from vla_monitor.rules.monitor import RuleMonitor, RuleMonitorParams
from vla_monitor.rules.ruleset import load_rules
from vla_monitor.steering.verifier import Verifier, VerifierParams
from vla_policy.align import Bundler, BundlerParams
from vla_ros import topics
from vla_ros.endpoints import Endpoints
from vla_ros.node import ManagedNode
from vla_ros.serialize import message_to_bytes, to_bytes
from vla_ros.topics import Topic
from vla_shield.inputs.joint_publishers import JointPublishers
from vla_shield.node import ShieldNode
from vla_shield.shield import Shield, ShieldParams
from vla_supervisor.execution.executive import Executive
from vla_supervisor.lifecycle import BringUp, BringUpParams
from vla_supervisor.params import ExecutiveParams

DT = 0.01  # s, a cycle
CALM = 60  # cycles after which a fault must be over: longer than the dwell
STOPS = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED)
Callback = Callable[[Any], Any]


class Intake:
    """Every reader of every topic. `log` is what the nodes log; an exception that leaves a
    callback ends the node, and is raised."""

    def __init__(self, robot: RobotConfig) -> None:
        self.robot, self.now, self.log = robot, 10_000.0, list[str]()
        self.nodes = ['/driver']  # that publish the joint states
        self.shield = Shield(ShieldParams(), robot)
        self.control = Controller(ControlParams(), robot)
        self.bundler = Bundler(BundlerParams(), robot)
        self.verifier = Verifier(VerifierParams(), robot, ShieldParams(), monotonic)
        self.rules = RuleMonitor(RuleMonitorParams(), robot, load_rules())
        self.detector = FailureDetector(DetectorParams(), None, 0.2)
        self.executive, self.bring_up = Executive(ExecutiveParams()), BringUp(BringUpParams())
        self.publishers = JointPublishers(robot, '/joint_states', lambda _: self.nodes)
        self.endpoints = Endpoints(None, self.log.append)
        self.endpoints.frame = robot.base_frame
        self._number, self._votes = 0, 0
        self._receivers = {name: self._made(name) for name in self._readers()}

    # -- delivery ------------------------------------------------------------------------------

    def deliver(self, topic: Topic, message: Any, number: int | None = None) -> None:
        """Give a message, or its bytes, to every reader of `topic`; `number` is its publisher's
        sequence number."""
        self._number = self._number + 1 if number is None else number
        if topic.from_bytes is not None and not isinstance(message, bytes):
            message = message_to_bytes(message)
        for receive in self._receivers[topic.name]:
            receive(message)

    def receiver(self, topic: Topic, callback: Callback, refuse: Callback) -> Callback:
        """The function that takes a message of `topic`."""
        return self.endpoints.receiver(topic, callback, refuse)[0]

    def _made(self, name: str) -> list[Callback]:
        topic = next(topic for topic in topics.ALL if topic.name == name)
        return [
            self.receiver(topic, callback, refuse) for callback, refuse in self._readers()[name]
        ]

    def _readers(self) -> dict[str, list[tuple[Callback, Callback]]]:
        """By topic: callback and refusal of each node that reads it."""
        inputs, control, drop = self.shield.inputs, self.control, _ignore
        of_shield, of_bundler = (
            partial(self._timed, self.shield),
            partial(self._timed, self.bundler),
        )
        of_control = partial(self._timed, control)
        return {
            topics.JOINT_STATES.name: [
                (self.put_joints, inputs.refuse_joints), (control.on_joints, drop),
                (self.bundler.on_joints, drop), *self._observers('joint_states'),
            ],
            topics.TARGET.name: [(of_shield('on_target'), inputs.refuse_target)],
            topics.VOTES.name: [(of_shield('on_vote'), drop)],
            topics.SCENE.name: [
                (of_shield('on_scene'), drop), (control.on_scene, drop),
                (self.bundler.on_scene, drop), *self._observers('scene'),
                (self._timed(self.executive, 'on_scene'), drop),
            ],
            topics.CHUNK.name: [
                (of_control('on_chunk'), control.refuse), *self._observers('chunk'),
                (of_bundler('on_chunk'), drop),
            ],
            topics.STATUS.name: [
                (of_control('on_status'), drop), *self._observers('status'),
                (of_bundler('on_status'), drop),
            ],
            **self._monitored(),
        }  # fmt: skip

    def _monitored(self) -> dict[str, list[tuple[Callback, Callback]]]:
        """The readers of what control, shield and monitors report."""
        names = (
            (topics.REPORT, 'on_report'), (topics.CONTROL_STATE, 'on_control_state'),
            (topics.FAILURE, 'on_failure'), (topics.VERDICT, 'on_verdict'),
        )  # fmt: skip
        found: dict[str, list[tuple[Callback, Callback]]] = {
            topic.name: [(self._timed(self.executive, name), _ignore)] for topic, name in names
        }
        found[topics.REPORT.name].append((self._timed(self.control, 'on_report'), _ignore))
        for topic in (topics.CANDIDATES, topics.FEATURES, topics.CORRECTIONS):
            found[topic.name] = self._observers(topic.name)
        found[topics.HEARTBEATS.name] = [
            (lambda b: self.bring_up.on_heartbeat(b.node, b.state, b.stamp, b.seq), _ignore)
        ]
        return found

    def _timed(self, module: Any, name: str) -> Callback:
        """A method that takes a record and the time."""
        return lambda record: getattr(module, name)(record, self.now)

    def _observers(self, name: str) -> list[tuple[Callback, Callback]]:
        modules: tuple[Any, ...] = (self.verifier, self.rules, self.detector)
        return [(partial(self._observe, module, name), _ignore) for module in modules]

    def _observe(self, module: Any, name: str, record: Any) -> None:
        module.observe(name, record, self.now)

    def put_joints(self, joints: JointState) -> None:
        """As the shield's node does."""
        self.publishers.put(joints.names, self._number, self.now)
        refusal = self.shield.on_joints(joints, self.now)
        if refusal:
            self.endpoints.refusals.put('joint_states', refusal)

    # -- nodes ---------------------------------------------------------------------------------

    endpoints_class = Endpoints
    check_domain = staticmethod(check_domain)

    def under_clock(self, kind: type[ManagedNode]) -> ManagedNode:
        """A node whose ROS time is the attribute `clock` of its class."""
        return type(kind.__name__, (kind,), {'now': property(lambda n: n.clock), 'clock': 0.0})()

    def set_clock(self, bring_up: BringUp, step: float) -> None:
        """As the supervisor's node does when the ROS clock has jumped."""
        bring_up.on_clock_jump(step)

    def on_refused_transition(self, bring_up: BringUp, now: float) -> None:
        """After a node has refused a transition."""

    def arm(self, shield: ShieldNode) -> str:
        """Why the shield refuses to arm."""
        return shield.arm()

    # -- the rest of the stack -----------------------------------------------------------------

    def joints(self) -> JointState:
        """What the drivers of arm and gripper measure now."""
        position = np.append(self.robot.home, 0.01)
        names = (*self.robot.joint_names, self.robot.gripper.joint)
        return JointState(self.now, names, position, np.zeros(len(names)))

    def target(self) -> Target:
        """What control requests now: to stay."""
        home = self.robot.home
        return Target(
            self.now, '', self.robot.joint_names, home, 0.0 * home, 0.02, Source.TELEOP
        )  # fmt: skip

    def cycle(self, *, senses: bool = True, requests: bool = True, votes: bool = True) -> None:
        """One cycle of the shield with what a healthy stack sends; then time goes on."""
        self.begin_cycle(votes=votes)
        if senses:
            self.deliver(topics.JOINT_STATES, to_bytes(topics.JOINT_STATES, self.joints()))
        if requests:
            self.deliver(topics.TARGET, to_bytes(topics.TARGET, self.target()))
        self.end_cycle()

    def begin_cycle(self, *, votes: bool = True) -> None:
        """The next cycle, with the votes and the enabling switch."""
        self.now += DT
        self._votes += 1
        self.shield.leases.acquire('/control', LeaseKind.TELEOP, (), self.now)
        self.shield.on_dead_man(True, self.now)
        for voter in self.shield.params.required_voters if votes else ():
            vote = SafetyVote(self.now, voter, self._votes, Level.RUN, 1.0, 0.3)
            self.deliver(topics.VOTES, to_bytes(topics.VOTES, vote))

    def end_cycle(self) -> ShieldReport:
        """The report of the cycle."""
        self.shield.inputs.joints_conflict = self.publishers.conflict(self.now)
        self.report = self.shield.tick(self.now).report
        return self.report

    def move(self) -> str:
        """Arm, and run until motion is permitted; return why it is not, or ''."""
        for _ in range(CALM):
            self.cycle()
            why = self.shield.arm(self.now)
        for _ in range(CALM):
            self.cycle()
        if why or self.report.decision in STOPS:
            return f'no motion: {why or self.report.reason}'
        return ''

    def arming_refusal(self) -> str:
        """Why the shield would not arm now."""
        return self.shield.inputs.arming_fault(self.now)

    def run_task(self) -> None:
        """A task runs, for the readers of its status."""
        status = TaskStatus(self.now, 'task', 'press the button', Phase.RUNNING)
        self.deliver(topics.STATUS, topics.STATUS.to_msg(status))  # type: ignore[misc]


def _ignore(_: Any) -> None:
    return None
