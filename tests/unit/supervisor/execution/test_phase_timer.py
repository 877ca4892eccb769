"""Time limits count the time in which the robot may move, at the speed that it may have."""

import pytest

from vla_core.records.safety import SCALING, ArmState, Decision, ShieldReport
from vla_core.records.task import Phase, TaskStatus
from vla_supervisor.execution.phase_timer import PhaseTimer
from vla_supervisor.monitors.shield_monitor import ShieldMonitor, ShieldMonitorParams
from vla_supervisor.params import ExecutiveParams


def elapsed(rate, is_paused=False, seconds=10.0):
    timer = PhaseTimer(ExecutiveParams())
    timer.tick(0.0, False)
    timer.begin(0.0)
    for k in range(1, round(seconds) + 1):
        timer.tick(float(k), is_paused, rate)
    return timer.elapsed(seconds)


def test_pauses_do_not_count_and_a_slow_robot_has_more_time():
    assert elapsed(1.0) == pytest.approx(10.0)
    assert elapsed(0.1) == pytest.approx(1.0)
    assert elapsed(0.1, is_paused=True) == pytest.approx(0.0)


def report(*rules, scale=0.1):
    return ShieldReport(
        stamp=1.0, cycle=1, state=ArmState.ARMED, decision=Decision.PASS, reason='', rules=rules,
        tightest='', margin=0.0, change=0.0, speed_scale=scale, separation=0.0, chunk_seq=-1,
        chunk_stamp=0.0, ages={}, loop_ms=0.0, period_ms=0.0,
    )  # fmt: skip


def test_only_the_speed_slider_stretches_time_not_a_vote():
    monitor = ShieldMonitor(ShieldMonitorParams())
    assert monitor.rate == 1.0
    monitor.on_report(report('slow'))
    assert monitor.rate == 1.0
    monitor.on_report(report(SCALING, 'speed'))
    assert monitor.rate == 0.1


def test_a_move_at_a_tenth_of_the_speed_times_out_ten_times_later():
    params = ExecutiveParams()
    status = TaskStatus(stamp=0.0, task_id='t', instruction='', phase=Phase.RETREAT)
    for rate, late in ((1.0, True), (0.1, False)):
        timer = PhaseTimer(params)
        timer.begin(0.0)
        timer.tick(0.0, False)
        timer.tick(params.move_timeout + 1.0, False, rate)
        assert bool(timer.timeout(status, '', params.move_timeout + 1.0)) == late
