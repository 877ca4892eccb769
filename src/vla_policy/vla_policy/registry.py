"""Construction of the configured policy; the error for an unknown name lists the known ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from vla_core.errors import UserError
from vla_core.records.action import ActionChunk
from vla_core.robot.config import RobotConfig
from vla_core.stack_root import stack_root
from vla_policy.adapters.connection import DEADLINE
from vla_policy.experts.planning import plan_step
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.protocol import Policy
from vla_policy.replay import ReplayPolicy

ReadChunks = Callable[[Path], Sequence[ActionChunk]]
SCRIPTED, REPLAY, OPENPI, REMOTE = 'scripted', 'replay:', 'openpi:', 'remote:'
LEROBOT = 'lerobot:'
PATIENCE = 60.0  # s, of an answer in simulated time
TOKEN = 'VLA_POLICY_TOKEN'  # environment variable, sent to a policy server


def load_policy(
    spec: str, robot: RobotConfig, read_chunks: ReadChunks | None = None,
    deadline: float = DEADLINE,
) -> Policy:  # fmt: skip
    """Return the policy that `spec` names: 'scripted', 'replay:<episode.mcap>', a folder, or
    'remote:ws://<host>:<port>' (./vla serve), 'openpi:ws://<host>:<port>#<mapping>' or
    'lerobot:<folder>#<mapping>'.

    `read_chunks` reads the chunks of a recorded episode. `deadline` is the time in s within which
    a policy in another process must answer; simulated time waits longer (PATIENCE). The plan step
    that a learned policy announces is computed by the scripted experts, and is passed to it here.
    """
    if spec == SCRIPTED:
        return ScriptedPolicy()
    if spec.startswith(REPLAY):
        if read_chunks is None:
            raise UserError(f'{spec}: no reader for recorded episodes is available')
        return ReplayPolicy(read_chunks(Path(spec.removeprefix(REPLAY))))
    if spec.startswith(OPENPI):
        return _openpi(spec, robot, deadline)
    if spec.startswith(REMOTE):
        return _remote(spec, robot, deadline)
    if spec.startswith(LEROBOT):
        from vla_policy.adapters.lerobot.client import load_lerobot

        return load_lerobot(spec, robot, deadline)
    folder = find_checkpoint(spec)
    from vla_policy.checkpoint import read_card  # import torch only for checkpoints
    from vla_policy.learned import LearnedPolicy
    from vla_policy.looking import LookingPolicy

    if read_card(folder).tokens == 'patches':
        return LookingPolicy.load(folder, robot)
    return LearnedPolicy.load(folder, robot, plan_step)


def has_weights(spec: str) -> bool:
    """True when `spec` names a checkpoint of ours."""
    others = (REPLAY, OPENPI, REMOTE, LEROBOT)
    return bool(spec) and spec != SCRIPTED and not spec.startswith(others)


def is_served(spec: str) -> bool:
    """True when `spec` names a policy on a server that may go away."""
    return spec.startswith((OPENPI, REMOTE))


def may_look(spec: str) -> bool:
    """True when the policy of `spec` may be given pictures; False for a folder that is none."""
    if spec.startswith((OPENPI, REMOTE, LEROBOT)):
        return True
    if not has_weights(spec):
        return False
    from vla_policy.checkpoint import read_card

    try:
        return bool(read_card(find_checkpoint(spec)).tokens == 'patches')
    except UserError:
        return False


def require_fit(spec: str, robot: RobotConfig) -> None:
    """UserError when a policy of LeRobot, its mapping and the robot do not fit; starts nothing."""
    if spec.startswith(LEROBOT):
        from vla_policy.adapters.lerobot.client import checked

        checked(spec, robot)


def _openpi(spec: str, robot: RobotConfig, deadline: float) -> Policy:
    """A policy behind a server; the connection is made at the first inference."""
    from vla_policy.adapters.connection import ServerConnection
    from vla_policy.adapters.mapped import MappedPolicy
    from vla_policy.adapters.mapping import load_mapping
    from vla_policy.adapters.openpi import OpenpiClient

    uri, _, name = spec.removeprefix(OPENPI).partition('#')
    if not uri.startswith(('ws://', 'wss://')) or not name:
        raise UserError(f'{spec}: expected openpi:ws://<host>:<port>#<mapping>')
    mapping = load_mapping(name, robot)
    connection = ServerConnection(uri, os.environ.get(TOKEN, ''), deadline)
    return MappedPolicy(spec, OpenpiClient(connection, mapping.action.key), mapping, robot)


def _remote(spec: str, robot: RobotConfig, deadline: float) -> Policy:
    """A policy of ours that another machine serves; it must be there now."""
    from vla_policy.adapters.connection import ServerConnection
    from vla_policy.adapters.remote import RemotePolicy

    uri = spec.removeprefix(REMOTE)
    if not uri.startswith(('ws://', 'wss://')):
        raise UserError(f'{spec}: expected remote:ws://<host>:<port>')
    return RemotePolicy(ServerConnection(uri, os.environ.get(TOKEN, ''), deadline), robot)


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
        f'lerobot:<folder>#<mapping>, a folder with a checkpoint ({listed})'
    )
