"""Frames from the three topics of a camera, and the cause when there are none."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from rclpy.qos import QoSDurabilityPolicy

from vla_core.records.sensing import CameraModel
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved
from vla_ros.camera.rgbd_subscription import PATIENCE, RgbdSubscription
from vla_ros.convert.camera_info import camera_info_to_msg
from vla_ros.convert.fields import BadMessage
from vla_ros.convert.image import image_to_msg

MODEL = CameraModel('lens', 4, 2, 3.0, 3.0, 1.5, 0.5)
INFO = camera_info_to_msg(MODEL, 1.0)
PERIOD = 1 / 30  # s
CAMERA = resolved(load_robot('ur5e')).camera('scene')
IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'


class Node:
    """The parts of a node that are used; `published` has the type of each topic."""

    def __init__(self):
        self.errors, self.callbacks, self.profiles, self.now = [], {}, {}, 1.0
        self.log_error, self.published = self.errors.append, {}

    def subscribe(self, topic, callback):
        self.callbacks.setdefault(topic.name, callback)
        self.profiles.setdefault(topic.name, []).append(topic.qos)

    def get_publishers_info_by_topic(self, name):
        kind = self.published.get(name)
        return [SimpleNamespace(node_name='driver', topic_type=kind)] if kind else []

    def get_topic_names_and_types(self):
        return [(name, [kind]) for name, kind in self.published.items()]

    def count_publishers(self, name):
        return int(name in self.published)


class Rig:
    """A subscription that is fed with messages; `clock` is the steady clock and ROS time."""

    def __init__(self, camera=CAMERA, **limits):
        self.node, self.frames, self.clock = Node(), [], 1.0
        self.reader = RgbdSubscription(
            self.node, camera, self.frames.append, clock=lambda: self.clock, **limits
        )
        self.colour, self.depth, self.info = camera.topics

    def say(self, name, message):
        try:
            self.node.callbacks[name](message)
        except BadMessage as bad:  # the node counts and names it
            self.node.errors.append(str(bad))

    def play(self, count=40, offset=0.0, colour='rgb8', depth='32FC1', info=INFO, stamps=None):
        """Publish images; depth is stamped `offset` s later, and None is not published."""
        for _ in range(count):
            self.clock = self.node.now = self.clock + PERIOD
            stamp = self.clock if stamps is None else stamps(self.clock)
            if info is not None:
                self.say(self.info, info)
            if colour:
                self.say(self.colour, colour_at(stamp, colour))
            if depth:
                self.say(self.depth, depth_at(stamp + offset, depth))
            self.reader.check()
        return self.reader


def colour_at(stamp, encoding='rgb8'):
    return image_to_msg(np.zeros((2, 4, 3), np.uint8), encoding, stamp, 'lens')


def depth_at(stamp, encoding='32FC1'):
    return image_to_msg(np.ones((2, 4), np.float32), encoding, stamp, 'lens')


def test_images_of_one_exposure_are_a_frame():
    rig = Rig()
    reader = rig.play(40)
    assert [f.stamp for f in rig.frames] == pytest.approx(1.0 + PERIOD * np.arange(1, 41))
    assert (reader.cause, reader.problem, reader.remark, rig.node.errors) == ('', '', '', [])


def test_depth_40_ms_late_pairs_and_the_offset_is_a_remark():
    rig = Rig()
    reader = rig.play(60, offset=0.040)
    assert len(rig.frames) >= 57
    assert (reader.problem, rig.node.errors) == ('', [])
    assert reader.remark == 'camera scene: depth is stamped 7 ms after colour'


@pytest.mark.parametrize(
    ('offset', 'says'),
    [(0.085, 'depth is stamped 85 ms after'), (-0.085, '85 ms before'), (7.0, '7.0 s after')],
)
def test_an_offset_beyond_the_slop_is_named_with_both(offset, says):
    rig = Rig()
    for _ in range(12):  # at 5 Hz: the next image is no nearer
        rig.clock += 0.2 - PERIOD
        rig.play(1, offset=offset)
    assert rig.frames == []
    assert says in rig.reader.problem
    assert 'camera_slop is 0.05 s' in rig.reader.problem
    assert rig.node.errors[-1] == rig.reader.problem


def test_a_wider_slop_pairs_them():
    rig = Rig(slop=0.09)
    for _ in range(12):
        rig.clock += 0.2 - PERIOD
        rig.play(1, offset=0.085)
    assert len(rig.frames) >= 10
    assert rig.reader.problem == ''


@pytest.mark.parametrize(
    ('given', 'says'),
    [
        ({'colour': None}, 'nobody publishes /scene_camera/color/image_raw'),
        ({'depth': None}, 'nobody publishes /scene_camera/depth/image_raw'),
        ({'info': None}, 'nobody publishes /scene_camera/color/camera_info'),
        ({'colour': 'bayer_rggb8'}, "colour encoding 'bayer_rggb8'"),
        ({'depth': '64FC1'}, "depth encoding '64FC1'"),
        ({'info': camera_info_to_msg(replace(MODEL, fx=0.0), 1.0)}, 'K of the camera info'),
        ({'stamps': lambda now: 0.0}, 'color/image_raw has stamp 0|depth/image_raw has stamp 0'),
        ({'stamps': lambda now: now - 3600.0}, 'stamped 3600.0 s before the ROS clock'),
        ({'stamps': lambda now: now + 7.0}, 'stamped 7.0 s after the ROS clock'),
        ({'info': camera_info_to_msg(replace(MODEL, width=640), 1.0)}, 'describes 640x2'),
    ],
)
def test_the_cause_is_a_problem_until_there_is_a_frame(given, says):
    rig = Rig()
    rig.node.published = {'/other': IMAGE}
    shift = 4000.0 if 'stamps' in given else 0.0  # a stamp must not be negative
    rig.clock = rig.clock + shift
    rig.reader._framed_at += shift
    reader = rig.play(20, **given)
    assert reader.problem == ''  # for the first second
    reader = rig.play(40, **given)
    assert rig.frames == []
    assert any(part in reader.problem for part in says.split('|'))
    assert reader.problem.startswith('camera scene: ')
    assert reader.cause == reader.problem
    rig.play(1)
    reader = rig.play(40)
    assert rig.frames
    assert (reader.problem, reader.cause) == ('', '')


def test_a_depth_stamp_of_zero_is_named():
    rig = Rig()
    rig.play(40, depth=None)
    for _ in range(40):
        rig.play(1, depth=None)
        rig.say(rig.depth, depth_at(0.0))
        rig.reader.check()
    assert '/scene_camera/depth/image_raw has stamp 0' in rig.reader.problem


def test_a_camera_that_falls_silent_is_no_fault_of_the_node_but_has_a_cause():
    rig = Rig()
    rig.play(10)
    rig.node.published = {rig.colour: IMAGE}
    reader = rig.play(60, colour=None, depth=None, info=None)
    assert reader.problem == ''
    assert 'no message on /scene_camera/color/image_raw for' in reader.cause
    assert 'although driver publishes it' in reader.cause
    assert reader.remark == reader.cause


def test_a_frozen_camera_has_a_cause():
    rig = Rig()
    rig.play(10)
    frozen = rig.clock
    reader = rig.play(60, stamps=lambda now: frozen)
    assert (reader.problem, 'frozen' in reader.cause) == ('', True)


@pytest.mark.parametrize('back', [0.005, 0.2])
def test_a_pair_that_is_older_than_the_last_is_dropped(back):
    rig = Rig()
    rig.play(10)
    last = rig.clock
    rig.play(1, stamps=lambda now: last - back)
    assert len(rig.frames) == 10
    rig.play(5)
    assert len(rig.frames) == 15
    assert np.all(np.diff([frame.stamp for frame in rig.frames]) > 0.0)


def test_a_topic_of_another_type_is_named_and_so_is_a_compressed_one():
    rig = Rig()
    rig.node.published = {rig.colour: COMPRESSED}
    problem = rig.play(60, colour=None, depth=None).problem
    assert f'{rig.colour} is of type {COMPRESSED}, not {IMAGE}' in problem
    assert 'image_transport republish compressed raw' in problem
    rig.node.published = {f'{rig.colour}/compressed': COMPRESSED}
    assert f'only {rig.colour}/compressed' in rig.play(20, colour=None, depth=None).problem


def test_the_image_topics_that_there_are_are_named():
    rig = Rig()
    rig.node.published = {'/camera/camera/color/image_raw': IMAGE, '/chatter': 'std_msgs/msg/Bool'}
    problem = rig.play(60, colour=None, depth=None).problem
    assert f'topics of type {IMAGE}: /camera/camera/color/image_raw' in problem
    assert 'chatter' not in problem


def test_camera_info_that_was_published_once_before_is_received():
    profiles = Rig().node.profiles[CAMERA.topics[2]]
    durable = [q for q in profiles if q.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL]
    assert len(profiles) == 2
    assert len(durable) == 1


def test_one_camera_info_is_enough():
    rig = Rig()
    rig.play(1)
    rig.play(90, info=None)
    assert len(rig.frames) == 91


def test_no_camera_info_is_needed_with_the_intrinsics_of_the_robot_file():
    camera = replace(CAMERA, intrinsics='fov_y', width=16, height=16)
    rig = Rig(camera)
    rig.info = rig.colour
    assert CAMERA.topics[2] not in rig.node.profiles
    small = np.zeros((16, 16, 3), np.uint8)
    rig.node.callbacks[rig.colour](image_to_msg(small, 'rgb8', 1.0, 'lens'))
    rig.node.callbacks[rig.depth](
        image_to_msg(np.ones((16, 16), np.float32), '32FC1', 1.0, 'lens')
    )
    assert [frame.model for frame in rig.frames] == [camera.model]


def test_a_realsense_has_its_own_topics():
    camera = replace(
        CAMERA, topic='/camera/camera', depth_topic='aligned_depth_to_color/image_raw'
    )
    rig = Rig(camera)
    assert rig.colour == '/camera/camera/color/image_raw'
    assert rig.depth == '/camera/camera/aligned_depth_to_color/image_raw'
    assert rig.info == '/camera/camera/color/camera_info'
    rig.play(5)
    assert len(rig.frames) == 5


def test_removed_distortion_is_a_remark():
    rig = Rig()
    info = camera_info_to_msg(MODEL, 1.0)
    info.d[0] = 0.01
    assert 'set rectified: true' in rig.play(40, info=info).remark
    assert rig.reader.problem == ''


def test_patience_is_longer_than_a_late_image_and_shorter_than_the_task_waits():
    assert 0.5 <= PATIENCE <= 3.0
