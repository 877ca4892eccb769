"""What the commands for a running graph say of its robot, and when they give up on it."""

import argparse
import time
from types import SimpleNamespace

import pytest

from vla_cli.running import graph as running_graph
from vla_cli.running.do import is_stop
from vla_cli.running.graph import Liveness, add_graph_options, describe
from vla_core.errors import UserError
from vla_core.records.safety import ArmState, Decision, ShieldReport
from vla_core.records.task import Phase, ResultCode, TaskStatus


def report(state, reason=''):
    return ShieldReport(1.0, 1, state, Decision.HOLD, reason)


def status(phase):
    return TaskStatus(1.0, '1', 'open the drawer', phase)


@pytest.mark.parametrize(
    ('state', 'phase', 'said'),
    [
        (ArmState.ARMED, Phase.IDLE, 'armed: the arm stands, held by the shield; ./vla'),
        (ArmState.ARMED, Phase.ASKING, 'armed: the arm stands'),
        (ArmState.ARMED, Phase.FAILED, 'armed: the arm stands'),
        (ArmState.ARMED, Phase.RUNNING, 'armed and moving (running); ./vla stop stops'),
        (ArmState.ARMED, Phase.HOMING, 'armed and moving (homing)'),
        (ArmState.DISARMED, Phase.IDLE, 'disarmed: nothing moves the arm; its controller'),
        (ArmState.LATCHED, Phase.FAILED, 'latched, the arm stands (the stop): ./vla arm --reset'),
    ],
)  # fmt: skip
def test_the_state_of_the_robot_in_a_line(state, phase, said):
    assert describe(report(state, 'the stop'), status(phase)).startswith(said)


def test_a_silent_shield_is_said():
    assert describe(None, status(Phase.IDLE)).startswith('unknown: the shield reports nothing')


def test_a_graph_that_has_ended_is_noticed(monkeypatch):
    monkeypatch.setattr(running_graph, 'SILENCE', 0.05)
    watch = Liveness()
    watch.check()  # nothing has been received yet
    watch.client = SimpleNamespace(beats={'supervisor': SimpleNamespace(seq=1)})
    watch.check()
    time.sleep(0.06)
    watch.client.beats['supervisor'] = SimpleNamespace(seq=2)
    watch.check()
    time.sleep(0.06)
    with pytest.raises(UserError, match=r'no heartbeat of the supervisor .* the graph has ended'):
        watch.check()


@pytest.mark.parametrize(
    ('code', 'task_id', 'is_one'),
    [
        (ResultCode.STOPPED, '', True),
        (ResultCode.STOPPED, '7', False),
        (ResultCode.REFUSED_INSTRUCTION, '', False),
    ],
)
def test_a_sentence_that_stops_is_done_when_the_robot_stands(code, task_id, is_one):
    assert is_stop(SimpleNamespace(code=code, task_id=task_id)) == is_one


@pytest.mark.parametrize('given', ['a b', '1x', 'a//b', 'a-b', 'ü'])
def test_a_namespace_is_one_of_ros(given):
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_graph_options(parser)
    assert parser.parse_args(['--namespace', '/lab/left']).namespace == '/lab/left'
    with pytest.raises(argparse.ArgumentError, match='namespace such as lab/left'):
        parser.parse_args(['--namespace', given])
