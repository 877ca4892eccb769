"""The shell of every node, on small nodes in this process and one in its own."""

import gc
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import rclpy
from graph import Client
from leftovers import nodes_left
from lifecycle_msgs.msg import Transition
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock as ClockMessage

from vla_core.errors import UserError
from vla_core.params import check, param
from vla_core.records.safety import Level, SafetyVote
from vla_core.records.sensing import JointState
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved
from vla_interfaces.action import ExecuteTask
from vla_interfaces.msg import SafetyVote as VoteMessage
from vla_interfaces.srv import Arm
from vla_ros import params, qos, topics
from vla_ros.endpoints import Endpoints
from vla_ros.entities import destroy_with_actions
from vla_ros.node import ManagedNode
from vla_ros.simple_action_server import SimpleActionServer
from vla_shield.node import ShieldNode

CONFIGURE, ACTIVATE = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE
DEACTIVATE = Transition.TRANSITION_DEACTIVATE
CLEANUP = Transition.TRANSITION_CLEANUP


@dataclass(frozen=True)
class Inner:
    gain: float = param(1.0, 'no unit', lo=0.0, hi=2.0)

    def __post_init__(self):
        check(self)


@dataclass(frozen=True)
class Outer:
    names: tuple[str, ...] = param(('a', 'b'), 'who')
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self):
        check(self)


class Toy(ManagedNode):
    name = 'toy'
    trouble: Exception | None = None

    def configure(self):
        self.events = []
        if self.trouble:
            raise type(self.trouble)(*self.trouble.args)  # one that is kept would keep this node
        self.subscribe(topics.VOTES, self.events.append)
        self.ticks = 0

    def tick(self):
        self.ticks += 1

    def safe_stop(self):
        self.events.append('stopped')


@pytest.fixture
def ros():
    rclpy.init()
    yield
    rclpy.try_shutdown()
    gc.collect()  # with its last handle a node is gone from DDS, and the next may take its name


@pytest.fixture
def client(ros):
    client = Client()
    client.watch(topics.HEARTBEATS)
    yield client
    client.close()


@pytest.fixture
def toy(client):
    toy = Toy()
    client.toy_executor = rclpy.executors.SingleThreadedExecutor()
    client.toy_executor.add_node(toy)
    plain = client.executor.spin_once

    def both(timeout_sec):
        client.toy_executor.spin_once(timeout_sec=timeout_sec / 2)
        plain(timeout_sec=timeout_sec / 2)

    client.executor.spin_once = both
    assert client.until(lambda: 'toy' in client.beats, 10.0)
    yield toy
    client.toy_executor.shutdown()
    destroy_with_actions(toy)


def vote(seq, **more):
    return replace(SafetyVote(1000.0, 'me', seq, Level.RUN, 1.0, 0.3), **more)


def test_a_node_works_only_while_active_and_stops_safely(client, toy):
    assert client.change('toy', CONFIGURE)
    client.until(lambda: False, 0.1)
    assert toy.ticks == 0
    assert client.change('toy', ACTIVATE)
    assert client.until(lambda: toy.ticks >= 5, 5.0)
    assert client.change('toy', DEACTIVATE)
    ticks = toy.ticks
    client.until(lambda: False, 0.1)
    assert (toy.ticks, toy.events) == (ticks, ['stopped'])


@pytest.mark.parametrize('trouble', [UserError('no robot'), KeyError('x')])
def test_a_node_that_cannot_configure_says_so_and_can_be_asked_again(client, toy, trouble):
    toy.trouble = trouble
    assert not client.change('toy', CONFIGURE)
    toy.trouble = None
    assert client.change('toy', CONFIGURE)


def test_a_transition_that_does_not_exist_is_refused_and_the_node_lives(client, toy):
    assert not client.change('toy', ACTIVATE)
    assert client.change('toy', CONFIGURE)
    assert not client.change('toy', CONFIGURE)


def broken():
    raise ValueError('broken')


def test_an_exception_in_a_transition_neither_hides_the_state_nor_keeps_the_node_down(client, toy):
    def state():
        client.until(lambda: False, 0.2)
        return client.beats['toy'].state

    assert client.change('toy', CONFIGURE)
    toy.start = broken
    assert not client.change('toy', ACTIVATE)
    assert state() == 'inactive'
    del toy.start
    assert client.change('toy', ACTIVATE)
    toy.safe_stop = broken
    assert client.change('toy', DEACTIVATE)
    assert state() == 'inactive'
    destroy, toy.endpoints.destroy = toy.endpoints.destroy, lambda _: broken()
    assert client.change('toy', CLEANUP)
    assert state() == 'unconfigured'
    toy.endpoints.destroy = destroy
    assert client.change('toy', CONFIGURE)
    assert client.change('toy', ACTIVATE)
    assert state() == 'active'


class Full(Toy):
    """A node that creates one endpoint of every kind when it is configured."""

    def configure(self):
        super().configure()
        self.advertise(topics.REPORT)
        self.subscribe(topics.SCENE, self.events.append, by_executor=True)
        self.create_service(Arm, 'arm', lambda _, response: response)
        self.create_client(Arm, 'arm')
        self.create_timer(1.0, self.tick)
        SimpleActionServer(self, ExecuteTask, 'do', lambda _: None, ExecuteTask.Result)


def entity_counts(node):
    kinds = ('publishers', 'subscriptions', 'services', 'clients', 'timers', 'waitables')
    return {kind: len(list(getattr(node, kind))) for kind in kinds}


def test_cleanup_destroys_what_configure_created(ros):
    node = Full()
    try:
        before = entity_counts(node)
        node.trigger_configure()
        configured = entity_counts(node)
        assert all(configured[kind] > before[kind] for kind in before)
        node.trigger_cleanup()
        assert entity_counts(node) == before
        node.trigger_configure()
        assert entity_counts(node) == configured
        assert node.count_publishers('report') == 1
        assert node.endpoints.first_qos_mismatch() == ''
    finally:
        destroy_with_actions(node)


def test_a_failed_configure_leaves_no_endpoint_behind(ros):
    node = Full()
    try:
        before = entity_counts(node)
        node.create_timer = None  # configure fails when most has been created
        node.trigger_configure()
        assert entity_counts(node) == before
    finally:
        destroy_with_actions(node)


def test_a_shield_that_was_configured_again_is_not_its_own_rival(client):
    shield = ShieldNode()
    try:
        shield.trigger_configure()
        shield.trigger_cleanup()
        shield.trigger_configure()
        assert client.until(lambda: shield.rivals.text() == '', 3.0), shield.rivals.text()
        assert shield.count_subscribers('target') == 1
    finally:
        destroy_with_actions(shield)


def test_heartbeats_say_the_state_and_the_problem(client, toy):
    assert (client.beats['toy'].healthy, client.beats['toy'].state) == (False, 'unconfigured')
    client.change('toy', CONFIGURE)
    client.change('toy', ACTIVATE)
    assert client.until(lambda: client.beats['toy'].healthy, 5.0)
    toy.problem = 'no joints'
    assert client.until(lambda: client.beats['toy'].detail == 'no joints', 5.0)
    assert not client.beats['toy'].healthy


def test_simulated_time_is_read_in_each_cycle_and_wakes_nobody(client, toy):
    client.change('toy', CONFIGURE)
    client.change('toy', ACTIVATE)
    toy.set_parameters([Parameter('use_sim_time', value=True)])
    publisher = client.node.create_publisher(ClockMessage, '/clock', 1)
    assert client.until(lambda: publisher.get_subscription_count() == 1, 5.0)
    (clock,) = [s for s in toy.subscriptions if s.topic_name == '/clock']
    assert not clock.callback_group.can_execute(clock)
    message = ClockMessage()
    message.clock.sec = 50
    publisher.publish(message)
    assert client.until(lambda: toy.now == 50.0, 5.0)
    toy.set_parameters([Parameter('use_sim_time', value=False)])
    ticks = toy.ticks
    assert client.until(lambda: toy.ticks > ticks + 3, 5.0)
    assert toy.now > 1e9


def test_every_vote_of_many_voters_arrives_and_bad_ones_do_not(client, toy):
    client.change('toy', CONFIGURE)
    client.change('toy', ACTIVATE)
    publisher = client.node.create_publisher(VoteMessage, 'votes', topics.VOTES.qos)
    (reader,) = [s for s in toy.subscriptions if s.topic_name == '/votes']

    def know_each_other():  # DDS tells either end at its own time; before, words are lost
        return publisher.get_subscription_count() == 1 == reader.get_publisher_count()

    assert client.until(know_each_other, 5.0)
    for seq in range(30):
        publisher.publish(topics.VOTES.to_msg(vote(seq)))
    publisher.publish(topics.VOTES.to_msg(vote(99, speed_scale=float('nan'))))
    assert client.until(lambda: len(toy.events) >= 30, 5.0)
    client.until(lambda: False, 0.1)
    assert [event.seq for event in toy.events] == list(range(30))


def test_a_publisher_whose_qos_does_not_fit_is_found(client, toy):
    client.change('toy', CONFIGURE)
    client.node.create_publisher(VoteMessage, 'votes', qos.SENSOR)

    def found():
        return 'best effort offered, reliable requested' in toy.endpoints.next_qos_mismatch()

    assert client.until(found, 5.0)


def test_a_node_does_not_start_beside_a_publisher_that_it_would_not_hear(client, toy, monkeypatch):
    client.change('toy', CONFIGURE)
    wrong = client.node.create_publisher(VoteMessage, 'votes', qos.SENSOR)
    assert client.until(lambda: toy.endpoints.first_qos_mismatch() != '', 5.0)
    assert not client.change('toy', ACTIVATE)
    with monkeypatch.context() as without:
        without.setattr('vla_ros.endpoints.qos_mismatch', lambda offered, asked: '')
        assert client.change('toy', ACTIVATE)
    assert client.change('toy', DEACTIVATE)
    client.node.destroy_publisher(wrong)
    assert client.until(lambda: toy.endpoints.first_qos_mismatch() == '', 5.0)
    assert client.change('toy', ACTIVATE)


@pytest.mark.parametrize('is_before', [True, False])
def test_a_passive_listener_of_any_qos_never_counts_towards_health(client, toy, is_before):
    """A plotter is reliable, rosbag2 may ask for latched messages: neither is waited for."""

    def listen():
        return [
            client.node.create_subscription(topic.type, topic.name, lambda _: None, qos.STATE)
            for topic in (topics.REPORT, topics.VOTES, topics.TARGET, topics.HEARTBEATS)
        ]

    def rounds():
        return [toy.endpoints.next_qos_mismatch() for _ in range(2 * len(toy.endpoints._all()))]

    if is_before:
        listen()
    client.change('toy', CONFIGURE)
    for topic in (topics.REPORT, topics.TARGET):
        toy.advertise(topic)
    if is_before:
        assert client.until(lambda: toy.count_subscribers('report') == 1, 5.0)
        assert client.change('toy', ACTIVATE)
    else:
        assert client.change('toy', ACTIVATE)
        listen()
        assert client.until(lambda: toy.count_subscribers('report') == 1, 5.0)
    assert set(rounds()) == {''}
    client.until(lambda: False, 0.7)
    assert client.beats['toy'].healthy


def test_a_reader_with_one_subscription_that_receives_is_reached(client, toy):
    """Perception listens to camera info twice: to what is sent anew, and to what was latched."""
    own = rclpy.create_node('supervisor', context=client.context)
    client.change('toy', CONFIGURE)
    toy.advertise(topics.REPORT)
    for profile in (qos.STATE, topics.REPORT.qos):
        own.create_subscription(topics.REPORT.type, 'report', lambda _: None, profile)
    assert client.until(lambda: toy.count_subscribers('report') == 2, 5.0)
    assert toy.endpoints.first_qos_mismatch() == ''
    own.destroy_node()


def test_one_of_our_own_readers_that_is_not_reached_is_a_problem_until_it_has_left(client, toy):
    own = rclpy.create_node('supervisor', context=client.context)
    elsewhere = rclpy.create_node('supervisor', context=client.context, namespace='/lab')
    client.change('toy', CONFIGURE)
    toy.advertise(topics.REPORT)
    wrong = topics.REPORT.type, 'report', lambda _: None, qos.STATE
    elsewhere.create_subscription(topics.REPORT.type, '/report', lambda _: None, qos.STATE)
    assert client.until(lambda: toy.count_subscribers('report') == 1, 5.0)
    assert toy.endpoints.first_qos_mismatch() == ''
    own.create_subscription(*wrong)
    assert client.until(lambda: '/supervisor: best' in toy.endpoints.first_qos_mismatch(), 5.0)
    checks = range(len(toy.endpoints._all()))
    found = [toy.endpoints.next_qos_mismatch() for _ in checks]
    assert any(found)
    own.create_subscription(topics.REPORT.type, 'report', lambda _: None, topics.REPORT.qos)
    assert client.until(lambda: toy.endpoints.first_qos_mismatch() == '', 5.0)  # one is enough
    own.destroy_node()
    elsewhere.destroy_node()
    assert client.until(lambda: toy.count_subscribers('report') == 0, 5.0)
    assert [toy.endpoints.next_qos_mismatch() for _ in checks][-1] == ''


def test_a_listener_beside_the_robots_driver_does_not_count_and_a_driver_unreached_does(
    client, toy
):
    client.change('toy', CONFIGURE)
    command = topics.arm_command(resolved(load_robot('ur5e')))
    toy.advertise(command)
    toy.endpoints.subscribe(topics.SCENE, lambda _: None)

    def problem():
        return [toy.endpoints.next_qos_mismatch() for _ in toy.endpoints._all()][-1]

    def subscribe(profile):
        client.node.create_subscription(command.type, command.name, lambda _: None, profile)

    subscribe(qos.STATE)  # a recorder that asks for latched messages, alone
    assert client.until(lambda: 'latched requested' in problem(), 5.0)
    assert toy.endpoints.first_qos_mismatch() == ''  # the driver may yet come
    subscribe(qos.COMMAND)  # the driver
    assert client.until(lambda: problem() == '', 5.0)


def test_the_shield_names_who_else_commands_the_robot_and_does_not_arm(client):
    shield = ShieldNode()
    shield.trigger_configure()
    assert shield.arm() == 'the shield is inactive'
    shield.trigger_activate()
    command = topics.arm_command(resolved(load_robot('ur5e')))
    try:
        assert shield.rivals.text() == ''
        rival = client.node.create_publisher(command.type, command.name, command.qos)
        assert client.until(lambda: '/client' in shield.rivals.text(), 5.0)
        for _ in range(10):
            shield.tick()
        assert shield.problem == f'other publisher of {command.name}: /client'
        arm = next(s for s in shield.services if s.srv_name.endswith('shield/arm'))
        answer = arm.callback(Arm.Request(), Arm.Response())
        assert (answer.success, answer.message) == (False, shield.problem)
        client.node.destroy_publisher(rival)
        assert client.until(lambda: shield.rivals.text() == '', 5.0)
        shield.configured_at = time.monotonic()
        answer = arm.callback(Arm.Request(), Arm.Response())
        assert (answer.success, 'discovery' in answer.message) == (False, True)
        shield.configured_at -= 2.0
        answer = arm.callback(Arm.Request(), Arm.Response())
        assert (answer.success, 'joint' in answer.message) == (False, True)
    finally:
        destroy_with_actions(shield)


def test_a_second_publisher_of_the_same_joints_is_named_and_a_gripper_driver_is_not(client):
    robot = resolved(load_robot('ur5e'))
    topic, lab = topics.joint_states(robot), '/lab'
    shield = ShieldNode()
    shield.trigger_configure()
    shield.trigger_activate()
    driver, gripper, rival = (
        rclpy.create_node(name, context=client.context, namespace=namespace)
        for name, namespace in (('driver', '/'), ('gripper', '/'), ('driver', lab))
    )
    arm = JointState(shield.now, robot.joint_names, robot.home, 0.0 * robot.home)
    finger = JointState(shield.now, (robot.gripper.joint,), [0.01], [0.0])
    senders = {
        node: (node.create_publisher(topic.type, topic.name, topic.qos), state)
        for node, state in ((driver, arm), (gripper, finger), (rival, arm))
    }

    def send(nodes, times):
        for _ in range(times):
            for node in nodes:
                publisher, state = senders[node]
                publisher.publish(topic.to_msg(replace(state, stamp=shield.now)))
                client.until(lambda: False, 0.01)
            shield._cycle()

    def conflict():
        return shield.shield.inputs.joints_conflict

    try:
        assert client.until(lambda: shield.count_publishers(topic.name) == 3, 5.0)
        send((driver, gripper), 40)
        assert conflict() == ''
        assert shield.shield.inputs.joints_fault(shield.now) == ''
        send((driver, gripper, rival), 20)
        assert 'the joints of the arm: /driver and /gripper and /lab/driver' in conflict()
        assert 'two publishers' in shield.arm()
    finally:
        for node in (driver, gripper, rival, shield):
            destroy_with_actions(node)


def test_a_configured_node_is_gone_once_it_is_destroyed_with_its_actions(ros):
    """What the check of each module (leftovers.py) would find of the same node otherwise."""
    for destroy, frozen in ((Toy.destroy_node, ['Toy']), (destroy_with_actions, [])):
        node = Toy()
        node.trigger_configure()
        destroy(node)
        del node
        assert nodes_left() == (frozen, [])


def test_the_endpoints_of_one_table_fit_each_other(client, toy):
    endpoints = Endpoints(client.node, pytest.fail)
    for topic in topics.ALL:
        endpoints.advertise(topic)
        endpoints.subscribe(topic, lambda _: None)
    client.until(lambda: False, 0.3)
    assert not [
        text for _ in range(2 * len(topics.ALL)) if (text := endpoints.next_qos_mismatch())
    ]


def node_with(**values):
    overrides = [Parameter(name.replace('__', '.'), value=value) for name, value in values.items()]
    return rclpy.create_node('parametric', parameter_overrides=overrides)


def test_parameters_fill_the_dataclass_and_cannot_be_changed(ros):
    node = node_with(inner__gain=2)
    filled = params.declare(node, Outer)
    assert filled == Outer(('a', 'b'), Inner(2.0))
    answer = node.set_parameters([Parameter('inner.gain', value=1.0)])
    assert not answer[0].successful
    assert node.describe_parameter('inner.gain').description == 'no unit'


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'inner__gian': 1.0}, 'inner.gian'),
        ({'inner__gain': 9.0}, 'gain'),
        ({'inner__gain': 'much'}, 'gain'),
        ({'inner__gain': float('nan')}, 'gain'),
    ],
)
def test_a_wrong_parameter_is_an_error_that_names_it(ros, values, message):
    with pytest.raises(UserError, match=message):
        params.declare(node_with(**values), Outer)


STUCK = """
from vla_ros.main import run
from vla_ros.node import ManagedNode
from vla_shield.node import ShieldNode
import time
class Node(ManagedNode):
    name = 'stuck'
    def __init__(self):
        super().__init__()
        self.create_timer(0.05, self.work)
        print('ready', flush=True)
    def work(self):
        time.sleep(SECONDS)
run(Node)
"""


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(('seconds', 'limit'), [(0.0, 1.5), (30.0, 2.5)])
def test_a_node_ends_soon_after_its_signal_even_when_stuck(number, seconds, limit):
    code = STUCK.replace('SECONDS', str(seconds))
    process = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == 'ready\n'
    time.sleep(0.3)  # well into its work
    began = time.monotonic()
    os.kill(process.pid, number)
    process.wait(timeout=10.0)
    assert time.monotonic() - began < limit


TOO_SOON = """
import os, rclpy, signal, time
from rclpy.node import Node
from vla_ros.main import run
class Told(Node):
    def __init__(self):
        super().__init__('told')
        os.kill(os.getpid(), signal.NUMBER)
        while rclpy.ok():
            time.sleep(0.01)
run(Told)
"""


@pytest.mark.parametrize('number', ['SIGINT', 'SIGTERM'])
def test_a_node_that_is_told_to_end_before_it_spins_ends_without_a_trace(number):
    code = TOO_SOON.replace('NUMBER', number)
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stderr) == (0, '')
