"""Output of the nodes of a graph: all lines in a file, the last ones in memory."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

TAIL_LINES = 12  # of a failed node, shown in the error
FATAL = re.compile(r'\[FATAL\]|^Traceback ')


@dataclass
class Log:
    """Writes every line to a file and keeps the last ones of each node."""

    path: Path
    last: dict[str, deque[str]] = field(default_factory=dict)
    fatal: list[str] = field(default_factory=list)  # nodes that cannot be configured

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self.path.open('w', encoding='utf-8', buffering=1)
        self._began = time.monotonic()

    def __call__(self, node: str, line: str) -> None:
        self.last.setdefault(node, deque(maxlen=TAIL_LINES)).append(line)
        if FATAL.search(line):
            self.fatal.append(node)
        self._stream.write(f'{time.monotonic() - self._began:8.3f} {node:>11} | {line}\n')

    def close(self) -> None:
        self._stream.close()
