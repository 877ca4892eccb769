"""Two robots on one ROS domain, each with a graph in its namespace; listeners to all topics."""

import importlib
import re
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import yaml
from rclpy.action import ActionClient
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState

sys.path.insert(0, str(Path(__file__).parent))

from graph import NODES, Client

from vla_bringup.graph.launch_file import load_launch
from vla_bringup.graph.launch_runner import LaunchRunner
from vla_bringup.graph.live_view import look
from vla_core.records.task import ResultCode
from vla_core.robot.ros_names import absolute_name
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import ResetScene
from vla_ros import qos, topics
from vla_ros.endpoints import PolledCallbackGroup, PolledSubscription, take_all

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = ROOT / 'launch' / 'sim.launch.yaml'
TASKS = {'left': ('press', 4), 'right': ('press', 5)}
GLOBAL = {'/clock', '/tf', '/tf_static', '/rosout', '/parameter_events'}
PERIOD = {'/**/sim': 'image_period', '/**/policy': 'period', '/**/failure': 'period'}
POLL = 0.03  # s
RECORDED = ('joint_states', 'report', 'target', 'votes', 'arm_controller/joint_trajectory')
FOUND = 15.0  # s until all that was started is discovered
TIME = 60.0  # s for both tasks; 7 on two free cores


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Parameters and a robot that cost less: 4 images per second, of one small camera."""
    out = tmp_path_factory.mktemp('namespaces')
    stack = yaml.safe_load((ROOT / 'config/stack.yaml').read_text())
    for node, key in PERIOD.items():
        stack[node]['ros__parameters'][key] = 0.25
    robot = yaml.safe_load((ROOT / 'config/robots/ur5e.yaml').read_text())
    robot['cameras'] = [{**robot['cameras'][0], 'width': 240, 'height': 180}]
    for name, content in (('stack', stack), ('robot', robot)):
        (out / f'{name}.yaml').write_text(yaml.safe_dump(content))
    return {'config': str(out / 'stack.yaml'), 'robot': str(out / 'robot.yaml')}


class Robots:
    """Two graphs, a client in the namespace of each, and one listener to both, which polls: it
    shares the processors with the graphs."""

    def __init__(self, files):
        self.lines, self.runners, self.clients = [], {}, {}
        self.listener = Client('rosbag2_recorder')
        self.newest, self.counts = {}, defaultdict(int)
        self.beats = {space: {} for space in TASKS}
        self.reasons = {space: set() for space in TASKS}
        self.paths = {space: [] for space in TASKS}
        self._polled, self._group = [], PolledCallbackGroup()
        for space in TASKS:
            for topic in (topics.HEARTBEATS, topics.REPORT, topics.JOINT_STATES, topics.SUCCESS):
                name = absolute_name(topic.name, space)
                self._add(topic.type, name, topic.qos, self._put(space, topic, name))
        self._followed = len(self._polled)  # those that follow are of record_everything
        for space, (task, seed) in TASKS.items():
            given = {**files, 'namespace': space, 'task': task, 'seed': str(seed)}
            runner = LaunchRunner(load_launch(LAUNCH, given).nodes, self._log(space))
            runner.start()
            self.runners[space], self.clients[space] = runner, Client('client', space)

    def _log(self, space):
        return lambda name, text: self.lines.append(f'{space} {name}: {text}')

    def _put(self, space, topic, name):
        def put(message):
            self.newest[name] = message
            if topic is topics.HEARTBEATS:
                self.beats[space][message.node] = message
            elif topic is topics.REPORT:
                self.reasons[space].add(message.reason)
            elif topic is topics.JOINT_STATES and len(message.name) > 2:
                self.paths[space].append(tuple(message.position[:6]))

        return put

    def _add(self, kind, name, profile, receive, *, raw=False):
        subscription = self.listener.node.create_subscription(
            kind, name, receive, profile, callback_group=self._group, raw=raw,
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
        )  # fmt: skip
        self._polled.append(PolledSubscription(subscription, receive))

    def until(self, condition, seconds):
        """Poll until the condition holds; False when it never did."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            take_all(self._polled)
            for client in self.clients.values():
                client.executor.spin_once(timeout_sec=0.0)
            if condition():
                return True
            time.sleep(POLL)
        return False

    @property
    def are_up(self):
        is_running = all(runner.poll() for runner in self.runners.values())
        found = [[beat.state for beat in beats.values()] for beats in self.beats.values()]
        return is_running and all(states.count('active') == len(NODES) for states in found)

    def record_everything(self):
        """Subscribe to all topics as `ros2 bag record -a` does, raw and with what the publishers
        offer; and reliably to the reports, as a plotter does, which are best effort."""
        node = self.listener.node
        for name, kinds in node.get_topic_names_and_types():
            publishers = node.get_publishers_info_by_topic(name)
            if publishers and '/_' not in name:  # hidden, as those of actions
                offer = publishers[0].qos_profile
                profile = QoSProfile(
                    depth=10, reliability=offer.reliability, durability=offer.durability
                )
                self._add(message_class(kinds[0]), name, profile, self._count(name), raw=True)
        for space in TASKS:
            name = absolute_name(topics.REPORT.name, space)
            self._add(topics.REPORT.type, name, qos.EVENT, self._count(f'plotter {space}'))

    def stop_recording(self):
        for polled in self._polled[self._followed :]:
            self.listener.node.destroy_subscription(polled.subscription)
        del self._polled[self._followed :]

    def _count(self, name):
        def count(_):
            self.counts[name] += 1

        return count

    def begin(self, space):
        """Start the task of a namespace; return the future of its result."""
        client, (task, seed) = self.clients[space], TASKS[space]
        request = ResetScene.Request(task=task, seed=seed, overrides='{}')
        instruction = client.call(ResetScene, 'sim/reset_scene', request).instruction
        action = ActionClient(client.node, ExecuteTask, 'execute_task')
        assert client.until(action.server_is_ready, 10.0)
        goal = ExecuteTask.Goal(instruction=instruction)
        return client.wait(action.send_goal_async(goal), 10.0).get_result_async()

    def truth(self, space):
        return self.newest[absolute_name(topics.SUCCESS.name, space)].data

    def close(self):
        for client in (self.listener, *self.clients.values()):
            client.close()
        for runner in self.runners.values():
            runner.stop()


def publishers_of(node, name):
    """Full names of the nodes, for a message of a failed test."""
    found = node.get_publishers_info_by_topic(name) + node.get_subscriptions_info_by_topic(name)
    return sorted({absolute_name(end.node_name, end.node_namespace) for end in found})


def message_class(kind):
    """The class of sensor_msgs/msg/Image."""
    package, _, name = kind.partition('/msg/')
    return getattr(importlib.import_module(f'{package}.msg'), name)


@pytest.fixture(scope='module')
def robots(files):
    """Both graphs, with the leaner executor: eighteen processes on two cores."""
    patch = pytest.MonkeyPatch()
    patch.setenv('VLA_LEAN_EXECUTOR', '1')
    robots = Robots(files)
    patch.undo()
    try:
        assert robots.until(lambda: robots.are_up, 90.0), '\n'.join(robots.lines[-40:])
        yield robots
    finally:
        robots.close()


def test_the_graphs_share_only_the_topics_that_are_global_in_ros(robots):
    node = robots.listener.node

    def discovered():
        names = {name for name, _ in node.get_topic_names_and_types()} - GLOBAL
        names |= {name for name, _ in node.get_service_names_and_types()}
        return {name for name in names if not name.startswith('/rosbag2_recorder/')}

    def owned(space):
        names = [name for name in discovered() if name.startswith(f'/{space}/')]
        return {name.removeprefix(f'/{space}') for name in names}

    assert robots.until(lambda: owned('left') == owned('right'), FOUND), [
        sorted(owned('left') ^ owned('right'))
    ]
    names = discovered()
    foreign = sorted(name for name in names if name.split('/')[1] not in TASKS)
    assert not foreign, [(name, publishers_of(node, name)) for name in foreign]
    for name in names:
        ends = node.get_publishers_info_by_topic(name)
        ends += node.get_subscriptions_info_by_topic(name)
        spaces = {end.node_namespace for end in ends if end.node_name in NODES}
        assert spaces <= {f'/{name.split("/")[1]}'}, name


def test_two_robots_do_a_task_each_and_listeners_to_all_topics_disturb_neither(robots):
    robots.record_everything()
    for kept in (*robots.reasons.values(), *robots.paths.values()):
        kept.clear()
    futures = {space: robots.begin(space) for space in TASKS}
    are_over = robots.until(lambda: all(future.done() for future in futures.values()), TIME)
    assert are_over, (robots.reasons, robots.lines[-20:])
    results = {space: future.result().result for space, future in futures.items()}
    assert {r.code for r in results.values()} == {ResultCode.SUCCEEDED}, (results, robots.reasons)
    assert robots.until(lambda: all(map(robots.truth, TASKS)), 3.0)
    said = set.union(*robots.reasons.values())
    assert not [text for text in said if re.search(r'\b(publishers?|leases?|frames?)\b', text)]
    left, right = (np.array(path) for path in robots.paths.values())
    assert min(np.ptp(left, axis=0).max(), np.ptp(right, axis=0).max()) > 0.2  # rad
    farthest = [np.abs(path - path[0]).sum(axis=1).argmax() for path in (left, right)]
    assert np.abs(left[farthest[0]] - right[farthest[1]]).max() > 0.05  # each at its own button
    recorded = [f'/{space}/{name}' for space in TASKS for name in RECORDED]
    assert [name for name in recorded if robots.counts[name] < 20] == []
    details = [beat.detail for beats in robots.beats.values() for beat in beats.values()]
    assert not [text for text in details if 'does not reach' in text or 'publisher' in text]


def test_a_live_look_shows_the_graph_of_one_namespace(robots):
    robots.stop_recording()
    view = look('right', seconds=1.0)
    if not set(NODES) <= set(view.nodes):  # it stops when no further node is heard for 1.5 s
        view = look('right', seconds=1.0)
    assert set(NODES) <= set(view.nodes)
    assert {topic.name.split('/')[1] for topic in view.topics} == {'right'}
    by_name = {topic.name: topic for topic in view.topics}
    assert by_name['/right/joint_states'].publishers == ('/right/sim',)
    assert by_name['/right/target'].publishers == ('/right/control',)


def test_a_second_publisher_of_joints_holds_the_robot_of_its_namespace_alone(robots):
    node = robots.clients['left'].node
    rival = node.create_publisher(JointState, 'joint_states', qos.SAMPLES)
    for reasons in robots.reasons.values():
        reasons.clear()

    def is_named():
        rival.publish(robots.newest['/left/joint_states'])
        return any('/left/client and /left/sim' in text for text in robots.reasons['left'])

    is_found = robots.until(is_named, 8.0)
    node.destroy_publisher(rival)
    assert is_found, robots.reasons
    assert not [text for text in robots.reasons['right'] if 'publisher' in text]
