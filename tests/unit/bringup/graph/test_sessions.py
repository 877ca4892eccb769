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
    with pytest.raises(UserError, match=r'demo 6. on ROS_DOMAIN_ID=6.; .*demo 6. on'):
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
