"""The git revision of the running stack."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
STACK = ('src', 'config', 'urdf', 'launch')  # folders whose new files change what the stack does


def commit() -> str:
    """The checked-out commit, with '+changes' when tracked files differ; '' outside git."""
    head = git(HERE, 'rev-parse', '--short=12', 'HEAD')
    dirty = git(HERE, 'status', '--porcelain', '--untracked-files=no')
    return head + ('+changes' if head and dirty else '')


def changes(folder: Path = HERE) -> str:
    """Short hash of the uncommitted changes around `folder`, untracked files of the stack
    included; '' when there are none, or outside git."""
    top = git(folder, 'rev-parse', '--show-toplevel')
    if not top:
        return ''
    content = git(Path(top), 'diff', '--no-ext-diff', '--binary', 'HEAD').encode()
    new = git(Path(top), 'ls-files', '--others', '--exclude-standard', '--', *STACK)
    for path in (Path(top) / name for name in new.splitlines()):
        content += str(path).encode() + (path.read_bytes() if path.is_file() else b'')
    return hashlib.sha256(content).hexdigest()[:8] if content else ''


def git(folder: Path, *arguments: str) -> str:
    """The stripped output of a git command; '' when it fails."""
    try:
        run = subprocess.run(
            ['git', '-C', str(folder), *arguments],
            capture_output=True, encoding='utf-8', errors='replace', timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return run.stdout.strip() if run.returncode == 0 else ''
