"""Writes a robot file as YAML with comments on what a person must check."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from vla_core.authoring.clearance import PairReport
from vla_core.authoring.draft import RobotDraft
from vla_core.params import as_mapping
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.description.urdf_config import UrdfConfig
from vla_core.robot.gripper import COMMANDS, GripperConfig

HEAD = """\
# Made by: {command}
# Check what is marked CHECK, then run: ./vla robot check {name}.yaml"""


def text_of(draft: RobotDraft, command: str) -> str:
    """The robot file; `command`: how it was made."""
    robot = draft.robot
    lines = [HEAD.format(command=command, name=robot.name), f'name: {robot.name}']
    lines += _urdf(robot.urdf, draft.notes)
    lines += [
        '# z = 0 is the surface that the robot works on; the root link stands there as mount says',
        f'base_frame: {robot.base_frame}',
        _noted(f'mount: {{position: {flow(robot.mount.position)}}}', draft.notes.get('mount')),
        '',
    ]
    lines += _arm(robot, draft.notes)
    for gripper in robot.grippers:
        lines += _gripper(gripper)
    lines += [f'joint_states_topic: {robot.joint_states_topic}', '']
    lines += _cameras(robot.cameras)
    if robot.obstacles:
        lines += ['# CHECK: static parts of the cell', 'obstacles:']
        lines += [f'  - {flow(_given(obstacle))}' for obstacle in robot.obstacles] + ['']
    if robot.fixed_joints:
        lines += ['# CHECK: joints that no part moves, and where they are kept']
        lines += [f'fixed_joints: {flow(robot.fixed_joints)}', '']
    lines += pair_lines(draft.pairs)
    return '\n'.join(lines) + '\n'


def flow(value: Any) -> str:
    """A value in YAML's flow style, on one line."""
    if isinstance(value, dict):
        return '{' + ', '.join(f'{key}: {flow(item)}' for key, item in value.items()) + '}'
    if isinstance(value, (tuple, list)):
        return '[' + ', '.join(flow(item) for item in value) + ']'
    if isinstance(value, float):
        text = f'{value:.6f}'.rstrip('0')
        return '0.0' if text == '-0.' else text + '0' * text.endswith('.')
    if isinstance(value, str) and not value.replace('_', '').replace('-', '').isalnum():
        return json.dumps(value)
    return str(value)


def pair_lines(pairs: Iterable[PairReport]) -> list[str]:
    """`disabled_pairs` with the reason of each."""
    lines = [
        '# adjacent: share a joint; always: touch in most poses; never: did not in '
        'any of the samples',
        'disabled_pairs:',
    ]
    chosen = [pair for pair in pairs if pair.reason]
    lines += [f'  - [{pair.first}, {pair.second}]  # {pair.reason}' for pair in chosen]
    return lines if chosen else [*lines[:1], 'disabled_pairs: []']


def capsule_lines(urdf: UrdfConfig) -> list[str]:
    """`capsules` of the section urdf."""
    return ['  capsules:'] + [
        f'    - {{link: {item.link}, radius: {flow(item.radius)}, start: {flow(item.start)}, '
        f'end: {flow(item.end)}}}'
        for item in urdf.capsules
    ]


def _noted(line: str, note: str | None) -> str:
    return f'{line}  # CHECK: {note}' if note else line


def _urdf(urdf: UrdfConfig, notes: dict[str, str]) -> Iterator[str]:
    yield 'urdf:'
    for key in ('file', 'args', 'package_dirs'):
        if getattr(urdf, key):
            yield f'  {key}: {flow(getattr(urdf, key))}'
    if urdf.attach:
        yield '  attach:  # CHECK: the pose of the gripper on the flange'
        yield from (f'    - {flow(_given(part))}' for part in urdf.attach)
    if urdf.frames:
        yield _noted('  frames:', notes.get('frames'))
        yield from (f'    - {flow(_given(frame))}' for frame in urdf.frames)
    if urdf.mimics:
        yield '  mimics:  # CHECK: the URDF does not say so'
        yield from (f'    - {flow(_given(mimic))}' for mimic in urdf.mimics)
    if urdf.capsules:
        yield from capsule_lines(urdf)


def _given(part: Any) -> dict[str, Any]:
    """The fields of a part that are not empty."""
    return {key: value for key, value in as_mapping(part).items() if value not in ('', {}, ())}


def _arm(robot: RobotConfig, notes: dict[str, str]) -> Iterator[str]:
    arm = robot.arm
    yield 'arms:'
    yield f'- name: {arm.name}'
    yield f'  tip_frame: {arm.tip_frame}  # between the fingers, 8 mm short of their ends'
    yield f'  tcp_speed: {flow(arm.tcp_speed)}'
    yield f'  command_topic: {arm.command_topic}  # CHECK: of its joint_trajectory_controller'
    if arm.workspace is not None:
        yield _noted(f'  workspace: {flow(arm.workspace)}', notes.get('workspace'))
    yield '  # lower, upper, velocity: of the URDF; acceleration, jerk: CHECK, gentle values'
    if 'home' in notes:
        yield f'  # home: {notes["home"]}'
    yield '  joints:'
    for j in arm.joints:
        values = {
            'name': j.name, 'home': j.home, 'lower': j.lower, 'upper': j.upper,
            'velocity': j.velocity, 'acceleration': j.acceleration, 'jerk': j.jerk,
        }  # fmt: skip
        yield _noted(f'    - {flow(values)}', notes.get(j.name))
    yield ''


def _gripper(gripper: GripperConfig) -> Iterator[str]:
    yield 'grippers:'
    yield f'- name: {gripper.name}'
    yield f'  arm: {gripper.arm}'
    yield f'  joint: {gripper.joint}'
    yield '  # (joint, opening in m) measured on the shapes of the fingers'
    yield f'  opening_map: {flow(gripper.opening_map)}'
    yield f'  pads: {flow(gripper.pads)}'
    yield f'  force: {flow(gripper.force)}  # CHECK: N'
    yield f'  speed: {flow(gripper.speed)}  # CHECK: m/s'
    yield f'  command_topic: {gripper.command_topic}  # CHECK'
    yield f'  command: {gripper.command}  # CHECK: {", ".join(COMMANDS)}'
    yield ''


def _cameras(cameras: tuple[CameraConfig, ...]) -> Iterator[str]:
    yield '# CHECK: your cameras; this is the one of the simulator'
    yield 'cameras:'
    for camera in cameras:
        yield (
            f'  - {{name: {camera.name}, kind: {camera.kind}, topic: {camera.topic}, '
            f'frame: {camera.frame},'
        )
        yield (
            f'     width: {camera.width}, height: {camera.height}, fov_y: {flow(camera.fov_y)}, '
            f'position: {flow(camera.position)}, look_at: {flow(camera.look_at)}}}'
        )
    yield ''
