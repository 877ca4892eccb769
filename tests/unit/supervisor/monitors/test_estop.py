"""The emergency stop: pressed counts always, silence where its message is required."""

import pytest

from vla_supervisor.monitors.estop import NONE, PRESSED, TOPIC, EStop, EStopParams

PROGRAM = 'io_and_status_controller/robot_program_running'
SAFETY = 'io_and_status_controller/safety_mode'
FRANKA = 'franka_robot_state_broadcaster/robot_state'


def stop(is_pressed, source=TOPIC):
    made = EStop(EStopParams(source=source))
    made.on_state(is_pressed, 10.0)
    return made


@pytest.mark.parametrize('source', [TOPIC, NONE])
def test_pressed_stays_until_a_message_of_release(source):
    made = stop(True, source)
    assert made.take_emergency() == PRESSED
    made.on_state(False, 10.1)
    assert made.take_emergency() == ''


@pytest.mark.parametrize('now', [10.51, float('nan')])
def test_silence_inhibits_where_its_message_is_required(now):
    assert stop(False).inhibit(10.4) == ''
    assert stop(False).inhibit(now) == 'no message from the emergency stop'
    assert stop(False, NONE).inhibit(now) == ''


def test_without_any_message_it_inhibits():
    assert EStop(EStopParams(source=TOPIC)).inhibit(0.0)


def test_a_source_must_be_given_and_a_wrong_one_lists_the_known():
    for source in ('', 'yes'):
        with pytest.raises(ValueError, match='one of none, topic, ur, franka'):
            EStopParams(source=source)


def test_a_silent_driver_inhibits_and_names_its_topic():
    made = EStop(EStopParams(source='ur'))
    assert made.inhibit(0.0) == f'no message of the driver on {PROGRAM}'
    made.on_driver(PROGRAM, '', 0.0)
    assert made.inhibit(0.0) == f'no message of the driver on {SAFETY}'
    made.on_driver(SAFETY, '', 0.0)
    assert made.inhibit(1e6) == ''  # sent on change
    made.on_driver_alive(False)
    assert 'the driver has ended' in made.inhibit(0.0)


def test_a_stop_of_the_driver_is_an_emergency_until_it_is_over():
    made = EStop(EStopParams(source='ur'))
    made.on_driver(PROGRAM, '', 0.0)
    made.on_driver(SAFETY, 'the robot reports: protective stop', 0.0)
    assert made.take_emergency() == 'the robot reports: protective stop'
    made.on_driver(SAFETY, '', 0.0)
    assert made.take_emergency() == ''


def test_a_press_that_is_released_before_anybody_looks_is_not_lost():
    made = stop(True)
    made.on_state(False, 10.001)
    assert made.take_emergency() == PRESSED
    assert made.take_emergency() == ''


def test_a_short_stop_of_the_driver_is_not_lost():
    made = EStop(EStopParams(source='ur'))
    for fault in ('', 'the robot reports: protective stop', ''):
        made.on_driver(SAFETY, fault, 0.0)
    assert made.take_emergency() == 'the robot reports: protective stop'
    assert made.take_emergency() == ''


@pytest.mark.parametrize('now', [10.51, float('nan')])
def test_a_driver_that_stops_sending_what_it_streams_inhibits(now):
    made = EStop(EStopParams(source='franka'))
    assert made.inhibit(10.0) == f'no message of the driver on {FRANKA}'
    made.on_driver(FRANKA, '', 10.0)
    assert made.inhibit(10.5) == ''
    assert made.inhibit(now) == f'no message of the driver on {FRANKA} for 0.5 s'
    made.on_driver(FRANKA, '', 11.0)
    assert made.inhibit(11.1) == ''
