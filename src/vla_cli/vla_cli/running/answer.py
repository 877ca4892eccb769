"""Answer a question of the supervisor, stop the task, or start another instruction:

./vla answer continue                 try again
./vla answer stop                     end the task, hold position
./vla answer "press the red button"   start this instruction instead
"""

from __future__ import annotations

import argparse

from vla_cli.running.graph import add_graph_options, connected
from vla_core.errors import UserError
from vla_interfaces.srv import Answer

ANSWERS = {'continue': Answer.Request.CONTINUE, 'stop': Answer.Request.STOP}
TIMEOUT = 5.0  # s


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('words', nargs='+', help='continue, stop, or an instruction')
    parser.add_argument('--seed', type=int, default=0, help='of policies that sample')
    add_graph_options(parser)


def run(args: argparse.Namespace) -> int:
    with connected(args) as client:
        response = client.call(Answer, 'supervisor/answer', request_of(args), TIMEOUT)
    if not response.success:
        raise UserError(f'answer rejected: {response.message}')
    return 0


def request_of(args: argparse.Namespace) -> Answer.Request:
    words = ' '.join(args.words)
    answer = ANSWERS.get(words.lower(), Answer.Request.INSTRUCTION)
    is_new = answer == Answer.Request.INSTRUCTION
    return Answer.Request(answer=answer, instruction=words if is_new else '', seed=args.seed)
