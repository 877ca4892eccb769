"""Control of `bench remote`: the arm may go on for 1 s without a chunk, so it is held too late."""

from __future__ import annotations

import argparse

from vla_bench.remote.bench import AS_LOCAL, CONTROLLED, NAME, measure
from vla_bench.remote.trial import FAULTS

FAILS = '>= 0.5'  # s: the bound of the bench is missed


def run(args: argparse.Namespace) -> int:
    faults = [fault for fault in FAULTS if fault.name in CONTROLLED]
    return measure(args, faults, f'{NAME}-controls', AS_LOCAL, FAILS)
