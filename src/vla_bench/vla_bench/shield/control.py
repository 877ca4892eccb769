"""Control of `./vla bench shield`: the same targets without the shield, which must do harm."""

from __future__ import annotations

import argparse

from vla_bench import controls
from vla_bench.shield.rollouts import (
    RolloutTotals,
    between_arms,
    play_all,
    rate,
    rollouts,
    shielded_figures,
)
from vla_core.result import Figure
from vla_core.robot.config import load_robot

DEFAULTS = {'rollouts': 60, 'unshielded': 60}


def run(args: argparse.Namespace) -> int:
    """The claim and the control on the same seeds."""
    plans = rollouts(args)
    outcomes = play_all(plans, args.out / 'rollouts.jsonl', args.workers)
    shielded, bare = (
        RolloutTotals(tuple(outcomes[p] for p in plans if p.is_shielded == is_shielded))
        for is_shielded in (True, False)
    )
    arms = len(load_robot(args.robot).arms)
    figures = [*shielded_figures(shielded, args.tcp_speed, arms), *unshielded_figures(bare, arms)]
    return controls.finish('shield', args.out, figures)


def unshielded_figures(found: RolloutTotals, arms: int = 1) -> list[Figure]:
    """Contacts with the table, with the arm itself and between arms must be common."""
    fastest = max(outcome.tip_speed for outcome in found.outcomes)
    return [
        rate('without: a joint limit crossed', found, 'limit_crossings', None),
        rate('without: the arm touched itself', found, 'self_contacts', '>= 0.5'),
        *between_arms('without', found, arms, '>= 0.5'),
        rate('without: the arm touched the table', found, 'table_contacts', '>= 0.5'),
        rate('without: the arm touched a static obstacle', found, 'obstacle_contacts', None),
        rate('without: the arm touched an object', found, 'object_contacts', None),
        Figure('without: fastest tip', fastest, 'm/s'),
    ]
