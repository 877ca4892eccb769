"""A session uses a domain of its own and reports failures."""

import os
import socket

import pytest

from vla_bringup.graph import domain
from vla_bringup.graph.domain import DOMAINS, choose_domain, is_free
from vla_bringup.graph.log import Log


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv('ROS_DOMAIN_ID', raising=False)
    monkeypatch.delenv('ROS_AUTOMATIC_DISCOVERY_RANGE', raising=False)
    monkeypatch.setattr(os, 'environ', os.environ.copy())


def test_a_domain_in_use_is_not_free():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(('', 7410 + 250 * 57))
        assert not is_free(57)
    assert is_free(57)


def test_a_free_domain_is_chosen_and_traffic_stays_here(monkeypatch):
    monkeypatch.setattr(domain, 'is_free', lambda number: number == 42)
    choose_domain()
    assert os.environ['ROS_DOMAIN_ID'] == '42'
    assert os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'


def test_the_domain_of_a_person_is_kept():
    os.environ['ROS_DOMAIN_ID'] = '5'
    choose_domain()
    assert os.environ['ROS_DOMAIN_ID'] == '5'


def test_the_highest_domain_keeps_its_ports_below_the_ephemeral_ones():
    assert 7410 + 250 * DOMAINS[-1] + 249 < 32768


def test_the_log_notes_a_node_that_cannot_be_set_up(tmp_path):
    log = Log(tmp_path / 'out' / 'graph.log')
    log('policy', '[INFO] [policy]: hello')
    log('policy', "[FATAL] [1.0] [policy]: cannot configure: no policy 'x'")
    log('sim', 'Traceback (most recent call last):')
    log.close()
    assert log.fatal == ['policy', 'sim']
    assert list(log.last['policy'])[-1].endswith("no policy 'x'")
    assert 'policy | [INFO] [policy]: hello' in (tmp_path / 'out' / 'graph.log').read_text()
