"""The command line behind `./vla`: a table of commands, each in a module of its own.

A command's module has `add_arguments(parser)` and `run(args) -> int` and is imported only when its
command is used, so that `./vla --help` is fast.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

from vla_bringup.checkout.variables import check_variables
from vla_cli import process
from vla_cli.parser import SHOWN, CommandParser, suggestion
from vla_core.errors import UserError
from vla_core.output_folder import reserved

# command: (module, what it does)
COMMANDS = {
    'demo': ('vla_cli.demo', 'run one instruction on the full graph with the simulated robot'),
    'test': ('vla_cli.run_tests', 'style, types and all tests that can run on this machine'),
    'up': ('vla_cli.up', 'start a launch file: up launch/sim.launch.yaml name:=value'),
    'eval': ('vla_cli.evaluate', 'measure a policy in simulation'),
    'why': ('vla_learning.evaluation.why', 'why episodes of an evaluation failed'),
    'train': ('vla_learning.training.train', 'train a policy from demonstrations'),
    'serve': ('vla_cli.serve', 'serve a policy that looks to robots on other machines'),
    'policy': ('vla_cli.policy', 'policies of others: their environment, what they read and give'),
    'rollouts': ('vla_learning.failure.rollouts', 'labelled rollouts for the failure detector'),
    'calibrate': ('vla_learning.failure.calibrate', 'fit and calibrate the failure detector'),
    'rules': ('vla_cli.rules', 'show and verify the safety rules, fit their weights'),
    'demos': ('vla_learning.data.demonstrate', 'make demonstrations with the scripted expert'),
    'arm': ('vla_cli.running.arm', 'arm the shield of the running graph, or disarm it'),
    'do': ('vla_cli.running.do', 'send an instruction to the running graph: do "put ..."'),
    'stop': ('vla_cli.running.stop', 'stop the robot of the running graph where it stands'),
    'correct': ('vla_cli.running.correct', 'correct the motion of a running task by a phrase'),
    'record': ('vla_cli.record', 'record the episodes of a running graph'),
    'answer': (
        'vla_cli.running.answer',
        'answer the supervisor: continue, stop, or a new instruction',
    ),
    'replay': ('vla_cli.replay', 'show the content of a recorded episode, or play it back'),
    'commission': ('vla_commission.command', 'check a robot, its drivers and its first motion'),
    'robot': ('vla_cli.robot', 'make a robot file from a URDF, check it, fit its shapes'),
    'bench': ('vla_cli.bench', 'run a benchmark'),
    'doctor': (
        'vla_cli.doctor',
        'check the machine and the set-up, and how to fix what is missing',
    ),
    'docs': ('vla_cli.docs', 'update docs/results.md from the measured results'),
}
EXAMPLES = {
    'demo': 'demo --task stack --seed 3',
    'test': 'test unit -k shield',
    'up': 'up launch/robot.launch.yaml robot:=my_ur5e.yaml policy:=scripted',
    'eval': 'eval --suite experts --policy scripted --episodes 20',
    'why': 'why out/eval-tabletop',
    'train': 'train --demos out/demos --out out/mine --checkpoint out/mine/checkpoint',
    'serve': 'serve --policy out/train-vision/checkpoint',
    'policy': 'policy inspect outputs/train/checkpoints/last --write my_mapping.yaml',
    'rollouts': 'rollouts --n 60 --policy checkpoints/tabletop',
    'calibrate': 'calibrate --episodes out/rollouts-tabletop --policy checkpoints/tabletop',
    'rules': 'rules show',
    'demos': 'demos --tasks press,open --episodes 20 --out out/my-demos',
    'commission': 'commission my_ur5e.yaml',
    'arm': 'arm --reset',
    'do': 'do "put the red cube in the blue box"',
    'stop': 'stop --disarm',
    'correct': 'correct "move arm left" --ttl 2',
    'record': 'record --robot my_ur5e.yaml --out out/episodes',
    'answer': 'answer continue',
    'replay': 'replay out/demo/episode.mcap --info',
    'robot': 'robot new package://my_arm_description/urdf/arm.xacro --out my_arm.yaml',
    'bench': 'bench latency',
    'doctor': 'doctor --quick',
    'docs': 'docs --keep bench-latency',
}
HELP = ('-h', '--help', 'help')


def is_bare(argv: list[str]) -> bool:
    """True for commands that need no set-up: the overview, doctor, an unknown command."""
    is_host_check = argv[:1] == ['doctor'] and '--live' not in argv
    return not argv or argv[0] in HELP or is_host_check or argv[0] not in COMMANDS


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code: 2 for a user error, 130 for Ctrl-C."""
    return process.guarded(as_program if argv is None else lambda: dispatch(argv))


def as_program() -> int:
    """Run the command of this process's own arguments."""
    process.catch_signals()
    return dispatch(sys.argv[1:])


def dispatch(argv: list[str]) -> int:
    """Run the command that `argv` names."""
    known = {name: entry for name, entry in COMMANDS.items() if exists(entry[0])}
    if not argv or (argv[0] in HELP and len(argv) == 1):
        print(overview(known))
        return 0
    if argv[0] in HELP:
        argv = [argv[1], '--help']
    name, *rest = argv
    if name not in known:
        hint = suggestion(name, known)
        raise UserError(f'no command {name[:SHOWN]!r}{hint}; known: {", ".join(known)}')
    check_folder()
    if not is_bare(argv):
        check_variables()
    return run(name, rest, *known[name])


def check_folder() -> None:
    """UserError when the working directory has been removed: paths are relative to it."""
    try:
        os.getcwd()
    except OSError as error:
        raise UserError(f'the working directory is gone ({error.strerror}): cd to one') from error


def run(name: str, argv: list[str], module: str, summary: str) -> int:
    """Parse the arguments of one command and run it, with its output folders reserved."""
    command = importlib.import_module(module)
    parser = CommandParser(
        prog=f'./vla {name}',
        description=command.__doc__ or summary,
        epilog=f'example: ./vla {EXAMPLES[name]}' if name in EXAMPLES else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    args = parser.parse_args(argv)
    with ExitStack() as stack:
        for folder in output_folders(command, args):
            stack.enter_context(reserved(folder))
        return int(command.run(args))


def output_folders(command: ModuleType, args: argparse.Namespace) -> list[Path]:
    """Folders that the command writes: those it names, else its option --out."""
    if hasattr(command, 'output_folders'):
        folders = command.output_folders(args)
    else:
        folders = [args.out] if getattr(args, 'out', None) else []
    return list({folder.resolve(): folder for folder in folders}.values())


def overview(known: dict[str, tuple[str, str]]) -> str:
    lines = [f'  {name:10} {summary}' for name, (_, summary) in known.items()]
    return '\n'.join(
        ['usage: ./vla COMMAND [...]', '', *lines, '', './vla COMMAND --help shows its options.']
    )


def exists(module: str) -> bool:
    """True when the module can be found; it is not imported."""
    return importlib.util.find_spec(module) is not None


if __name__ == '__main__':
    sys.exit(main())
