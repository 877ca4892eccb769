"""The recorder on real DDS: what is published during a task is in its file."""

import time

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor

from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved
from vla_interfaces.srv import LabelEpisode
from vla_ros import topics
from vla_ros.convert.camera_info import camera_info_to_msg
from vla_ros.convert.image import image_to_msg
from vla_ros.serialize import message_from_bytes
from vla_teleop.recorder.episode_file import read_metadata, read_raw
from vla_teleop.recorder.node import RecorderNode
from vla_teleop.recorder.recording import load_recording

DOMAIN = 101
ROBOT = resolved(load_robot('ur5e'))
PIXELS = np.arange(240 * 320 * 3, dtype=np.uint8).reshape(240, 320, 3)


class Bench:
    """A recorder and a node that publishes what a graph would."""

    def __init__(self, out):
        settings = {'out': out, 'name': 'e', 'tail': 0.3}
        given = [word for k, v in settings.items() for word in ('-p', f'recorder.{k}:={v}')]
        rclpy.init(args=['--ros-args', *given], domain_id=DOMAIN)
        self.recorder, self.node = RecorderNode(), rclpy.create_node('bench')
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.recorder)
        self.executor.add_node(self.node)
        self.path = out / 'e.mcap'
        self.publishers = {}

    def until(self, condition, seconds=5.0):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.02)
        assert condition()

    def connect(self, *which):
        for topic in which:
            made = self.node.create_publisher(topic.type, topic.name, topic.qos)
            self.publishers[topic.name] = made
        self.until(lambda: all(p.get_subscription_count() for p in self.publishers.values()))

    def say(self, topic, record):
        message = record if topic.to_msg is None else topic.to_msg(record)
        self.publishers[topic.name].publish(message)
        return message

    def restart(self):
        self.executor.remove_node(self.recorder)
        self.recorder.destroy_node()
        self.recorder = RecorderNode()
        self.executor.add_node(self.recorder)

    def close(self):
        self.executor.shutdown()
        self.recorder.destroy_node()
        self.node.destroy_node()
        rclpy.try_shutdown()


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def status(phase, text=''):
    return TaskStatus(1.0, '001-1', 'put it in', phase, 1, 7, ResultCode.SUCCEEDED, text)


def kept(path, topic):
    """Messages, not bytes: the padding of CDR is whatever was in memory."""
    return [message_from_bytes(m.data, topic.type) for m in read_raw(path, [topic.name])]


def test_a_burst_during_a_task_is_recorded_whole_and_in_order(bench):
    joints, colour = topics.joint_states(ROBOT), topics.camera(ROBOT.camera('scene'))[0]
    bench.connect(topics.STATUS, joints, colour)
    bench.say(topics.STATUS, status(Phase.RUNNING))
    bench.until(lambda: bench.recorder.recorder.episode_id)
    n = len(ROBOT.joint_names)
    sent = []
    for k in range(60):  # far more than the newest one, in one go
        record = JointState(2.0 + 0.01 * k, ROBOT.joint_names, np.full(n, 0.1 * k), np.zeros(n))
        sent.append(bench.say(joints, record))
    picture = bench.say(colour, image_to_msg(PIXELS, 'rgb8', 1.0, 'camera'))
    bench.say(topics.STATUS, status(Phase.DONE, 'done'))
    bench.until(bench.path.is_file)
    assert kept(bench.path, joints) == sent
    assert kept(bench.path, colour) == [picture]
    assert read_metadata(bench.path)['code'] == 'SUCCEEDED'
    phases = [said.record.phase for said in load_recording(bench.path, ROBOT).of('status')]
    assert phases == [Phase.RUNNING, Phase.DONE]


def test_camera_info_that_was_published_once_before_the_task_begins_its_file(bench):
    info = topics.latched(topics.camera(ROBOT.camera('scene'))[2])
    bench.connect(topics.STATUS, info)
    sent = bench.say(info, camera_info_to_msg(ROBOT.camera('scene').model, 1.0))
    bench.restart()
    bench.until(lambda: bench.recorder.recorder._latched[info.name])
    bench.say(topics.STATUS, status(Phase.RUNNING))
    bench.until(lambda: bench.recorder.recorder.episode_id)
    bench.say(topics.STATUS, status(Phase.DONE, 'done'))
    bench.until(bench.path.is_file)
    assert kept(bench.path, info) == [sent]


def test_a_label_reaches_the_file_of_the_open_task(bench):
    bench.connect(topics.STATUS)
    client = bench.node.create_client(LabelEpisode, 'label_episode')
    bench.say(topics.STATUS, status(Phase.RUNNING))
    bench.until(lambda: bench.recorder.recorder.episode_id and client.service_is_ready())
    future = client.call_async(LabelEpisode.Request(is_success=False, note='it slipped'))
    bench.until(future.done)
    assert future.result().success
    bench.say(topics.STATUS, status(Phase.DONE, 'done'))
    bench.until(bench.path.is_file)
    assert read_metadata(bench.path)['label'] == 'failure'
    assert read_metadata(bench.path)['note'] == 'it slipped'


def test_a_recorder_that_is_told_to_end_finishes_its_file(bench):
    bench.connect(topics.STATUS)
    bench.say(topics.STATUS, status(Phase.RUNNING))
    bench.until(lambda: bench.recorder.recorder.episode_id)
    bench.executor.remove_node(bench.recorder)
    bench.recorder.destroy_node()
    assert read_metadata(bench.path)['code'] == 'UNFINISHED'
