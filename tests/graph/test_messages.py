"""Messages and clocks that are not ours in a running graph; `./vla bench messages` has all."""

import math
import os
import signal
import time
from argparse import Namespace

import pytest
from action_msgs.msg import GoalStatus, GoalStatusArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from sensor_msgs.msg import JointState

from vla_bench.faults.bench import plan_of
from vla_bench.faults.catalogue import FAULTS
from vla_bench.faults.rig import STOPPING, FaultRig
from vla_bringup.graph.live_view import look
from vla_bringup.graph.session import GraphSession
from vla_core.records.task import Phase
from vla_core.robot.config import load_robot
from vla_interfaces import msg
from vla_interfaces.srv import Arm
from vla_ros import qos, topics
from vla_ros.convert.fields import time_msg

HOUR = 3600.0  # s
ODD = 30  # times that each odd message is sent
AGAIN = 4.0  # s, twice the 2 s in which every node works again: the machine of a test is busy
VOTERS = {'grounding', 'policy', 'verifier', 'failure', 'rules', 'supervisor'}
OBSERVED = {'votes': topics.VOTES, 'beats': topics.HEARTBEATS}


@pytest.fixture(scope='module')
def rig(tmp_path_factory):
    """A graph under simulated time, whose clock can be set."""
    out = tmp_path_factory.mktemp('messages')
    args = Namespace(robot='ur5e', policy='scripted', seed=7, out=out)
    with (
        GraphSession(plan_of(args, FAULTS['F10'], 'messages'), lambda _: None) as graph,
        FaultRig(graph, load_robot('ur5e'), 7, OBSERVED) as ready,
    ):
        yield ready


def start(rig):
    """A task that runs; whether the arm already moves depends on the load of the machine."""
    client = rig.graph.client

    def running():
        if rig.is_over():  # also one that ended while it was waited for
            rig.end()
            rig.begin()
        return client.status and client.status.phase == Phase.RUNNING

    assert client.wait(running, 40.0), client.status


def change(rig, node, transition):
    request = ChangeState.Request()
    request.transition.id = transition
    return rig.graph.client.call(ChangeState, f'{node}/change_state', request).success


def silent_since(rig, began, clock):
    """What has not been received since then with a stamp of this clock."""

    def are_of_clock(name, keys):
        records = (h.record for h in rig.observer.since(name, began))
        return {getattr(r, keys) for r in records if abs(r.stamp - clock) < 60.0}

    votes, beats = are_of_clock('votes', 'voter'), are_of_clock('beats', 'node')
    reports = [h.record for h in rig.observer.since('report', began)]
    has_inputs = any(
        abs(r.stamp - clock) < 60.0 and 0.0 <= r.ages['scene'] < 2.0 and r.ages['joints'] < 0.1
        for r in reports
    )
    missing = (VOTERS - votes) | (set(rig.graph.managed) - beats)
    return missing | (set() if has_inputs else {'inputs of the shield'})


@pytest.mark.parametrize('step', [-HOUR, HOUR])
def test_every_node_works_again_after_the_clock_was_set(rig, step):
    start(rig)
    clock = rig.observer.last('clock').record.clock.sec + step
    began = rig.inject('jump', step, by='clock')
    rig.observer.wait(lambda: not silent_since(rig, began, clock), AGAIN)
    assert silent_since(rig, began, clock) == set()
    assert rig.graph.client.status.phase != Phase.FAILED


def odd_messages(rig):
    """(topic, message) of what may be sent by anybody, and must not be noticed in the motion."""
    stamp = time_msg(rig.observer.last('report').record.stamp)
    wheel = JointState(name=['wheel', 'wheel'], position=[math.nan])
    wheel.header.stamp = stamp
    yield topics.joint_states(rig.robot), wheel
    yield topics.joint_states(rig.robot), JointState()
    yield topics.STATUS, msg.TaskStatus(phase=77)
    yield topics.HEARTBEATS, msg.Heartbeat()
    yield topics.VOTES, msg.SafetyVote(voter='somebody', speed_scale=math.nan)
    yield topics.SCENE, msg.GroundedScene()
    yield topics.CHUNK, msg.ActionChunk()
    yield topics.CANDIDATES, msg.ChunkCandidates()


def test_odd_messages_and_passive_listeners_end_no_node_and_stop_nothing(rig):
    start(rig)
    node, managed = rig.observer._node, rig.graph.managed
    pids = [rig.graph.pid(name) for name in managed]
    listeners = [
        node.create_subscription(topic.type, topic.name, lambda _: None, qos.STATE)
        for topic in (topics.REPORT, topics.TARGET, topics.VOTES)
    ]
    sent = [(rig.observer.add_publisher(topic), message) for topic, message in odd_messages(rig)]
    began = time.monotonic()
    try:
        for _ in range(ODD):
            for publisher, message in sent:
                publisher.publish(message)
            rig.pause(0.05)
        assert [rig.graph.pid(name) for name in managed] == pids
        reasons = [h.record.reason for h in rig.observer.since('report', began)]
        assert not [text for text in reasons if 'publisher' in text]
        # the clock of a simulator that lags on a busy machine may slip back once
        assert len([text for text in reasons if 'joint' in text]) < ODD / 10
        beats = {h.record.node: h.record for h in rig.observer.since('beats', began)}
        assert 'SafetyVote' in beats['shield'].detail or 'votes' in beats['shield'].detail
        assert not [b for b in beats.values() if 'does not reach' in b.detail]
    finally:  # the tests that follow have the same graph
        for publisher, _ in sent:
            rig.observer.remove_publisher(publisher)
        for subscription in listeners:
            node.destroy_subscription(subscription)


def test_a_live_look_shows_health_refusals_rates_and_publishers(rig):
    refused = rig.observer.add_publisher(topics.VOTES)
    refused.publish(msg.SafetyVote(voter='somebody', speed_scale=math.nan))
    rig.pause(0.5)
    refused.publish(msg.SafetyVote(voter='somebody', speed_scale=math.nan))
    view = look(seconds=2.0)
    rig.observer.remove_publisher(refused)
    assert set(rig.graph.managed) <= set(view.nodes)
    text = '\n'.join(view.lines())
    assert 'messages of votes dropped, last: it has no stamp' in text
    by_name = {topic.name: topic for topic in view.topics}
    assert by_name['/joint_states'].publishers == ('/sim',)
    assert by_name['/joint_states'].rate > 20.0
    assert '/control' in text


def test_a_second_publisher_of_the_arms_joints_holds_the_robot_and_is_named_until_it_leaves(rig):
    start(rig)
    rival = rig.observer.add_publisher(topics.joint_states(rig.robot))
    client = rig.graph.client

    def conflict():
        report = rig.observer.last('report').record
        state = rig.observer.last('joints').record
        arm = JointState(name=list(rig.robot.joint_names), position=list(rig.robot.home))
        arm.velocity = [0.0] * len(arm.name)
        arm.header.stamp = time_msg(state.stamp)
        rival.publish(arm)
        return '/observer' in report.reason and '/sim' in report.reason

    assert client.wait(conflict, 5.0), rig.observer.last('report').record
    assert rig.observer.last('report').record.decision in STOPPING
    rig.observer.remove_publisher(rival)
    assert client.wait(
        lambda: '/observer' not in rig.observer.last('report').record.reason, 10.0
    ), rig.observer.last('report').record


def test_a_goal_of_another_client_on_the_controller_holds_the_robot_until_it_has_ended(rig):
    start(rig)
    name = '/arm_controller/follow_joint_trajectory'
    controller = rig.observer.add_publisher(topics.goals(rig.robot)[0])
    client = rig.graph.client
    controller.publish(
        GoalStatusArray(status_list=[GoalStatus(status=GoalStatus.STATUS_EXECUTING)])
    )
    assert client.wait(lambda: name in client.beats['shield'].detail, 5.0), client.beats['shield']
    assert client.wait(lambda: rig.observer.last('report').record.decision in STOPPING, 5.0), (
        rig.observer.last('report').record
    )
    controller.publish(GoalStatusArray(status_list=[GoalStatus(status=GoalStatus.STATUS_ABORTED)]))
    assert client.wait(lambda: client.beats['shield'].healthy, 5.0)
    rig.observer.remove_publisher(controller)


def test_a_policy_killed_after_the_clock_was_set_back_is_configured_again(rig):
    start(rig)
    rig.inject('jump', -HOUR, by='clock')
    rig.pause(0.5)
    pid, client = rig.graph.pid('policy'), rig.graph.client
    last = client.beats['policy'].seq

    def is_active_again():
        beat = client.beats['policy']
        return beat.seq < last and beat.state == 'active'  # only the new process counts anew

    os.kill(pid, signal.SIGKILL)
    assert client.wait(lambda: rig.graph.pid('policy') != pid, 10.0)
    assert client.wait(is_active_again, 60.0), client.beats['policy']


def test_a_shield_deactivated_and_cleaned_up_is_brought_up_again_and_does_not_arm_before(rig):
    client = rig.graph.client
    assert client.wait(lambda: client.beats['shield'].healthy, 30.0)
    assert change(rig, 'shield', Transition.TRANSITION_DEACTIVATE)
    response = client.call(Arm, 'shield/arm', Arm.Request())
    change(rig, 'shield', Transition.TRANSITION_CLEANUP)
    assert response.success or response.message  # it may be up again
    assert client.wait(lambda: client.beats['shield'].healthy, 15.0), client.beats['shield']
    rig.end()
    start(rig)
