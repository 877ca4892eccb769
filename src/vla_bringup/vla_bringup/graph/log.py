"""Output of the nodes of a graph: all lines in a file, the last ones in memory."""

from __future__ import annotations

import re
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TAIL_LINES = 12  # of a failed node, shown in the error
FATAL = re.compile(r'\[FATAL\]|^Traceback ')


@dataclass
class Log:
    """Writes every line to a file and keeps the last ones of each node."""

    path: Path
    last: dict[str, deque[str]] = field(default_factory=dict)
    fault: str = ''  # why the file is not written any more
    fatal: list[str] = field(default_factory=list)  # nodes that cannot be configured

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self.path.open('w', encoding='utf-8', buffering=1)
        self._began = time.monotonic()

    def __call__(self, node: str, line: str) -> None:
        self.last.setdefault(node, deque(maxlen=TAIL_LINES)).append(line)
        if FATAL.search(line):
            self.fatal.append(node)
        if not self.fault:
            self._write(f'{time.monotonic() - self._began:8.3f} {node:>11} | {line}\n')

    def _write(self, text: str) -> None:
        """Write to the file; once it cannot be written the graph runs on without it."""
        try:
            self._stream.write(text)
        except OSError as error:
            self.fault = f'{self.path}: {error.strerror}'
            print(
                f'vla: {self.fault}; the output of the nodes is lost from here on', file=sys.stderr
            )

    def close(self) -> None:
        with suppress(OSError):  # what is left in its buffer does not fit either
            self._stream.close()
