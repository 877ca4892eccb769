"""Another terminal finds the ROS domain of a running graph; several graphs are an error."""

import json
import os
import subprocess
import sys

import pytest

from vla_bringup.graph import sessions
from vla_core.errors import UserError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, 'folder', lambda: tmp_path / 'sessions')
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET')
    monkeypatch.setenv('ROS_DOMAIN_ID', '57')
    monkeypatch.setattr(sessions, 'is_free', lambda domain: True)
    return tmp_path / 'sessions'


def write(folder, pid, domain):
    folder.mkdir(exist_ok=True)
    text = json.dumps({'pid': pid, 'domain': domain, 'command': f'./vla demo {domain}'})
    (folder / f'{pid}.json').write_text(text)


def test_a_running_graph_is_found_and_gone_after_it_ends(monkeypatch):
    with sessions.registered():
        monkeypatch.delenv('ROS_DOMAIN_ID')
        assert [s.domain for s in sessions.running()] == [57]
        sessions.join_running_session()
        assert os.environ['ROS_DOMAIN_ID'] == '57'
    assert sessions.running() == []


def test_a_domain_that_was_chosen_stays(folder):
    write(folder, os.getpid(), 60)
    sessions.join_running_session()
    assert os.environ['ROS_DOMAIN_ID'] == '57'


def test_several_graphs_are_listed(folder, monkeypatch):
    monkeypatch.delenv('ROS_DOMAIN_ID')
    write(folder, os.getpid(), 60)
    write(folder, os.getppid(), 61)
    with pytest.raises(UserError, match=r'--domain 60: ./vla demo 60; --domain 61: ./vla'):
        sessions.join_running_session()


def test_the_file_of_a_dead_process_is_removed(folder, monkeypatch):
    monkeypatch.delenv('ROS_DOMAIN_ID')
    dead = subprocess.run([sys.executable, '-c', 'import os; print(os.getpid())'],
                          capture_output=True, text=True, check=True)  # fmt: skip
    write(folder, int(dead.stdout), 60)
    sessions.join_running_session()
    assert 'ROS_DOMAIN_ID' not in os.environ
    assert list(folder.glob('*.json')) == []


def test_a_spoilt_file_is_passed_over(folder):
    folder.mkdir()
    (folder / '1.json').write_text('{"pid":')
    (folder / '2.json').write_text('{"pid": 1}')
    assert sessions.running() == []


def test_a_chosen_domain_is_used_and_its_graph_is_looked_for_on_this_machine(folder, monkeypatch):
    write(folder, os.getpid(), 60)
    monkeypatch.delenv('ROS_AUTOMATIC_DISCOVERY_RANGE')
    sessions.join_running_session(61)
    assert os.environ['ROS_DOMAIN_ID'] == '61'
    assert 'ROS_AUTOMATIC_DISCOVERY_RANGE' not in os.environ
    sessions.join_running_session(60)
    assert os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'


@pytest.mark.parametrize(('nodes', 'is_free'), [({'/rviz'}, False), (set(), True)])
def test_other_nodes_on_the_default_domain_are_no_graph(folder, monkeypatch, nodes, is_free):
    monkeypatch.delenv('ROS_DOMAIN_ID')
    write(folder, os.getpid(), 60)
    monkeypatch.setattr(sessions, 'is_free', lambda domain: is_free)
    monkeypatch.setattr(sessions, 'nodes_on', lambda domain: nodes)
    sessions.join_running_session()
    assert os.environ['ROS_DOMAIN_ID'] == '60'


def test_a_graph_of_ros2_launch_on_the_default_domain_is_listed_with_the_others(
    folder, monkeypatch
):
    monkeypatch.delenv('ROS_DOMAIN_ID')
    write(folder, os.getpid(), 60)
    monkeypatch.setattr(sessions, 'is_free', lambda domain: False)
    monkeypatch.setattr(sessions, 'nodes_on', lambda domain: {'/lab/supervisor', '/shield'})
    with pytest.raises(UserError, match=r'--domain 0 --namespace lab: ros2 launch; --domain 60: '):
        sessions.join_running_session()
    assert sessions.join_running_session(namespace='/lab') == 'lab'
    assert os.environ['ROS_DOMAIN_ID'] == '0'


def test_two_robots_on_one_domain_are_told_apart_by_their_namespaces(monkeypatch):
    with sessions.registered('/left'):
        assert sessions.join_running_session() == 'left'
        assert sessions.join_running_session(namespace='right') == 'right'
        path = next(sessions.folder().glob('*.json'))
        other = path.read_text().replace('left', 'right')
        path.with_name('other.json').write_text(other)
        with pytest.raises(UserError, match='--domain 57 --namespace left: '):
            sessions.join_running_session()
        assert sessions.join_running_session(namespace='right') == 'right'


def test_where_there_is_no_graph_the_others_are_named(folder):
    assert 'start one: ./vla up launch/sim.launch.yaml' in sessions.no_graph()
    write(folder, os.getpid(), 60)
    assert sessions.no_graph() == (
        'no graph is running on ROS domain 57; running: --domain 60: ./vla demo 60'
    )
