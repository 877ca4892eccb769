"""The folder that a command writes to: created and checked before the work, for one process."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vla_core.errors import UserError

NEEDED = 2**20  # bytes free, for the smallest result


@contextmanager
def reserved(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; UserError when it cannot be written or another holds it.

    The lock is on the folder itself and ends with the process; an unused new folder is removed.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise UserError(
            f'cannot create the folder {folder.absolute()}: {error.strerror}'
        ) from error
    try:
        _lock(folder, descriptor)
        _check_writable(folder)
        yield
    finally:
        os.close(descriptor)
        if is_new:
            with suppress(OSError):  # not empty
                folder.rmdir()


def _lock(folder: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            return  # a file system without locks
        holder = _holder(os.fstat(descriptor).st_ino)
        by = f'process {holder}' if holder else 'another process'
        raise UserError(f'{folder} is in use by {by}: wait for it, or use another --out') from None


def _check_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b'0')
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise UserError(
            f'cannot write to the folder {folder.absolute()}: {error.strerror}'
        ) from error
    if free < NEEDED:
        raise UserError(
            f'cannot write to the folder {folder.absolute()}: no space left on its disk'
        )


def _holder(inode: int) -> str:
    """Return the process id of the lock on an inode, '' when it is not known."""
    with suppress(OSError):
        for line in Path('/proc/locks').read_text().splitlines():
            words = line.split()  # 1: FLOCK ADVISORY WRITE 1234 fd:01:5678 0 EOF
            if 'FLOCK' in words and words[-3].endswith(f':{inode}'):
                return words[-4]
    return ''
