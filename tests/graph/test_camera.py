"""A camera on real DDS: camera info latched before the start, causes from the ROS graph."""

import time

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn

from vla_core.robot.config import load_robot
from vla_ros import qos, topics
from vla_ros.camera.rgbd_subscription import RgbdSubscription
from vla_ros.convert.camera_info import camera_info_to_msg
from vla_ros.convert.image import image_to_msg
from vla_ros.entities import destroy_with_actions
from vla_ros.node import ManagedNode

DOMAIN = 102
CAMERA = load_robot('ur5e').camera('scene')
COLOUR, DEPTH, INFO = topics.camera(CAMERA)
PIXELS = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
METRES = np.ones((CAMERA.height, CAMERA.width), np.float32)


class Viewer(ManagedNode):
    name = 'viewer'
    period = 0.02

    def configure(self):
        self.frames = []
        self.reader = RgbdSubscription(self, CAMERA, self.frames.append)

    def tick(self):
        self.reader.check()
        self.problem = self.reader.problem


class Driver:
    """A camera driver, and the viewer beside it."""

    def __init__(self):
        rclpy.init(domain_id=DOMAIN)
        self.node = rclpy.create_node('camera_driver')
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.viewer = None

    def start_viewer(self):
        self.viewer = Viewer()
        self.executor.add_node(self.viewer)
        for change in (self.viewer.trigger_configure, self.viewer.trigger_activate):
            assert change() == TransitionCallbackReturn.SUCCESS

    def publisher(self, topic, profile):
        return self.node.create_publisher(topic.type, topic.name, profile)

    def until(self, condition, seconds=10.0, every=lambda: None):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            every()
            self.executor.spin_once(timeout_sec=0.02)
        return condition()

    def close(self):
        self.executor.shutdown()
        for node in filter(None, (self.viewer, self.node)):
            destroy_with_actions(node)
        rclpy.try_shutdown()


@pytest.fixture
def driver():
    driver = Driver()
    yield driver
    driver.close()


@pytest.mark.parametrize('profile', ['latched once', 'volatile'])
def test_camera_info_of_any_durability_is_received_and_no_qos_mismatch(driver, profile):
    info = driver.publisher(INFO, qos.STATE if profile == 'latched once' else qos.SENSOR)
    colour, depth = driver.publisher(COLOUR, qos.STATE), driver.publisher(DEPTH, qos.SENSOR)
    message = camera_info_to_msg(CAMERA.model, 1.0)
    info.publish(message)
    driver.start_viewer()
    viewer = driver.viewer

    def expose():
        now = viewer.get_clock().now().nanoseconds * 1e-9
        colour.publish(image_to_msg(PIXELS, 'rgb8', now, 'lens'))
        depth.publish(image_to_msg(METRES, '32FC1', now, 'lens'))
        if profile == 'volatile':
            info.publish(message)

    assert driver.until(lambda: len(viewer.frames) >= 3, every=expose), viewer.reader.cause
    checks = len(viewer.endpoints._all())
    assert [viewer.endpoints.next_qos_mismatch() for _ in range(checks)] == [''] * checks
    assert viewer.problem == ''


def test_a_camera_under_another_name_is_named_as_what_there_is(driver):
    driver.publisher(COLOUR.at('/other/color/image_raw'), qos.SENSOR)
    driver.start_viewer()
    viewer = driver.viewer
    assert driver.until(lambda: '/other/color/image_raw' in viewer.problem), viewer.problem
    assert f'nobody publishes {COLOUR.name}' in viewer.problem
