"""Construction of the configured policy; the error for an unknown name lists the known ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from vla_core.errors import UserError
from vla_core.records.action import ActionChunk
from vla_core.robot.config import RobotConfig
from vla_core.stack_root import stack_root
from vla_policy.experts.planning import plan_step
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.protocol import Policy
from vla_policy.replay import ReplayPolicy

ReadChunks = Callable[[Path], Sequence[ActionChunk]]
SCRIPTED, REPLAY, OPENPI, REMOTE = 'scripted', 'replay:', 'openpi:', 'remote:'
TOKEN = 'VLA_POLICY_TOKEN'  # environment variable, sent to a policy server


def load_policy(spec: str, robot: RobotConfig, read_chunks: ReadChunks | None = None) -> Policy:
    """Return the policy that `spec` names: 'scripted', 'replay:<episode.mcap>', a folder, or
    'remote:ws://<host>:<port>' (./vla serve), or 'openpi:ws://<host>:<port>#<mapping>'.

    `read_chunks` reads the chunks of a recorded episode. The plan step that a learned policy
    announces is computed by the scripted experts, and is passed to it here.
    """
    if spec == SCRIPTED:
        return ScriptedPolicy()
    if spec.startswith(REPLAY):
        if read_chunks is None:
            raise UserError(f'{spec}: no reader for recorded episodes is available')
        return ReplayPolicy(read_chunks(Path(spec.removeprefix(REPLAY))))
    if spec.startswith(OPENPI):
        return _openpi(spec, robot)
    if spec.startswith(REMOTE):
        return _remote(spec, robot)
    folder = find_checkpoint(spec)
    from vla_policy.checkpoint import read_card  # import torch only for checkpoints
    from vla_policy.learned import LearnedPolicy
    from vla_policy.looking import LookingPolicy

    if read_card(folder).tokens == 'patches':
        return LookingPolicy.load(folder, robot)
    return LearnedPolicy.load(folder, robot, plan_step)


def has_weights(spec: str) -> bool:
    """True when `spec` names a checkpoint of ours."""
    return bool(spec) and spec != SCRIPTED and not spec.startswith((REPLAY, OPENPI, REMOTE))


def is_served(spec: str) -> bool:
    """True when `spec` names a policy in another process, behind a connection."""
    return spec.startswith((OPENPI, REMOTE))


def may_look(spec: str) -> bool:
    """True when the policy of `spec` may be given pictures; False for a folder that is none."""
    if is_served(spec):
        return True
    if not has_weights(spec):
        return False
    from vla_policy.checkpoint import read_card

    try:
        return bool(read_card(find_checkpoint(spec)).tokens == 'patches')
    except UserError:
        return False


def _openpi(spec: str, robot: RobotConfig) -> Policy:
    """A policy behind a server; the connection is made at the first inference."""
    from vla_policy.adapters.connection import ServerConnection
    from vla_policy.adapters.mapped import MappedPolicy
    from vla_policy.adapters.mapping import load_mapping
    from vla_policy.adapters.openpi import OpenpiClient

    uri, _, name = spec.removeprefix(OPENPI).partition('#')
    if not uri.startswith(('ws://', 'wss://')) or not name:
        raise UserError(f'{spec}: expected openpi:ws://<host>:<port>#<mapping>')
    mapping = load_mapping(name, robot)
    connection = ServerConnection(uri, os.environ.get(TOKEN, ''))
    return MappedPolicy(spec, OpenpiClient(connection, mapping.action.key), mapping, robot)


def _remote(spec: str, robot: RobotConfig) -> Policy:
    """A policy of ours that another machine serves; it must be there now."""
    from vla_policy.adapters.connection import ServerConnection
    from vla_policy.adapters.remote import RemotePolicy

    uri = spec.removeprefix(REMOTE)
    if not uri.startswith(('ws://', 'wss://')):
        raise UserError(f'{spec}: expected remote:ws://<host>:<port>')
    return RemotePolicy(ServerConnection(uri, os.environ.get(TOKEN, '')), robot)


def find_checkpoint(spec: str) -> Path:
    """Return the folder of a checkpoint, as given or relative to the root of the stack."""
    for folder in (Path(spec), stack_root() / spec):
        if folder.is_dir():
            return folder
    shipped = sorted(p.parent.name for p in (stack_root() / 'checkpoints').glob('*/policy.json'))
    listed = ', '.join(f'checkpoints/{name}' for name in shipped) or 'none installed'
    raise UserError(
        f"no policy '{spec}'; known: scripted, replay:<episode.mcap>, "
        f'remote:ws://<host>:<port>, openpi:ws://<host>:<port>#<mapping>, '
        f'a folder with a checkpoint ({listed})'
    )
