"""Faults in a running graph at twice their bounds; `./vla bench faults` has them all."""

import os
import time

import numpy as np
import pytest

from vla_bringup.bench_faults import FAULTS
from vla_bringup.fault_stage import Bounds, Stage
from vla_bringup.graph_session import GraphSession, SessionPlan
from vla_core.robot import load_robot

TWICE = Bounds(2.0)  # the machine of a test is busy
SEED = 7


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope='module')
def stage(tmp_path_factory):
    """A graph that is broken by one test after the other, and leaves no process behind."""
    log = tmp_path_factory.mktemp('faults') / 'graph.log'
    session = GraphSession(SessionPlan((('sim', {'policy': 'scripted'}),), log), lambda _: None)
    with session as graph, Stage(graph, load_robot('ur5e'), SEED) as ready:
        yield ready
        pids = [graph.pid(node) for node in graph.managed]
    assert [pid for pid in pids if is_alive(pid)] == []


@pytest.mark.parametrize('fault', ['F1', 'F9', 'F15', 'F5', 'F2'])
def test_a_fault_while_the_arm_moves_is_answered_in_time(stage, fault):
    figures = list(FAULTS[fault](stage, TWICE))
    assert figures
    assert [f'{f.name}: {f.value:.1f} {f.unit}' for f in figures if not f.ok] == []


def test_the_shield_knows_how_far_apart_its_cycles_are(stage):
    began = time.monotonic()
    stage.graph.pause(0.5)
    periods = [h.record.period_ms for h in stage.witness.since('report', began)]
    assert 8.0 < np.median(periods) < 15.0
