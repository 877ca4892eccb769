"""What graph tests need: a client of the stack, and waiting for a condition with a deadline."""

from __future__ import annotations

import json
import time
from collections import defaultdict

import pytest
import rclpy
from lifecycle_msgs.srv import ChangeState
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor

from vla_core.records.task import Phase
from vla_core.robot.config import load_robot
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import InjectFault, ResetScene
from vla_ros import topics
from vla_ros.entities import destroy_with_actions

NODES = (
    'sim', 'perception', 'policy', 'verifier', 'failure', 'rules', 'control', 'shield',
    'supervisor',
)  # fmt: skip


class Client:
    """One node that asks for things and keeps the newest message of each topic it watches."""

    def __init__(self, name: str = 'client', namespace: str = '') -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node(name, namespace=namespace, context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.newest: dict[str, object] = {}
        self.beats: dict[str, object] = {}
        self.clients: dict[str, object] = {}
        self.counts: dict[str, int] = defaultdict(int)

    def watch(self, *what: topics.Topic) -> None:
        for topic in what:
            self.node.create_subscription(
                topic.type, topic.name, lambda m, name=topic.name: self._put(name, m), topic.qos
            )

    def _put(self, name: str, message: object) -> None:
        self.newest[name] = message
        self.counts[name] += 1
        if name == topics.HEARTBEATS.name:
            self.beats[message.node] = message

    def until(self, condition, seconds: float) -> bool:
        """Spin until the condition holds; False when it never did."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            self.executor.spin_once(timeout_sec=0.02)
        return bool(condition())

    def wait(self, future, seconds: float):
        assert self.until(future.done, seconds), 'no answer'
        return future.result()

    def call(self, kind, name, request, seconds: float = 20.0):
        if name not in self.clients:
            self.clients[name] = self.reach(kind, name, seconds)
            self.until(lambda: False, 0.2)  # DDS may know the way there before the way back
        client = self.clients[name]
        return self.wait(client.call_async(request), seconds)

    def reach(self, kind, name, seconds: float):
        """A client that knows its service."""
        client = self.node.create_client(kind, name)
        assert self.until(client.service_is_ready, seconds), f'no service {name}'
        return client

    def change(self, node: str, transition: int) -> bool:
        request = ChangeState.Request()
        request.transition.id = transition
        return self.call(ChangeState, f'{node}/change_state', request).success

    def close(self) -> None:
        self.executor.shutdown()
        destroy_with_actions(self.node)
        rclpy.shutdown(context=self.context)


class Stack(Client):
    """A client of the whole graph in a namespace."""

    def __init__(self, namespace: str = '') -> None:
        super().__init__(namespace=namespace)
        self.watch(topics.HEARTBEATS, topics.STATUS, topics.REPORT, topics.SUCCESS)
        self.watch(topics.joint_states(load_robot('ur5e')))
        self.tasks = ActionClient(self.node, ExecuteTask, 'execute_task')
        self.goal = None

    @property
    def is_up(self) -> bool:
        return all(name in self.beats and self.beats[name].healthy for name in NODES)

    @property
    def phase(self) -> int:
        status = self.newest.get(topics.STATUS.name)
        return status.phase if status else -1

    @property
    def speed(self) -> float:
        """rad/s, of the fastest arm joint."""
        joints = self.newest[topics.JOINT_STATES.name]
        pairs = zip(joints.name, joints.velocity, strict=True)
        return max(abs(v) for name, v in pairs if 'finger' not in name)

    def reset(self, task: str, seed: int, **overrides) -> str:
        request = ResetScene.Request(task=task, seed=seed, overrides=json.dumps(overrides))
        answer = self.call(ResetScene, 'sim/reset_scene', request)
        assert answer.success, answer.message
        return answer.instruction

    def inject(self, name: str) -> None:
        assert self.call(InjectFault, 'sim/inject_fault', InjectFault.Request(name=name)).success

    def start(self, instruction: str) -> None:
        assert self.until(self.tasks.server_is_ready, 20.0)
        goal = ExecuteTask.Goal(instruction=instruction)
        self.goal = self.wait(self.tasks.send_goal_async(goal), 10.0)

    def run(self, task: str, seed: int) -> None:
        """Start a task and wait until the arm moves. One that has failed by then is begun once
        more: a machine that takes a processor away for 60 ms silences the shield."""
        for _ in range(2):
            before = self.task_id
            self.start(self.reset(task, seed))
            self.until(lambda old=before: self.moves or self.has_failed(old), 20.0)
            if self.moves:
                return
            self.until(lambda: self.speed < 0.01, 5.0)
        pytest.fail(str([self.newest.get(topic.name) for topic in (topics.STATUS, topics.REPORT)]))

    @property
    def task_id(self) -> str:
        status = self.newest.get(topics.STATUS.name)
        return status.task_id if status else ''

    def has_failed(self, before: str) -> bool:
        """A task after `before` has."""
        return self.phase == Phase.FAILED and self.task_id != before

    @property
    def moves(self) -> bool:
        """The policy moves the arm."""
        return self.phase == Phase.RUNNING and self.speed > 0.1

    def result(self, seconds: float):
        return self.wait(self.goal.get_result_async(), seconds).result

    def do(self, instruction: str, seconds: float = 90.0):
        self.start(instruction)
        return self.result(seconds)
