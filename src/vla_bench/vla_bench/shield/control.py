"""Control of `./vla bench shield`: the same targets without the shield, which must do harm."""

from __future__ import annotations

import argparse

from vla_bench import controls
from vla_bench.shield.rollouts import RolloutTotals, play_all, rate, rollouts, shielded_figures
from vla_core.result import Figure

DEFAULTS = {'rollouts': 60, 'unshielded': 60}


def run(args: argparse.Namespace) -> int:
    """The claim and the control on the same seeds."""
    plans = rollouts(args)
    outcomes = play_all(plans, args.out / 'rollouts.jsonl', args.workers)
    shielded, bare = (
        RolloutTotals(tuple(outcomes[p] for p in plans if p.is_shielded == is_shielded))
        for is_shielded in (True, False)
    )
    figures = [*shielded_figures(shielded, args.tcp_speed), *unshielded_figures(bare)]
    return controls.finish('shield', args.out, figures)


def unshielded_figures(found: RolloutTotals) -> list[Figure]:
    """Contacts with the table and with the arm itself must be common."""
    fastest = max(outcome.tip_speed for outcome in found.outcomes)
    return [
        rate('without: a joint limit crossed', found, 'limit_crossings', None),
        rate('without: the arm touched itself', found, 'self_contacts', '>= 0.5'),
        rate('without: the arm touched the table', found, 'table_contacts', '>= 0.5'),
        rate('without: the arm touched an object', found, 'object_contacts', None),
        Figure('without: fastest tip', fastest, 'm/s'),
    ]
