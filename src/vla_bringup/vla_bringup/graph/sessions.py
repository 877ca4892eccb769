"""Running graphs of this user on this machine, so that another terminal finds their ROS domain.

`./vla demo` and the benches choose an unused ROS domain, `./vla up` takes that of its environment.
Each writes one small file while it runs; the commands for a running graph read them.
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

from vla_bringup.graph.domain import check_domain_number, is_free, nodes_on
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_ros.transport import RANGE

DOMAIN, DEFAULT = 'ROS_DOMAIN_ID', 0
SUPERVISOR = '/supervisor'  # full name of every graph's, after the namespace
LOCALHOST = 'LOCALHOST'


@dataclass(frozen=True)
class RunningSession:
    """One process that runs a graph."""

    pid: int
    domain: int
    command: str
    namespace: str = ''

    @property
    def options(self) -> str:
        """The options that choose this graph among several."""
        more = f' --namespace {self.namespace}' if self.namespace else ''
        return f'--domain {self.domain}{more}'


def folder() -> Path:
    """Folder of the session files: private to this user, outside the checkout."""
    return Path(tempfile.gettempdir()) / f'vla-sessions-{os.getuid()}'


@contextmanager
def registered(namespace: str = '') -> Iterator[None]:
    """Keep the session file of this process for the length of the block."""
    path = folder() / f'{os.getpid()}.json'
    session = RunningSession(
        os.getpid(), current_domain(), ' '.join(['./vla', *sys.argv[1:]]), namespace.strip('/')
    )
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


def join_running_session(domain: int | None = None, namespace: str | None = None) -> str:
    """Use the ROS domain of the running graph and return its namespace.

    `domain` counts before ROS_DOMAIN_ID; without either it is the domain of the only graph.
    UserError when several match. Without any the default domain stays, where `ros2 launch` may
    run a graph.
    """
    check_domain_number()
    if domain is not None:
        os.environ[DOMAIN] = str(domain)
    wanted = None if namespace is None else namespace.strip('/')
    known = running()
    if DOMAIN not in os.environ and known:  # else the default domain is used anyway
        known += unregistered(DEFAULT, known)
    found = matching(known, wanted)
    if len({session.options for session in found}) > 1:
        raise UserError(f'several graphs are running, choose one of them: {listed(found)}')
    for session in found[:1]:
        os.environ[DOMAIN] = str(session.domain)
        os.environ.setdefault(RANGE, LOCALHOST)
        return session.namespace
    return wanted or ''


def matching(sessions: list[RunningSession], namespace: str | None) -> list[RunningSession]:
    """Return those on ROS_DOMAIN_ID, if it is set, and in the namespace, if one is given."""
    here = int(os.environ[DOMAIN]) if DOMAIN in os.environ else None
    return [
        session
        for session in sessions
        if here in (None, session.domain) and namespace in (None, session.namespace)
    ]


def unregistered(domain: int, known: list[RunningSession]) -> list[RunningSession]:
    """Return the graphs of a domain that have no session file, as those of `ros2 launch`."""
    if is_free(domain) or any(session.domain == domain for session in known):
        return []
    os.environ.setdefault(RANGE, LOCALHOST)
    spaces = (name[: -len(SUPERVISOR)] for name in nodes_on(domain) if name.endswith(SUPERVISOR))
    return [RunningSession(0, domain, 'ros2 launch', space.strip('/')) for space in spaces]


def no_graph() -> str:
    """Return the error for a domain on which no graph is found."""
    others = running()
    text = f'no graph is running on ROS domain {current_domain()}'
    if others:
        return f'{text}; running: {listed(others)}'
    return f'{text}; start one: ./vla up launch/sim.launch.yaml, or launch/robot.launch.yaml'


def listed(sessions: list[RunningSession]) -> str:
    known = {session.options: session.command for session in sessions}
    return '; '.join(f'{options}: {command}' for options, command in sorted(known.items()))


def current_domain() -> int:
    return int(os.environ.get(DOMAIN, DEFAULT))


def check_domain(names: set[str]) -> None:
    """UserError when a node of these full names is already running: two shields would conflict.
    Nodes of the same name in another namespace are another robot's."""
    check_domain_number()
    domain = current_domain()
    taken = sorted(nodes_on(domain) & names)
    if taken:
        raise UserError(
            f'{", ".join(taken)} already running on ROS domain {domain}: stop them, '
            f'or use another domain: ROS_DOMAIN_ID={domain + 1} ./vla up ...'
        )
