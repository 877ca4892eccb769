"""Checks `disabled_pairs`: pairs that are missing, and pairs that the shield must check."""

from __future__ import annotations

from collections.abc import Iterator

from vla_core.authoring.clearance import PairReport, pair_reports
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel

DEEP = 0.02  # m, links that are this far in each other in a sample collide in truth too: convex
# hulls are larger than their links, by less


def pair_problems(robot: RobotConfig, model: RobotModel) -> Iterator[tuple[str, str]]:
    """What is wrong with a pair, and what to change."""
    disabled = {frozenset(pair) for pair in robot.disabled_pairs}
    for report in pair_reports(robot):
        is_disabled = {report.first, report.second} in disabled
        if report.reason in ('adjacent', 'always') and report.share > 0.0 and not is_disabled:
            yield (
                f'{report.first} and {report.second} touch in {report.share:.0%} of all poses '
                f'({report.reason})',
                f'add [{report.first}, {report.second}] to disabled_pairs',
            )
        elif is_disabled and report.reason in ('', 'always'):
            yield from _collides(robot, model, report)


def _collides(
    robot: RobotConfig, model: RobotModel, report: PairReport
) -> Iterator[tuple[str, str]]:
    """The problem of a disabled pair that collides in some poses and not in others."""
    arms = [_arm_of(robot, model, link) for link in (report.first, report.second)]
    is_across = None not in arms and arms[0] != arms[1]
    if is_across:
        text = f'links of the arms {arms[0]} and {arms[1]}, which can collide'
    elif not report.reason and report.nearest < -DEEP:
        text = (
            f'links that collide in {report.share:.1%} of all poses, by up to '
            f'{-report.nearest * 1e3:.0f} mm, and are apart in the others'
        )
    else:
        return
    yield (
        f'disabled_pairs has [{report.first}, {report.second}], {text}',
        'remove the pair, so that the shield checks it',
    )


def _arm_of(robot: RobotConfig, model: RobotModel, link: str) -> str | None:
    """The arm that moves a link; None: nothing does."""
    frames = {frame.name: frame for frame in model.pin_model.frames}
    joint = int(frames[link].parentJoint) - 1
    for arm in robot.arms:
        part = robot.joint_slice(arm.name)
        if part.start <= joint < part.stop:
            return arm.name
    return None
