"""Running graphs of this user on this machine, so that another terminal finds their ROS domain.

`./vla demo` and the benches choose an unused ROS domain. Each writes one small file while it runs;
`./vla answer` and `./vla correct` read them when ROS_DOMAIN_ID is not set.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vla_bringup.graph.domain import check_domain_number
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError

LOCALHOST = 'LOCALHOST'


@dataclass(frozen=True)
class RunningSession:
    """One process that runs a graph."""

    pid: int
    domain: int
    command: str


def folder() -> Path:
    """Folder of the session files: private to this user, outside the checkout."""
    return Path(tempfile.gettempdir()) / f'vla-sessions-{os.getuid()}'


@contextmanager
def registered() -> Iterator[None]:
    """Keep the session file of this process for the length of the block."""
    path = folder() / f'{os.getpid()}.json'
    domain = int(os.environ.get('ROS_DOMAIN_ID', '0'))
    session = RunningSession(os.getpid(), domain, ' '.join(['./vla', *sys.argv[1:]]))
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_atomic(path, json.dumps(asdict(session)))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running() -> list[RunningSession]:
    """Return the sessions whose process is alive; files of dead ones are removed."""
    found = []
    for path in sorted(folder().glob('*.json')):
        with suppress(OSError, ValueError, TypeError):
            session = RunningSession(**json.loads(path.read_text()))
            if is_alive(session.pid):
                found.append(session)
            else:
                path.unlink(missing_ok=True)
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def join_running_session() -> None:
    """Use the ROS domain of the one running graph, unless ROS_DOMAIN_ID is set.

    UserError when several are running. Without any the default domain stays, where `ros2 launch`
    or `./vla up` may run a graph.
    """
    if 'ROS_DOMAIN_ID' in os.environ:
        check_domain_number()
        return
    found = running()
    if len({session.domain for session in found}) > 1:
        listed = '; '.join(f'{s.command} on ROS_DOMAIN_ID={s.domain}' for s in found)
        raise UserError(f'several graphs are running, select one with ROS_DOMAIN_ID: {listed}')
    for session in found[:1]:
        os.environ['ROS_DOMAIN_ID'] = str(session.domain)
        os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', LOCALHOST)
