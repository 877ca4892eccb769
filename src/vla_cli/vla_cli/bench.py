"""`./vla bench NAME`: run one benchmark and write out/bench-NAME/result.json.

`./vla bench NAME --controls` runs control.py: baselines and negative controls beside the claim.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path

# name: (module, what it measures)
BENCHES = {
    'latency': ('vla_bench.latency.bench', 'rates, latencies and delivered images of the graph'),
    'wire': ('vla_bench.wire.bench', 'reading and writing the messages at 100 Hz'),
    'faults': ('vla_bench.faults.bench', 'faults against the running graph: reaction and bound'),
    'kills': ('vla_bench.kills.bench', 'one node killed repeatedly: recovery and silence times'),
    'shield': ('vla_bench.shield.bench', 'random rollouts with and without the shield'),
    'rules': ('vla_bench.rules.bench', 'safety rules on labelled pairs, latency, properties'),
    'seams': ('vla_bench.seams.bench', 'jumps between late, missing and reordered chunks'),
    'trust': ('vla_bench.trust.bench', 'success and unsafe ends, trust chain on and off'),
    'steering': ('vla_bench.steering.bench', 'success when a verifier chooses among K'),
    'switch': ('vla_bench.switching.bench', 'another instruction, or none, while a task runs'),
    'inputs': ('vla_bench.policy_inputs.bench', 'which of its inputs the shipped policy uses'),
    'failure': ('vla_bench.failure.bench', 'the failure detector against baselines, by task'),
    'messages': (
        'vla_bench.messages.bench',
        'odd messages, rival nodes, clock jumps: the answers',
    ),
    'words': ('vla_bench.words.bench', 'what is acted on or refused, by labelled sentences'),
    'controllers': (
        'vla_bench.controllers.bench',
        'what emulated controllers send, by restart rule, lag, slider and velocity',
    ),
    'commission': (
        'vla_bench.commission.bench',
        'planted mistakes of robot, drivers and graph: found, named',
    ),
    'grounding': ('vla_bench.grounding.bench', 'perception against the truth of the simulator'),
    'remote': ('vla_bench.remote.bench', 'a policy on a server whose process or link fails'),
    'ways': ('vla_bench.ways.bench', 'two ways around an obstacle: flow and regression'),
    'arms': ('vla_bench.arms.bench', 'public arms on the tasks that they reach'),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest='bench', metavar='NAME', required=True)
    for name, (module, text) in BENCHES.items():
        if importlib.util.find_spec(module) is None:
            continue
        example = f'example: ./vla bench {name}'
        made = names.add_parser(
            name, help=text, description=text, epilog=example, allow_abbrev=False
        )
        made.set_defaults(module=module)
        if name in sys.argv:  # the others would import torch and the simulator needlessly
            importlib.import_module(module).add_arguments(made)
            add_controls(made, name, module)


def add_controls(parser: argparse.ArgumentParser, name: str, module: str) -> None:
    """Add the option --controls for a bench with a control.py, with defaults of that module."""
    control = f'{module.rpartition(".")[0]}.control'
    if importlib.util.find_spec(control) is None:
        return
    text = 'print baselines and negative controls beside the claim, in one table'
    parser.add_argument('--controls', action='store_true', help=text)
    if '--controls' in sys.argv:
        defaults = getattr(importlib.import_module(control), 'DEFAULTS', {})
        out = Path(f'out/bench-{name}-controls')
        parser.set_defaults(**{'module': control, 'out': out, **defaults})


def run(args: argparse.Namespace) -> int:
    return int(importlib.import_module(args.module).run(args))
