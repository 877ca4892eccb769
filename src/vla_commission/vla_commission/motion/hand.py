"""The person turns each joint by hand or with the pendant: names, signs and units, before any
motion of the stack."""

from __future__ import annotations

from math import degrees, pi

import numpy as np

from vla_commission.finding import Finding, fail, ok
from vla_commission.motion.guide import Guide
from vla_commission.motion.person import Person

TURN = 0.175  # rad, about 10 degrees
LEAST = 0.03  # rad, that counts as motion
DEGREES = 180.0 / pi


def hand_findings(guide: Guide, person: Person) -> list[Finding]:
    """Each joint is turned by about +10 degrees, and joint states are compared."""
    found = []
    for index, name in enumerate(guide.rig.robot.joint_names):
        guide.wait(0.2)
        before = guide.q
        person.turn(name, TURN)
        guide.wait(0.2)
        found += _judged(guide.rig.robot.joint_names, index, guide.q - before)
        person.turn(name, -TURN)
    return [f for f in found if not f.is_good] or [
        ok('hand', f'all {len(found)} joints answer by name, in the right direction, in rad')
    ]


def _judged(names: tuple[str, ...], index: int, change: np.ndarray) -> list[Finding]:
    name, moved = names[index], int(np.argmax(np.abs(change)))
    size = float(change[moved])
    if not abs(size) >= LEAST:
        return [fail(
            'hand.silent', f'{name} was turned, and no joint state changed',
            f'check that {name} is read by the driver',
        )]  # fmt: skip
    if moved != index:
        return [fail(
            'hand.joint', f'{name} was turned, and {names[moved]} changed in joint states',
            f'exchange {name} and {names[moved]} in the joints of the driver',
        )]  # fmt: skip
    if size < 0.0:
        return [fail(
            'hand.sign', f'{name} was turned by +{degrees(TURN):.0f} degrees, and joint states '
            f'say {size:+.3f} rad', f'invert {name} in the driver',
        )]  # fmt: skip
    if abs(size / (TURN * DEGREES) - 1.0) < 0.5:
        return [fail(
            'hand.unit', f'{name} was turned by {degrees(TURN):.0f} degrees, and joint states say '
            f'{size:+.1f}', 'let the driver publish rad (REP-103): multiply by pi/180',
        )]  # fmt: skip
    return [ok('hand', name)]
