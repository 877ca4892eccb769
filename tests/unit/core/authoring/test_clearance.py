"""Pairs of links: adjacent, always and never touching ones are found by sampling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vla_core.authoring.clearance import Clearance, pair_reports
from vla_core.robot.config import load_robot
from vla_core.robot.obstacle import ObstacleConfig


@pytest.fixture(scope='module')
def reports():
    found = pair_reports(load_robot('ur5e'))
    return {frozenset((pair.first, pair.second)): pair for pair in found}


def test_neighbours_are_adjacent(reports):
    assert reports[frozenset(('upper_arm_link', 'forearm_link'))].reason == 'adjacent'
    assert reports[frozenset(('wrist_2_link', 'gripper_base'))].reason == 'adjacent'


def test_links_that_overlap_by_their_padding_always_touch(reports):
    assert reports[frozenset(('base_link_inertia', 'upper_arm_link'))].reason == 'always'


def test_links_that_can_collide_are_checked(reports):
    pair = reports[frozenset(('base_link_inertia', 'gripper_base'))]
    assert pair.reason == ''
    assert pair.nearest < 0.0


def test_what_was_disabled_by_hand_is_what_is_found(reports):
    by_hand = {frozenset(pair) for pair in load_robot('ur5e').disabled_pairs}
    assert by_hand <= {names for names, pair in reports.items() if pair.reason}


def test_distances_to_table_and_obstacles():
    robot = load_robot('ur5e')
    box = ObstacleConfig('shelf', 'box', (0.1, 0.1, 0.1), (0.45, 0.0, 0.05))
    clearance = Clearance(replace(robot, obstacles=(box,)))
    distance, names = clearance.of_obstacles(robot.home)
    low, _ = clearance.of_table(robot.home)
    assert names.endswith('and shelf')
    tips = clearance.model.fk(robot.home)[2, 3] - 0.008  # the pads end below the tip
    assert distance == pytest.approx(tips - 0.1, abs=2e-3)
    assert 0.0 < low < 0.35
    away = Clearance(robot)
    assert away.of_obstacles(robot.home) == (np.inf, '')
