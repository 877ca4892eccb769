"""The rig of guided motion on the live graph: this process is target, voter and dead-man switch
of the shield."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from rclpy.event_handler import SubscriptionEventCallbacks
from std_msgs.msg import Bool

from vla_bringup.graph.client import GraphClient
from vla_commission.facts import Facts
from vla_commission.live.probe import observe
from vla_commission.live.processes import Processes
from vla_commission.motion.person import Person
from vla_commission.motion.rig import PERIOD
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.records.action import Source, Target, Trajectory
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Level, SafetyVote, ShieldReport
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.config import RobotConfig
from vla_core.robot.ros_names import absolute_name
from vla_interfaces.srv import Arm, Disarm, Lease, Reset
from vla_ros import topics
from vla_ros.convert.fields import BadMessage, seconds
from vla_ros.convert.rgbd import frame_from_msgs

VOTE_EVERY = 0.08  # s
LEASE_EVERY = 4  # votes
IMAGE_WAIT = 4.0  # s, for an image
SHIELD = 'shield'
DISCOVERY = 2.2  # s after its start, before the shield may be armed


class LiveRig:
    """Times are ROS time, s; one cycle lasts PERIOD of the steady clock."""

    def __init__(
        self, robot: RobotConfig, file: str, client: GraphClient, processes: Processes,
        person: Person,
    ) -> None:  # fmt: skip
        self.robot, self.file, self._client = robot, file, client
        self._processes, self.person = processes, person
        self.joints: JointState | None = None
        self.finger: float | None = None
        self.report: ShieldReport | None = None
        self.certified: Trajectory | None = None
        self._target: tuple[Array, Array, float] | None = None
        self.shield_arguments: dict[str, str] = {}  # of its launch file
        self._next = 0.0  # s, steady clock, end of this cycle
        self._votes, self._voted_at = 0, 0.0  # s, steady clock
        self._started = 0.0  # s, steady clock, start of the shield
        self._images: dict[str, Any] = {}
        self._has_other_switch = False  # somebody else publishes the dead-man switch
        links = client.links
        links.frame = robot.base_frame
        links.subscribe(topics.joint_states(robot), self._on_joints)
        links.subscribe(topics.REPORT, self._on_report)
        for topic in topics.arm_commands(robot):
            links.subscribe(topic, self._on_certified)
        self._send_target = links.advertise(topics.TARGET)
        self._send_vote = links.advertise(topics.VOTES)
        self._send_dead_man = links.advertise(topics.DEAD_MAN)
        self._lease_client = client.node.create_client(Lease, 'shield/lease')
        self._holder = client.node.get_fully_qualified_name()

    @property
    def now(self) -> float:
        return float(self._client.node.get_clock().now().nanoseconds) * 1e-9

    def _on_joints(self, state: JointState) -> None:
        if set(self.robot.joint_names) <= set(state.names):
            self.joints = state
        finger = self.robot.gripper.joint
        if finger in state.names:
            self.finger = float(state.position[state.names.index(finger)])

    def _on_report(self, report: ShieldReport) -> None:
        self.report = report

    def _on_certified(self, trajectory: Trajectory) -> None:
        if set(trajectory.names) == set(self.robot.joint_names):
            self.certified = trajectory

    def observe(self, seconds: float) -> Facts:
        shield = absolute_name(SHIELD, self._client.node.get_namespace())
        own = (shield,) if self._processes.is_running(SHIELD) else ()
        facts = observe(self._client, self.robot, seconds, own)
        self._has_other_switch = bool(facts.publishers_of(facts.full(topics.DEAD_MAN.name)))
        return facts

    # -- shield --------------------------------------------------------------------------------

    def start_shield(self) -> None:
        """Start and activate the shield, unless it runs."""
        if self._processes.is_running(SHIELD):
            return
        self._processes.start('commission', SHIELD, {'robot': self.file, **self.shield_arguments})
        self._processes.activate(self._client, SHIELD)
        self._started = time.monotonic()

    def kill_shield(self) -> None:
        self._processes.kill(SHIELD)
        self.report = None

    def arm(self) -> str:
        self.start_shield()
        while time.monotonic() - self._started < DISCOVERY:
            self.cycle()
        call = self._client.call
        lease = call(Lease, 'shield/lease', self._lease_request())
        if not lease.success:
            return str(lease.message)
        call(Reset, 'shield/reset', Reset.Request())
        response = call(Arm, 'shield/arm', Arm.Request())
        return '' if response.success else str(response.message)

    def disarm(self) -> None:
        self._target = None
        if self._processes.is_running(SHIELD):
            self._client.call(Disarm, 'shield/disarm', Disarm.Request())

    # -- cycles --------------------------------------------------------------------------------

    def command(self, q: Array, velocity: Array, opening: float) -> None:
        self._target = np.array(q), np.array(velocity), opening

    def silence(self) -> None:
        self._target = None

    def cycle(self) -> None:
        self._send()
        self._next = max(self._next + PERIOD, time.monotonic())
        while (rest := self._next - time.monotonic()) > 0.0:
            self._client.wait(lambda: True, min(rest, 0.005))
        self._client.links.drain()

    def keep_alive(self) -> None:
        """Vote, however long another call lasts; the client calls this while it waits."""
        if time.monotonic() - self._voted_at < VOTE_EVERY:
            return
        self._votes, self._voted_at = self._votes + 1, time.monotonic()
        self._send_vote(SafetyVote(self.now, 'commission', self._votes, Level.RUN, 1.0, 0.3))
        if self._target is not None and self._votes % LEASE_EVERY == 0:
            self._lease_client.call_async(self._lease_request())  # it lapses after 1 s of calls

    def _lease_request(self) -> Any:
        return Lease.Request(holder=self._holder, kind=int(LeaseKind.TELEOP))

    def _send(self) -> None:
        self.keep_alive()
        now = self.now
        if not self._has_other_switch:
            self._send_dead_man(Bool(data=self.person.is_holding()))
        if self._target is None:
            return
        q, velocity, opening = self._target
        self._send_target(Target(
            now, 'commission', self.robot.joint_names, q, velocity, opening, Source.TELEOP,
            holder=self._holder,
        ))  # fmt: skip

    # -- cameras -------------------------------------------------------------------------------

    def frame(self, camera: str) -> RgbdFrame | str:
        """The first pair of images that is exposed from now on."""
        config, began = self.robot.camera(camera), self.now
        names = topics.camera(config)
        kept: dict[int, Any] = {}

        def keep(k: int) -> Any:
            return lambda message: kept.update({k: message})

        node = self._client.node
        subscriptions = [_subscription(node, t, keep(k)) for k, t in enumerate(names)]
        subscriptions.append(_subscription(node, topics.latched(names[2]), keep(2)))

        def is_paired() -> bool:
            if not {0, 1} <= set(kept) or (config.needs_info and 2 not in kept):
                return False
            stamps = [seconds(kept[k].header.stamp) for k in (0, 1)]
            return min(stamps) >= began and abs(stamps[0] - stamps[1]) < 0.1

        try:
            if not self._wait(is_paired):
                return f'no pair of images on {names[0].name} within {IMAGE_WAIT:g} s'
            return frame_from_msgs(config, kept[0], kept[1], kept.get(2))
        except BadMessage as bad:
            return str(bad)
        finally:
            for subscription in subscriptions:
                node.destroy_subscription(subscription)

    def _wait(self, until: Any) -> bool:
        """Wait in cycles, so that the shield keeps its target."""
        for _ in range(round(IMAGE_WAIT / PERIOD)):
            self.cycle()
            if until():
                return True
        return False


def _subscription(node: Any, topic: topics.Topic, callback: Any) -> Any:
    """A subscription that is silent about publishers of another QoS."""
    return node.create_subscription(
        topic.type, topic.name, callback, topic.qos,
        event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
    )  # fmt: skip


def check_one_arm(robot: RobotConfig) -> None:
    """UserError for a robot that guided motion cannot handle."""
    if len(robot.arms) > 1 or len(robot.grippers) != 1:
        raise UserError(
            f'{robot.name} has {len(robot.arms)} arms and {len(robot.grippers)} grippers: guided '
            f'motion works with one of each; use --passive, or one robot file of each arm'
        )
