"""Records every topic of the stack as raw messages, one MCAP file per task."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from rclpy.node import Node

from vla_core.params import check, param
from vla_core.robot import RobotConfig, load_robot
from vla_core.task import TaskStatus
from vla_interfaces.srv import LabelEpisode
from vla_ros import params, topics
from vla_ros.convert.task import status_from_msg
from vla_ros.main import run
from vla_ros.topics import Topic
from vla_teleop.episode_file import RawMessage
from vla_teleop.recorder import Recorder, RecorderParams
from vla_teleop.wire import absolute, streams, type_name


@dataclass(frozen=True)
class RecorderNodeParams:
    """Which robot, and where the episodes go."""

    robot: str = param('ur5e', 'name in config/robots, or a path to a YAML file')
    recorder: RecorderParams = field(default_factory=RecorderParams)

    def __post_init__(self) -> None:
        check(self)


def recorded(robot: RobotConfig) -> list[Topic]:
    """Every topic, under the names this robot uses."""
    made = list(streams(robot).values()) + [topics.wrench(robot)]
    for camera in robot.cameras:
        made += topics.camera(camera)
    return made


class RecorderNode(Node):
    """A plain node: it moves nothing, and it works from its first moment."""

    def __init__(self) -> None:
        super().__init__('recorder')
        p = params.declare(self, RecorderNodeParams)
        self.recorder = Recorder(p.recorder)
        for topic in recorded(load_robot(p.robot)):
            self.create_subscription(
                topic.type, topic.name, self._keep(topic), topic.qos, raw=True
            )
        self.create_subscription(
            topics.STATUS.type, topics.STATUS.name, self.on_status, topics.STATUS.qos
        )
        self.create_service(LabelEpisode, 'label_episode', self.on_label)
        self.create_timer(0.1, self.tick)

    def on_status(self, message: object) -> None:
        status: TaskStatus = status_from_msg(message)  # type: ignore[arg-type]
        before = self.recorder.episode_id
        self.recorder.on_status(status, self._now * 1e-9)
        if self.recorder.episode_id and self.recorder.episode_id != before:
            self.get_logger().info(f'recording {self.recorder.episode_id}')

    def on_label(
        self, request: LabelEpisode.Request, response: LabelEpisode.Response
    ) -> LabelEpisode.Response:
        response.message = self.recorder.label(request.is_success, request.note)
        response.success = not response.message
        return response

    def tick(self) -> None:
        path = self.recorder.tick(self._now * 1e-9)
        if path is not None:
            self.get_logger().info(f'recorded {path}')

    def destroy_node(self) -> None:
        self.recorder.finish()
        super().destroy_node()

    @property
    def _now(self) -> int:
        """ns, ROS time."""
        return int(self.get_clock().now().nanoseconds)

    def _keep(self, topic: Topic) -> Callable[[bytes], None]:
        name, kind = absolute(topic.name), type_name(topic.type)

        def keep(data: bytes) -> None:
            self.recorder.on_message(RawMessage(name, kind, bytes(data), self._now))

        return keep


def main() -> None:
    sys.exit(run(RecorderNode))
