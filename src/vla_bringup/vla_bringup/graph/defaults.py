"""Defaults of a session of the graph: the shipped policy and the camera period."""

from __future__ import annotations

from collections.abc import Callable

from vla_bringup.checkout.root import ROOT
from vla_core.params import load_yaml

POLICY = 'checkpoints/tabletop'


def default_policy(say: Callable[[str, str], None]) -> str:
    """Return the shipped checkpoint, or 'scripted' after a line (text, style) says why."""
    if (ROOT / POLICY / 'policy.json').is_file():
        return POLICY
    say(f'no {POLICY} here: the scripted expert acts instead', 'yellow')
    return 'scripted'


def image_period() -> float:
    """Return the s between two pictures of a simulated camera, from config/stack.yaml."""
    stack = load_yaml(ROOT / 'config' / 'stack.yaml')
    return float(stack['sim']['ros__parameters']['image_period'])
