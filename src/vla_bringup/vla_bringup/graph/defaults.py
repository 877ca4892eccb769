"""Defaults of a session of the graph: the shipped policy and the camera period."""

from __future__ import annotations

from collections.abc import Callable

from vla_bringup.checkout.root import ROOT
from vla_core.params import node_parameters

POLICY = 'checkpoints/tabletop'
CARD = 'policy.json'  # of a checkpoint folder


def default_policy(report: Callable[[str, str], None]) -> str:
    """Return the shipped checkpoint, or 'scripted' after reporting why (text, style)."""
    if (ROOT / POLICY / CARD).is_file():
        return POLICY
    report(f'{POLICY} does not exist: using the scripted expert instead', 'yellow')
    return 'scripted'


def image_period() -> float:
    """Return the image period of the simulated cameras in s, from config/stack.yaml."""
    return float(node_parameters(ROOT / 'config' / 'stack.yaml')['sim']['image_period'])
