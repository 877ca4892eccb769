"""`./vla serve`: a policy that looks, for robots on other machines.

A robot uses it with `--policy remote:ws://<this machine>:<port>`. Off this machine only with a
token in VLA_POLICY_TOKEN, here and on the robots.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys

from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_policy.registry import TOKEN, find_checkpoint

PORT = 8900


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--policy', required=True, help='folder of a checkpoint with tokens: patches')
    add('--robot', default='ur5e', help='name in config/robots, or a file (default %(default)s)')
    add('--host', default='localhost', help='address to listen on (default %(default)s)')
    add('--port', type=integer(1, 65535), default=PORT, help='(default %(default)s)')


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from vla_policy import checkpoint
    from vla_policy.adapters.server import PolicyServer
    from vla_policy.image_model import ImageModel
    from vla_policy.looking import LookingPolicy
    from vla_policy.sentence_encoder import SentenceEncoder

    logging.basicConfig(format='vla serve: %(message)s', level=logging.INFO, stream=sys.stderr)
    robot, folder = load_robot(args.robot), find_checkpoint(args.policy)
    if checkpoint.read_card(folder).tokens != 'patches':
        raise UserError(
            f'{folder} reads the scene, which does not travel: serve a policy that looks'
        )
    loaded, encoder = checkpoint.load(folder, robot, ImageModel), SentenceEncoder()
    encoder.states('get ready')  # load it before the first robot asks
    server = PolicyServer(
        lambda: LookingPolicy(loaded, robot, encoder), robot, os.environ.get(TOKEN, '')
    )
    with server.listen(args.host, args.port) as listener:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        print(f'serving {folder} at ws://{args.host}:{args.port}; Ctrl-C ends it', flush=True)
        try:
            listener.serve_forever()
        except KeyboardInterrupt:
            print('ended', flush=True)
    return 0
