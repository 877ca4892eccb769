"""Both executors of a node: rclpy's, and the lean one behind its switch."""

import gc
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

sys.path.insert(0, str(Path(__file__).parent))

from graph import Stack

from vla_core.errors import UserError
from vla_interfaces.action import ExecuteTask
from vla_ros.entities import destroy_with_actions
from vla_ros.executor import SWITCH, make_executor
from vla_ros.lean_executor import LeanExecutor
from vla_ros.qos import STATE
from vla_ros.simple_action_server import GoalOutcome, SimpleActionServer

PATIENCE = 10.0  # s


@pytest.fixture
def context():
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


@pytest.fixture(params=[SingleThreadedExecutor, LeanExecutor])
def pair(context, request):
    """Two nodes in one executor."""
    nodes = [Node(name, context=context) for name in ('one', 'two')]
    executor = request.param(context=context)
    for node in nodes:
        executor.add_node(node)
    yield (*nodes, executor)
    executor.shutdown()
    for node in nodes:
        destroy_with_actions(node)


def until(executor, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        executor.spin_once()


def test_a_timer_keeps_its_pace_while_messages_and_calls_come(pair):
    one, two, executor = pair
    ticks, heard, answers = [], [], []
    one.create_timer(0.01, lambda: ticks.append(time.monotonic()))
    one.create_subscription(Bool, 'said', heard.append, STATE)
    one.create_service(Trigger, 'asked', lambda _, response: response)
    say = two.create_publisher(Bool, 'said', STATE)
    ask = two.create_client(Trigger, 'asked')
    until(executor, ask.service_is_ready)
    begin, count = time.monotonic(), len(ticks)
    for _ in range(5):
        say.publish(Bool(data=True))
        future = ask.call_async(Trigger.Request())
        until(executor, future.done)
        answers.append(future.result())
    until(executor, lambda: len(heard) >= 5 and len(ticks) >= count + 20)
    assert len(heard) == len(answers) == 5
    assert len(ticks) - count == pytest.approx((ticks[-1] - begin) / 0.01, abs=3)


def test_what_is_made_in_a_callback_works_and_what_is_destroyed_there_does_not(pair):
    one, _, executor = pair
    first, second = [], []

    def change():
        one.destroy_timer(timer)
        first.append(one.create_timer(0.005, lambda: second.append(len(first))))

    timer = one.create_timer(0.005, change)
    other = one.create_timer(0.005, lambda: (one.destroy_timer(timer), one.destroy_timer(other)))
    time.sleep(0.02)  # both are due at once: the one that comes first ends the other
    until(executor, lambda: not list(one.timers) or len(second) >= 5)
    assert len(first) <= 1


def test_a_goal_ends_when_a_timer_says_so(pair):
    one, two, executor = pair
    server = SimpleActionServer(one, ExecuteTask, 'do', lambda _: None, ExecuteTask.Result)
    client = ActionClient(two, ExecuteTask, 'do')
    one.create_timer(
        0.05,
        lambda: (
            server.is_running
            and server.finish(GoalOutcome.SUCCEED, ExecuteTask.Result(text='done'))
        ),
    )
    until(executor, client.server_is_ready)
    sent = client.send_goal_async(ExecuteTask.Goal(instruction='anything'))
    until(executor, sent.done)
    ended = sent.result().get_result_async()
    until(executor, ended.done)
    assert ended.result().result.text == 'done'
    client.destroy()


def test_an_exception_in_a_callback_comes_out(pair):
    one, two, executor = pair
    one.create_timer(0.005, lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        executor.spin()
    one.create_service(Trigger, 'asked', lambda _, response: response.nothing)
    ask = two.create_client(Trigger, 'asked')
    for timer in list(one.timers):
        one.destroy_timer(timer)
    until(executor, ask.service_is_ready)
    ask.call_async(Trigger.Request())
    with pytest.raises(AttributeError):
        executor.spin()


def test_it_ends_with_its_context(pair, context):
    one, _, executor = pair
    one.create_timer(0.05, context.try_shutdown)
    with suppress(ExternalShutdownException):  # rclpy's returns, or raises in a wait
        executor.spin()
    assert not context.ok()


class Logger:
    def __init__(self):
        self.warnings = []
        self.warning = self.warnings.append


@pytest.mark.parametrize(
    ('value', 'kind'),
    [(None, SingleThreadedExecutor), ('', SingleThreadedExecutor), ('0', SingleThreadedExecutor),
     ('1', LeanExecutor)],
)  # fmt: skip
def test_the_switch_chooses_the_executor(context, value, kind):
    logger = Logger()
    environment = {} if value is None else {SWITCH: value}
    executor = make_executor(logger, context, environment)
    assert (type(executor), logger.warnings) == (kind, [])
    executor.shutdown()


def test_another_value_of_the_switch_is_an_error(context):
    with pytest.raises(UserError, match='VLA_LEAN_EXECUTOR'):
        make_executor(Logger(), context, {SWITCH: 'yes'})


@pytest.mark.parametrize('name', ['_tasks', '_sigint_gc', '_guard'])
def test_an_rclpy_without_the_internal_names_runs_its_own_executor_and_says_so(
    context, monkeypatch, name
):
    create = SingleThreadedExecutor.__init__

    def newer(self, *, context):
        create(self, context=context)
        vars(self)[f'{name}_renamed'] = vars(self).pop(name)

    logger = Logger()
    monkeypatch.setattr(SingleThreadedExecutor, '__init__', newer)
    monkeypatch.setattr(SingleThreadedExecutor, 'shutdown', lambda self: True)
    executor = make_executor(logger, context, {SWITCH: '1'})
    assert type(executor) is SingleThreadedExecutor
    (warning,) = logger.warnings
    assert 'VLA_LEAN_EXECUTOR=1 is ignored' in warning
    assert name in warning


def test_an_rclpy_without_a_wait_set_runs_its_own_executor_and_says_so(context, monkeypatch):
    logger = Logger()
    monkeypatch.setitem(sys.modules, 'vla_ros.lean_executor', None)  # its import fails
    executor = make_executor(logger, context, {SWITCH: '1'})
    assert type(executor) is SingleThreadedExecutor
    assert len(logger.warnings) == 1
    executor.shutdown()


def test_a_client_that_is_closed_leaves_no_participant():
    gc.collect()
    before = participants()
    gc.disable()
    try:
        stack = Stack()
        during = participants()
        stack.close()
        assert during == before + 1
        assert participants() == before
    finally:
        gc.enable()


def participants():
    """Of DDS in this process: each has one thread for its timers."""
    names = [path.read_text() for path in Path('/proc/self/task').glob('*/comm')]
    return sum(name.startswith('dds.ev') for name in names)
