"""The gripper at closed, half and open: measured joint, and what the person sees."""

from __future__ import annotations

from vla_commission.finding import Finding, fail, ok, skipped
from vla_commission.motion.guide import Guide, MotionError
from vla_commission.motion.person import Person
from vla_commission.motion.sine import stopped
from vla_core.robot.gripper import GripperConfig

TOLERANCE = 0.1  # of the range of the joint
TIME = 3.0  # s, for one motion
QUESTIONS = (
    ('open', 'Is the gripper fully open?', 1.0),
    ('half', 'Is the gripper about half open, {gap:.0f} mm?', 0.5),
    ('closed', 'Is the gripper closed?', 0.0),
)


def gripper_findings(guide: Guide, person: Person) -> list[Finding]:
    """Move the gripper to three openings; the arm stays where it is."""
    gripper, found = guide.rig.robot.gripper, []
    try:
        q = guide.begin()
        for key, question, share in QUESTIONS:
            gap = gripper.closed_width + share * (gripper.open_width - gripper.closed_width)
            guide.opening = gap
            guide.hold(q, TIME)
            found += _judged(gripper, key, gap, guide.rig.finger)
            text = question.format(gap=gap * 1e3)
            if found[-1].is_good and not person.ask(f'gripper.{key}', text):
                found.append(_seen(gripper, key))
        guide.opening = gripper.open_width
        guide.hold(q, TIME)
    except MotionError as fault:
        found.append(stopped('gripper.stopped', fault))
    guide.finish()
    bad = [f for f in found if not f.is_good]
    return bad or [ok('gripper.map', 'closed, half and open are where the robot file says')]


def _judged(gripper: GripperConfig, key: str, gap: float, finger: float | None) -> list[Finding]:
    if finger is None:
        return [skipped('gripper.map', f'no position of {gripper.joint}')]
    wanted = gripper.joint_position(gap)
    ends = gripper.opening_map[0][0], gripper.opening_map[-1][0]
    if abs(finger - wanted) <= TOLERANCE * abs(ends[1] - ends[0]):
        return [ok('gripper.map', f'{key}: {gripper.joint} is {finger:.4f}')]
    return [fail(
        'gripper.map', f'commanded {key} ({gap * 1e3:.0f} mm): {gripper.joint} is {finger:.4f}, '
        f'opening_map says {wanted:.4f}',
        f'measure the opening at both ends, and put it into the opening_map of {gripper.name}: '
        f'[[joint position, m], ...]; the joint stops at {finger:.4f}',
    )]  # fmt: skip


def _seen(gripper: GripperConfig, key: str) -> Finding:
    pairs = ', '.join(f'[{joint:g}, {gap:g}]' for joint, gap in gripper.opening_map)
    (first, narrow), (last, wide) = gripper.opening_map[0], gripper.opening_map[-1]
    return fail(
        'gripper.map', f'commanded {key}, and the person does not see that (opening_map is '
        f'[{pairs}])',
        f'measure the opening at both ends of {gripper.joint}; if it is reversed, put '
        f'"opening_map: [[{last:g}, {narrow:g}], [{first:g}, {wide:g}]]" into {gripper.name}',
    )  # fmt: skip
