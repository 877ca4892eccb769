"""A policy that LeRobot saved as a source of actions: its process, and the connection to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.stack_root import stack_root
from vla_policy.adapters.connection import DEADLINE, NoAnswerError, ServerConnection
from vla_policy.adapters.lerobot.fit import ROWS_KEY, fitted
from vla_policy.adapters.lerobot.process import PolicyProcess
from vla_policy.adapters.lerobot.saved import SavedPolicy, read_saved
from vla_policy.adapters.lerobot.server import LARGEST_SEED, PROTOCOL, RESET
from vla_policy.adapters.mapped import MappedPolicy
from vla_policy.adapters.mapping import PolicyMapping, find_mapping, load_mapping
from vla_policy.adapters.openpi import OpenpiClient

PREFIX = 'lerobot:'
VARIABLE = 'VLA_LEROBOT_PYTHON'
PYTHON = 'out/environments/lerobot/bin/python'  # below the root of the stack
# the folder of our package is on the path for the import of the server alone
RUN = (
    'import sys; sys.path.append(sys.argv[1]); from vla_policy.adapters.lerobot import server; '
    'sys.path.pop(); server.main()'
)
OURS = ('PYTHON', 'LD_LIBRARY_PATH', 'LD_PRELOAD')  # beginnings of variables for our libraries


class LerobotClient:
    """Rows of actions of the policy in the process."""

    def __init__(
        self, process: PolicyProcess,
        deadline: float = DEADLINE,
    ) -> None:  # fmt: skip
        self._process, self._deadline = process, deadline
        self._connection: ServerConnection | None = None
        self._seed: int | None = None  # of an episode that the server does not know yet

    def greeting(self) -> dict[str, Any]:
        """What the server says of its policy; NoAnswerError for another protocol."""
        connection = self._connected()
        greeting = connection.greet()
        if greeting.get('protocol') != PROTOCOL:
            raise NoAnswerError(f'{connection.uri} does not speak {PROTOCOL}')
        return greeting

    def reset(self, seed: int) -> None:
        """Begin an episode with the next observation."""
        self._seed = seed % LARGEST_SEED

    def infer(self, given: dict[str, Any]) -> Array:
        """Rows of actions; NoAnswerError says why there are none."""
        connection = self._connected()
        question = given if self._seed is None else {**given, RESET: self._seed}
        rows = OpenpiClient(connection, ROWS_KEY).infer(question)
        self._seed = None
        return rows

    def close(self) -> None:
        """Leave the server and end its process."""
        if self._connection is not None:
            self._connection.close()
        self._process.close()

    def _connected(self) -> ServerConnection:
        uri = f'ws://127.0.0.1:{self._process.port()}'
        if self._connection is None or self._connection.uri != uri:
            self._connection = ServerConnection(uri, deadline=self._deadline)
        return self._connection


def load_lerobot(spec: str, robot: RobotConfig, deadline: float = DEADLINE) -> MappedPolicy:
    """The policy that `lerobot:<folder>#<mapping>` names, in its process; UserError says what is
    missing, does not fit or takes too long."""
    saved, mapping = checked(spec, robot)
    process = PolicyProcess(command_of(saved.folder), environment_of())
    try:
        process.wait()
        client = LerobotClient(process, deadline)
        _require_quick(client.greeting(), mapping, deadline)
    except (UserError, NoAnswerError) as error:
        process.close()
        raise UserError(f"{spec}: LeRobot's process: {error}") from error
    return MappedPolicy(spec, client, mapping, robot)


def checked(spec: str, robot: RobotConfig) -> tuple[SavedPolicy, PolicyMapping]:
    """What `spec` names, and that it fits together and to the robot; starts nothing."""
    folder, name = parts_of(spec)
    saved = read_saved(folder)
    mapping = fitted(load_mapping(name, robot), saved, robot)
    python()
    return saved, mapping


def parts_of(spec: str) -> tuple[Path, str]:
    """The folder that `spec` names, and the mapping."""
    path, _, name = spec.removeprefix(PREFIX).partition('#')
    if not path or not name:
        raise UserError(f'{spec}: expected lerobot:<folder>#<mapping>')
    folders = [folder for folder in (Path(path), stack_root() / path) if folder.is_dir()]
    if not folders:
        raise UserError(f'{spec}: no folder {path}')
    return folders[0].resolve(), name


def files_of(spec: str) -> list[Path]:
    """Everything on disk that decides what the policy does."""
    folder, name = parts_of(spec)
    inner = read_saved(folder).folder
    return [*sorted(path for path in inner.iterdir() if path.is_file()), find_mapping(name)]


def python() -> str:
    """Python of LeRobot's environment; UserError names the command that makes it."""
    given = os.environ.get(VARIABLE, '')
    path = Path(given) if given else stack_root() / PYTHON
    if not path.is_file():
        raise UserError(
            f'{f"{VARIABLE} is" if given else "no LeRobot environment:"} {path}, which is no '
            f'file: ./vla policy environment lerobot makes one'
        )
    return str(path)


def command_of(folder: Path) -> list[str]:
    """Isolated (-I): neither our PYTHONPATH nor a folder of scripts comes before LeRobot."""
    package = Path(__file__).resolve().parents[3]  # the folder that has vla_policy/
    return [python(), '-I', '-c', RUN, str(package), str(folder)]


def environment_of() -> dict[str, str]:
    """Variables for the process: none of our libraries, no downloads."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, 'HF_HUB_OFFLINE': '1', 'TOKENIZERS_PARALLELISM': 'false'}


def _require_quick(greeting: dict[str, Any], mapping: PolicyMapping, deadline: float) -> None:
    """UserError when no chunk would come within the deadline, or other rows than are used."""
    seconds, rows = float(greeting.get('seconds', 0.0)), int(greeting.get('rows', 0))
    if not seconds < deadline:
        raise UserError(
            f'a chunk takes {seconds:.2f} s here, it must take less than {deadline} s: fewer '
            f'denoising steps (num_inference_steps, DDIM), more threads, or a GPU'
        )
    if rows < mapping.action.rows:
        raise UserError(f'a chunk has {rows} rows, the mapping uses {mapping.action.rows}')
