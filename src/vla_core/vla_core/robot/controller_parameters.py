"""Parameters of a live `joint_trajectory_controller`, compared with the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vla_core.robot.controller import DESIRED, MEASURED, ControllerContract

RESTART = 'interpolate_from_desired_state'
OPEN_LOOP = 'open_loop_control'
JOINTS = 'joints'
INTERFACES = 'command_interfaces'
PARTIAL = 'allow_partial_joints_goal'
END_VELOCITY = 'allow_nonzero_velocity_at_trajectory_end'
METHOD = 'interpolation_method'
NAMES = (RESTART, OPEN_LOOP, JOINTS, INTERFACES, PARTIAL, END_VELOCITY, METHOD)


def tolerance_of(joint: str) -> str:
    """Parameter with the tracking error, rad, at which the controller aborts; 0: none."""
    return f'constraints.{joint}.trajectory'


def names_of(joints: tuple[str, ...]) -> tuple[str, ...]:
    """Parameters of a controller of `joints` that are compared."""
    return (*NAMES, *map(tolerance_of, joints))


def requests_for(joints: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The same by request: rclcpp answers one with an undeclared name with nothing, so each is
    asked for by itself; the tolerances together, because a service keeps ten requests at most."""
    return (*((name,) for name in NAMES), tuple(map(tolerance_of, joints)))


def expected(contract: ControllerContract, joints: tuple[str, ...]) -> dict[str, Any]:
    """Parameters of a controller of `joints` that follows the contract."""
    return {
        RESTART: contract.restart == DESIRED,
        OPEN_LOOP: False,
        JOINTS: list(joints),
        INTERFACES: [contract.command_interface],
        PARTIAL: contract.allow_partial_joints,
        END_VELOCITY: contract.allow_nonzero_end_velocity,
        METHOD: 'splines',
        **{tolerance_of(joint): contract.path_tolerance for joint in joints},
    }


def mismatches(
    contract: ControllerContract, joints: tuple[str, ...], node: str, found: Mapping[str, Any]
) -> tuple[str, ...]:
    """One text per parameter that differs, with the line for the controller's YAML.

    A parameter that the controller does not have is not in `found` and is not compared.
    """
    wanted = expected(contract, joints)
    texts = []
    for name in names_of(joints):
        if name in found and not _agrees(name, found, wanted):
            line = f'{name}: {_yaml(wanted[name])}'
            text = f'{node}: {name} is {_yaml(found[name])}; put "{line}" into its YAML'
            texts.append(text + _alternative(name, found))
    return tuple(texts)


def _agrees(name: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    if name == RESTART:  # open_loop_control (deprecated) has the same effect
        return (bool(found[name]) or bool(found.get(OPEN_LOOP, False))) == bool(wanted[name])
    if name == OPEN_LOOP:
        return True
    if name == JOINTS:  # the controller sorts a trajectory into its own order
        return sorted(found[name]) == sorted(wanted[name])
    return bool(found[name] == wanted[name])


def _alternative(name: str, found: Mapping[str, Any]) -> str:
    if name.startswith('constraints.'):
        return f', or "path_tolerance: {found[name]}" into the controller of the arm'
    if name != RESTART:
        return ''
    restart = DESIRED if found[name] else MEASURED
    return f', or "restart: {restart}" into the controller of the arm in the robot file'


def _yaml(value: Any) -> str:
    """The value as in YAML, on one line."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(map(str, value)) + ']'
    return str(value)
