"""`./vla bench NAME`: measure one thing and write out/bench-NAME/result.json."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys

# name: (module, what it measures)
BENCHES = {
    'latency': ('vla_bringup.bench_latency', 'rates, latencies and delivered images of the graph'),
    'wire': ('vla_bringup.bench_wire', 'reading and writing the messages at 100 Hz'),
    'faults': ('vla_bringup.bench_faults', 'faults against the running graph: reaction and bound'),
    'shield': ('vla_learning.shield_rollouts', 'random rollouts with and without the shield'),
    'rules': ('vla_learning.bench_rules', 'safety rules on labelled pairs, latency, properties'),
    'seams': ('vla_learning.bench_seams', 'jumps between late, missing and reordered chunks'),
    'trust': ('vla_learning.bench_trust', 'success and unsafe ends, trust chain on and off'),
    'steering': ('vla_learning.bench_steering', 'success when a verifier chooses among K'),
    'switch': ('vla_learning.bench_switch', 'another instruction, or none, while a task runs'),
    'failure': ('vla_learning.bench_failure', 'the failure detector against baselines, by task'),
    'grounding': ('vla_learning.bench_grounding', 'perception against the truth of the simulator'),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest='bench', metavar='NAME', required=True)
    for name, (module, text) in BENCHES.items():
        if importlib.util.find_spec(module) is None:
            continue
        made = names.add_parser(name, help=text, description=text)
        made.set_defaults(module=module)
        if name in sys.argv:  # the others bring torch and the simulator along for nothing
            importlib.import_module(module).add_arguments(made)


def run(args: argparse.Namespace) -> int:
    return int(importlib.import_module(args.module).run(args))
