"""Parameters of the live controllers before arming."""

from dataclasses import dataclass, field, replace

import pytest

from vla_core.robot.config import load_robot
from vla_core.robot.controller import ControllerContract
from vla_core.robot.controller_parameters import expected
from vla_shield.controller_check import MAX_AGE, REQUEST_EVERY, ControllerCheck

ROBOT = load_robot('ur5e')


@dataclass
class Reader:
    owner: str = '/arm_controller'
    values: dict = field(default_factory=dict)
    read_at: float | None = None
    is_offered: bool = False
    requests: list = field(default_factory=list)

    def request(self, now):
        self.requests.append(now)


def robot_with(**contract):
    arm = replace(ROBOT.arms[0], controller=ControllerContract(**contract))
    return replace(ROBOT, arms=(arm,))


def answered(robot, **changes):
    values = expected(robot.arms[0].controller, robot.arms[0].joint_names) | changes
    return Reader(values=values, read_at=100.0, is_offered=True)


def test_a_controller_as_in_the_robot_file_may_be_armed():
    check = ControllerCheck(ROBOT, [answered(ROBOT)])
    assert check.refusal(101.0) == ''
    assert check.warning == ''


def test_a_mismatch_refuses_with_the_line_for_the_yaml():
    check = ControllerCheck(ROBOT, [answered(ROBOT, interpolate_from_desired_state=False)])
    assert 'put "interpolate_from_desired_state: true" into its YAML' in check.refusal(101.0)
    robot = robot_with(restart='measured')
    assert ControllerCheck(robot, [answered(robot)]).refusal(101.0) == ''


def test_parameters_that_are_too_old_are_read_again_first():
    check = ControllerCheck(ROBOT, [answered(ROBOT)])
    assert 'being read' in check.refusal(100.0 + MAX_AGE + 0.1)
    assert 'being read' in ControllerCheck(ROBOT, [Reader(is_offered=True)]).refusal(1.0)


@pytest.mark.parametrize(
    ('rule', 'refused', 'warned'),
    [('ignore', False, False), ('warn', False, True), ('refuse', True, False)],
)
def test_a_controller_without_a_parameter_service(rule, refused, warned):
    check = ControllerCheck(robot_with(unread_parameters=rule), [Reader()])
    refusal = check.refusal(5.0)
    assert bool(refusal) == refused
    assert bool(check.warning) == warned
    assert (
        '/arm_controller has no parameter service' in refusal + check.warning or rule == 'ignore'
    )


def test_they_are_requested_at_once_and_then_in_intervals():
    reader = Reader()
    check = ControllerCheck(ROBOT, [reader])
    for k in range(5):
        check.tick(50.0 + k * 0.5 * REQUEST_EVERY)
    assert reader.requests == [50.0, 50.0 + REQUEST_EVERY, 50.0 + 2.0 * REQUEST_EVERY]


@pytest.mark.parametrize(
    ('rule', 'refused', 'warned'),
    [('ignore', False, False), ('warn', False, True), ('refuse', True, False)],
)
def test_a_node_without_any_parameter_of_a_controller_is_not_one_that_agrees(
    rule, refused, warned
):
    robot = robot_with(unread_parameters=rule, node='/controller_manager')
    reader = Reader('/controller_manager', read_at=100.0, is_offered=True)
    check = ControllerCheck(robot, [reader])
    assert bool(check.refusal(101.0)) == refused
    assert bool(check.warning) == warned
