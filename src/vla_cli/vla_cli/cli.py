"""The command line behind `./vla`: a table of commands, each in a module of its own.

A command's module has `add_arguments(parser)` and `run(args) -> int` and is imported only when its
command is used, so that `./vla --help` is fast.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import importlib.util
import os
import sys

from vla_bringup.checkout.variables import check_variables
from vla_core.errors import UserError

# command: (module, what it does)
COMMANDS = {
    'demo': ('vla_cli.demo', 'run one instruction on the full graph with the simulated robot'),
    'test': ('vla_cli.run_tests', 'style, types and all tests that can run on this machine'),
    'up': ('vla_cli.up', 'start a launch file: up launch/sim.launch.yaml name:=value'),
    'eval': ('vla_cli.evaluate', 'measure a policy in simulation'),
    'train': ('vla_learning.training.train', 'train a policy from demonstrations'),
    'rollouts': ('vla_learning.failure.rollouts', 'labelled rollouts for the failure detector'),
    'calibrate': ('vla_learning.failure.calibrate', 'fit and calibrate the failure detector'),
    'rules': ('vla_cli.rules', 'show and verify the safety rules, fit their weights'),
    'demos': ('vla_learning.data.demonstrate', 'make demonstrations with the scripted expert'),
    'correct': ('vla_cli.correct', 'correct the motion of a running task by a phrase'),
    'record': ('vla_cli.record', 'record the episodes of a running graph'),
    'answer': ('vla_cli.answer', 'answer the supervisor: continue, stop, or a new instruction'),
    'replay': ('vla_cli.replay', 'show the content of a recorded episode, or play it back'),
    'bench': ('vla_cli.bench', 'run a benchmark'),
    'doctor': (
        'vla_cli.doctor',
        'check the machine and the set-up, and how to fix what is missing',
    ),
    'docs': ('vla_cli.docs', 'update docs/results.md from the measured results'),
}
HELP = ('-h', '--help', 'help')
# errors that the user can fix; any other OSError is shown with its traceback
FILE_ERRORS = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOENT,
    errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG,
}  # fmt: skip


def is_bare(argv: list[str]) -> bool:
    """True for commands that need no set-up: the overview, doctor, an unknown command."""
    return not argv or argv[0] in HELP or argv[0] == 'doctor' or argv[0] not in COMMANDS


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code: 2 for a user error, 130 for Ctrl-C."""
    argv = sys.argv[1:] if argv is None else argv
    known = {name: entry for name, entry in COMMANDS.items() if exists(entry[0])}
    try:
        if not argv or argv[0] in HELP:
            print(overview(known))
            return 0
        if argv[0] not in known:
            raise UserError(f'no command {argv[0]!r}; known: {", ".join(known)}')
        if not is_bare(argv):
            check_variables()
        return run(argv[0], argv[1:], *known[argv[0]])
    except UserError as error:
        print(f'vla: {error}', file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in FILE_ERRORS or os.environ.get('VLA_TRACEBACK'):
            raise
        where = f'{error.filename}: ' if error.filename else ''
        text = f'{where}{error.strerror}; VLA_TRACEBACK=1 shows the traceback'
        print(f'vla: {text}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def run(name: str, argv: list[str], module: str, summary: str) -> int:
    command = importlib.import_module(module)
    parser = argparse.ArgumentParser(
        prog=f'./vla {name}',
        description=command.__doc__ or summary,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    return int(command.run(parser.parse_args(argv)))


def overview(known: dict[str, tuple[str, str]]) -> str:
    lines = [f'  {name:9} {summary}' for name, (_, summary) in known.items()]
    return '\n'.join(
        ['usage: ./vla COMMAND [...]', '', *lines, '', './vla COMMAND --help shows its options.']
    )


def exists(module: str) -> bool:
    """True when the module can be found; it is not imported."""
    return importlib.util.find_spec(module) is not None


if __name__ == '__main__':
    sys.exit(main())
