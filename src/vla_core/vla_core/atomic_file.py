"""Atomic replacement of small files."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomic(path: Path, content: str | bytes) -> Path:
    """Replace the file at `path` in one step, creating its folder; return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'.{path.name}.{os.getpid()}')
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(path)
    return path
