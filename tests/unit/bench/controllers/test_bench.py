"""What the bench of controllers plays, measures, and makes of it."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from vla_bench.controllers.bench import LOW_SLIDER, all_cases, figures
from vla_bench.controllers.case import FIRST_POINT_AHEAD, LAGS, SLIDERS, ControllerCase, grid
from vla_bench.controllers.control import figures as control_figures
from vla_bench.controllers.first_point_ahead import shortened
from vla_bench.controllers.trial import CertifiedPath
from vla_core.records.action import Trajectory
from vla_core.robot.controller import RESTARTS

NAMES = ('a',)
GOOD = {
    'success': True, 'code': 'SUCCEEDED', 'text': 'done', 'duration': 8.0, 'commands': 4000,
    'step_mrad': 1.5, 'velocity': 0.4, 'acceleration': 0.9, 'deviation_mrad': 0.1, 'travel': 1.0,
    'load_cycles': 0, 'press_cycles': 0, 'error_cycles': 0,
}  # fmt: skip


def row(case, **changes):
    usual = dict(GOOD)
    if case.payload:
        usual.update(success=False, load_cycles=500, text='undeclared payload?')
    if case.slider == LOW_SLIDER:
        usual.update(success=False, travel=0.0, text=f'speed slider at {LOW_SLIDER} %')
    return {**asdict(case), **usual, **changes}


def rows(**changes):
    """Rows of all cases; `changes` of those of the grid."""
    made = [row(case) for case in all_cases('ur5e', 1)]
    for k, case in enumerate(grid(seed=1)):
        made[k] = row(case, **changes)
    return made


def wrong(found):
    return [figure.name for figure in found if not figure.ok]


def test_the_grid_has_every_combination_once():
    cases = grid()
    keys = {(c.restart, c.lag_ms, c.slider, c.has_velocity) for c in cases}
    assert len(keys) == len(cases) == len(RESTARTS) * len(LAGS) * len(SLIDERS) * 2
    assert len({c.key for c in all_cases('ur5e', 1)}) == len(all_cases('ur5e', 1))
    assert {c.response for c in cases} == {'first_order', 'dead_time'}


def test_the_robot_file_says_what_the_controller_does_unless_it_is_wrong_or_old():
    case = ControllerCase('measured', slider=10, has_velocity=False)
    assert case.contract == case.actual
    assert case.described_robot().arms[0].controller == case.actual
    assert replace(case, declared='desired').contract.restart == 'desired'
    old = replace(case, rules=FIRST_POINT_AHEAD).contract
    assert (old.restart, old.scaling_topic, old.latency) == ('desired', '', 0.0)


def test_all_good_rows_meet_every_bound():
    assert wrong(figures(rows())) == []


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ({'acceleration': 1.2}, 'acceleration, of its limit'),
        ({'velocity': 1.2}, 'command step, of the velocity limit'),
        ({'deviation_mrad': 1.5}, 'off the certified path'),
        ({'load_cycles': 1}, 'lag taken for a payload'),
        ({'error_cycles': 1}, 'lag taken for a blocked arm'),
        ({'success': False, 'text': 'not done within 40 s'}, 'neither done nor refused'),
    ],
)
def test_each_bound_can_fail(change, named):
    assert any(named in name for name in wrong(figures(rows(**change))))


def test_a_task_that_the_slider_ends_is_refused_with_the_reason():
    refused = rows(success=False, text='held by the shield: speed slider at 10 %')
    assert wrong(figures(refused)) == []


def test_a_payload_that_is_not_found_and_motion_below_the_least_slider_fail():
    cases = all_cases('ur5e', 1)
    silent = [row(c, load_cycles=0) if c.payload else row(c) for c in cases]
    assert len([name for name in wrong(figures(silent)) if 'HOLD' in name]) == len(LAGS)
    moving = [row(c, travel=0.1) if c.slider == LOW_SLIDER else row(c) for c in cases]
    assert wrong(figures(moving)) == [f'slider at {LOW_SLIDER} %: motion']


def test_the_control_must_fail():
    old = [row(case) for case in grid(FIRST_POINT_AHEAD) if case.has_velocity]
    assert len(wrong(control_figures(old))) == 5  # rows as good as those of the claim
    bad = [
        {**r, 'acceleration': 50.0, 'step_mrad': 10.0, 'load_cycles': 9}
        | ({'success': False, 'text': 'timed out'} if r['slider'] == 10 else {})
        for r in old
    ]
    assert wrong(control_figures(bad)) == []


def command(now, row=1):
    """A certified state 10 ms ahead, at 1 rad/s, with a past state and a stop."""
    times = np.array([0.0, 0.05, 0.15])
    position, velocity = now + np.array([[-0.04], [0.01], [0.06]]), np.array([[1.0], [1.0], [0.0]])
    return Trajectory(now - 0.04, NAMES, times, position, velocity, row)


def test_a_command_of_old_begins_with_the_state_ahead():
    found = shortened(command(3.0), 3.0)
    assert found.stamp == 3.0
    assert found.time_from_start == pytest.approx([0.01, 0.11])
    assert found.position[:, 0] == pytest.approx([3.01, 3.06])


def test_the_deviation_is_measured_from_the_path_between_certified_states():
    certified = CertifiedPath(1.0, 0.01)
    for k in range(20):
        certified.tap('arm_command', command(1.0 + 0.01 * k), 1.0 + 0.01 * k)
    grid_times = 0.002 * np.arange(1, 601)
    assert certified.deviation(grid_times[:, None], 0.002) == pytest.approx(0.0, abs=1e-9)
    off = grid_times[:, None].copy()
    off[560] += 0.003
    assert certified.deviation(off, 0.002) == pytest.approx(0.003, abs=1e-9)
