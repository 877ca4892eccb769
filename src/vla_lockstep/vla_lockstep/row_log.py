"""Finished episodes as JSON lines, with their origin: the code and the weights.

An interrupted run resumes, but never with rows of other code or weights: its result names one
commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from vla_core.revision import changes, commit
from vla_policy.registry import LEROBOT, find_checkpoint, has_weights

Row = dict[str, Any]
MADE_BY = 'made_by'  # key of the origin in a row


def code() -> str:
    """The commit, and a hash of uncommitted changes."""
    more = changes()
    return commit() + (f' {more}' if more else '')


def made_by(*policies: str) -> str:
    """The origin of rows: code and weights. Rows of one origin may be mixed."""
    return ' '.join([code(), *filter(None, map(weights, policies))])


def weights(policy: str) -> str:
    """A short hash of a checkpoint and its calibration, or of a policy of LeRobot and its mapping;
    '' for a policy without one."""
    if policy.startswith(LEROBOT):
        from vla_policy.adapters.lerobot.client import files_of

        return _hash_of(files_of(policy))
    if not has_weights(policy):
        return ''
    from vla_monitor.failure import calibration  # both import torch
    from vla_policy import checkpoint

    folder = find_checkpoint(policy)
    monitor = folder / calibration.FOLDER
    files = [folder / name for name in (checkpoint.CARD, checkpoint.WEIGHTS)]
    files += [monitor / name for name in (calibration.CARD, calibration.WEIGHTS)]
    return _hash_of(files)


def _hash_of(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in files:
        found.update(path.read_bytes() if path.is_file() else b'')
    return found.hexdigest()[:8]


@dataclass(frozen=True)
class RowLog:
    """A file of rows; with `keeps_old` rows of another origin count too (recorded data)."""

    path: Path
    made_by: str
    keeps_old: bool = False

    def resume(self, keys: Iterable[str]) -> dict[str, Row]:
        """The finished rows by key; prints how many of `keys` are of another origin."""
        rows = read_rows(self.path)
        same = read_rows(self.path, self.made_by)
        old = [rows[key] for key in keys if key in rows and key not in same]
        if old:
            others = ', '.join(sorted({row.get(MADE_BY, 'unknown') for row in old}))
            action = 'kept' if self.keeps_old else 'not used, episodes are run again'
            print(f'{self.path}: {len(old)} rows of {others} {action}; this is {self.made_by}')
        return rows if self.keeps_old else same

    def open(self) -> TextIO:
        """A stream to append to; a truncated last row is closed with a newline first."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_cut = self.path.is_file() and not self.path.read_bytes().endswith(b'\n')
        stream = self.path.open('a', encoding='utf-8')
        stream.write('\n' if is_cut else '')
        return stream

    def write(self, stream: TextIO, key: str, row: Row) -> Row:
        """Append one row; return it as written."""
        full = {'key': key, MADE_BY: self.made_by, **row}
        stream.write(json.dumps(full) + '\n')
        stream.flush()
        return full


def read_rows(path: Path, origin: str | None = None) -> dict[str, Row]:
    """Return the rows of `path` by key, of one origin or of all; truncated lines are skipped."""
    rows: dict[str, Row] = {}
    if path.is_file():
        for line in path.read_text(encoding='utf-8').splitlines():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            if origin is None or row.get(MADE_BY) == origin:
                rows[row['key']] = row
    return rows
