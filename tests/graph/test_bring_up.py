"""A stack that cannot start ends, and says which node it was."""

import os
import subprocess
import sys

from vla_bringup.graph.domain import choose_domain

SHIELD = 'from vla_shield.node import main; main()'
SUPERVISOR = 'from vla_supervisor.node import main; main()'


def node(code, *settings):
    words = [word for setting in settings for word in ('-p', setting)]
    return subprocess.Popen(
        [sys.executable, '-c', code, '--ros-args', *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_node_that_cannot_configure_ends_the_supervisor_with_an_error():
    choose_domain()
    shield = node(SHIELD, 'shield.tcp_sped:=0.2')
    supervisor = node(SUPERVISOR, 'e_stop.source:=none', 'bring_up.order:=[shield]')
    try:
        said, _ = supervisor.communicate(timeout=30.0)
        assert supervisor.returncode == 1
        assert 'shield could not configure (see its log)' in said
    finally:
        supervisor.kill()
        shield.terminate()
        why, _ = shield.communicate(timeout=10.0)
    assert 'tcp_sped' in why


def test_a_supervisor_that_hears_no_node_any_more_asks_to_be_started_again():
    choose_domain()
    shield = node(SHIELD)
    settings = ('bring_up.order:=[shield]', 'heartbeats.isolation:=1.0')
    supervisor = node(SUPERVISOR, 'e_stop.source:=none', *settings)
    try:
        for line in supervisor.stdout:
            if 'all nodes are active' in line:
                break
        shield.kill()
        said, _ = supervisor.communicate(timeout=30.0)
        assert supervisor.returncode == os.EX_TEMPFAIL
        assert said.count('[FATAL]') == 1
        assert 'no heartbeat from any node for 1.0 s (limit 1 s)' in said
    finally:
        supervisor.kill()
        shield.kill()
