"""What becomes of a goal: reached, a grasp, or a reason."""

from types import SimpleNamespace

import pytest
from action_msgs.msg import GoalStatus
from rclpy.task import Future

from vla_core.records.action import GripperGoal
from vla_core.robot.gripper import GripperConfig
from vla_ros.gripper import goal_client
from vla_ros.gripper.goal_client import STUCK, GripperGoalClient
from vla_ros.gripper.goal_pacing import RETRY

GRIPPER = GripperConfig('finger', '/grip', ((0.0, 0.0), (0.04, 0.08)), command='gripper_command')
NODE = SimpleNamespace(resolve_topic_name=lambda name: name)


class Server:
    """An action client whose server is this test."""

    def __init__(self, *_):
        self.is_there, self.goals, self.answers, self.handles, self.results = True, [], [], [], []

    def server_is_ready(self):
        return self.is_there

    def send_goal_async(self, goal):
        self.goals.append(goal.command.position)
        self.answers.append(Future())
        return self.answers[-1]

    def answer(self, accepted=True):
        handle = SimpleNamespace(accepted=accepted, status=GoalStatus.STATUS_EXECUTING)
        handle.get_result_async = lambda: self.results[-1]
        self.handles.append(handle)
        self.resolve(self.answers[-1], handle)

    def end(self, status, stalled=False):
        future = Future()
        self.results.append(future)
        self.handles[-1].status = status
        result = SimpleNamespace(stalled=stalled)
        return lambda: self.resolve(future, SimpleNamespace(status=status, result=result))

    @staticmethod
    def resolve(future, value):
        future.set_result(value)
        for callback in list(future._callbacks):
            callback(future)


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setattr(goal_client, 'ActionClient', Server)
    return GripperGoalClient(NODE, GRIPPER)


def server_of(client):
    return client._client


def ended(client, status, stalled, opening, measured):
    """The problem after a goal for `opening` has ended with the fingers at `measured`."""
    server = server_of(client)
    client.send(GripperGoal(opening, measured), 0.0)
    server.answer()
    finish = server.end(status, stalled)
    client.send(GripperGoal(opening, measured), 0.1)
    if server.results and status != GoalStatus.STATUS_SUCCEEDED:
        finish()
    return client.problem


def test_one_goal_is_sent_for_a_request_that_lasts(client):
    for k in range(100):
        client.send(GripperGoal(0.0, 0.08), 0.01 * k)
        if k == 0:
            server_of(client).answer()
    assert server_of(client).goals == [0.0]
    assert client.problem == ''


@pytest.mark.parametrize(
    ('status', 'stalled', 'opening', 'measured', 'problem'),
    [
        (GoalStatus.STATUS_SUCCEEDED, False, 0.0, 0.0, ''),
        (GoalStatus.STATUS_ABORTED, True, 0.0, 0.04, ''),  # ros2_control: an object
        (GoalStatus.STATUS_ABORTED, False, 0.0, 0.04, ''),  # Franka: an object
        (GoalStatus.STATUS_ABORTED, True, 0.0, None, ''),
        (GoalStatus.STATUS_ABORTED, False, 0.0, None, 'aborted for 0 mm (/grip)'),
        (
            GoalStatus.STATUS_ABORTED,
            True,
            0.08,
            0.04,
            'aborted, the fingers do not move for 80 mm',
        ),
        (GoalStatus.STATUS_ABORTED, False, 0.08, 0.0, 'aborted for 80 mm, measured 0 mm'),
        (GoalStatus.STATUS_CANCELED, False, 0.0, 0.04, 'canceled for 0 mm, measured 40 mm'),
    ],
)
def test_the_end_of_a_goal(client, status, stalled, opening, measured, problem):
    assert problem in ended(client, status, stalled, opening, measured)
    assert bool(client.problem) == bool(problem)


def test_a_rejected_goal_is_named_sent_again_and_forgotten_when_it_succeeds(client):
    server = server_of(client)
    client.send(GripperGoal(0.0, 0.08), 0.0)
    server.answer(accepted=False)
    assert client.problem == ('gripper: the goal was rejected for 0 mm, measured 80 mm (/grip)')
    client.send(GripperGoal(0.0, 0.08), RETRY)
    assert len(server.goals) == 2
    server.answer()
    server.end(GoalStatus.STATUS_SUCCEEDED)
    client.send(GripperGoal(0.0, 0.0), RETRY + 0.1)
    assert client.problem == ''


def test_a_server_that_is_absent_or_silent_is_named(client):
    server = server_of(client)
    server.is_there = False
    client.send(GripperGoal(0.0, 0.08), 0.0)
    assert 'no action server /grip (control_msgs/action/GripperCommand)' in client.problem
    server.is_there = True
    client.send(GripperGoal(0.0, 0.08), RETRY)
    client.send(GripperGoal(0.0, 0.08), 2 * RETRY + 0.1)
    assert 'does not answer' in client.problem


def test_a_server_that_is_restarted_gets_the_goal_again(client):
    server = server_of(client)
    client.send(GripperGoal(0.0, 0.04), 0.0)
    server.answer()
    server.end(GoalStatus.STATUS_SUCCEEDED)
    client.send(GripperGoal(0.0, 0.04), 0.1)
    server.is_there = False
    client.send(GripperGoal(0.0, 0.04), 1.5)
    assert 'no action server' in client.problem
    server.is_there = True
    client.send(GripperGoal(0.0, 0.04), 3.0)
    assert (client.problem, server.goals) == ('', [0.0, 0.0])


@pytest.mark.parametrize(
    ('before', 'opening', 'measured', 'is_stuck'),
    [
        (None, 0.08, 0.0, True),
        (0.08, 0.0, 0.08, True),
        (None, 0.0, 0.04, False),  # armed with an object in the gripper
        (0.02, 0.0, 0.04, False),  # squeezed more
        (0.0, 0.08, 0.04, True),  # not released
        (0.04, 0.041, 0.04, False),
    ],
)
def test_a_goal_that_runs_and_moves_nothing_is_named(client, before, opening, measured, is_stuck):
    if before is not None:
        client.send(GripperGoal(before, measured), 0.5)
        server_of(client).answer()
    client.send(GripperGoal(opening, measured), 1.0)
    server_of(client).answer()
    client.send(GripperGoal(opening, measured), 0.9 + STUCK)
    assert client.problem == ''
    client.send(GripperGoal(opening, measured), 1.0 + STUCK)
    assert ('the goal runs, but the fingers do not move' in client.problem) == is_stuck


def test_slow_fingers_are_no_problem(client):
    client.send(GripperGoal(0.08, 0.0), 0.0)
    server_of(client).answer()
    client.send(GripperGoal(0.08, 0.002), 2.0)
    client.send(GripperGoal(0.08, 0.002), 20.0)
    assert client.problem == ''


def test_only_the_newest_goal_counts(client):
    server = server_of(client)
    client.send(GripperGoal(0.0, 0.08), 0.0)
    first = server.answers[-1]
    client.send(GripperGoal(0.08, 0.08), 0.2)
    server.resolve(first, SimpleNamespace(accepted=False))
    assert client.problem == ''


def test_disarmed_nothing_is_sent_and_nothing_is_a_problem(client):
    server = server_of(client)
    server.is_there = False
    client.send(GripperGoal(0.0, 0.08), 0.0)
    client.clear()
    client.send(GripperGoal(None, 0.08), 5.0)
    assert (client.problem, server.goals) == ('', [])
