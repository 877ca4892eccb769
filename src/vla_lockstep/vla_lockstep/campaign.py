"""Many episodes over worker processes, with progress; finished rows are kept and resumed."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

from vla_lockstep.row_log import Row, RowLog

Job = TypeVar('Job')
PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>


def run_jobs(
    jobs: Iterable[tuple[str, Job]],
    work: Callable[[Job], Row],
    log: RowLog,
    workers: int,
    title: str,
) -> list[Row]:
    """Run `work` on every (key, job) whose key is not yet in `log`; return all rows.

    `work` must be a module-level function (it runs in spawned processes). Ctrl-C ends the
    workers and keeps the rows.
    """
    jobs = list(jobs)
    done = log.resume(key for key, _ in jobs)
    todo = [(key, job) for key, job in jobs if key not in done]
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(todo), desc=title, unit='ep')
    with bar, log.open() as stream:
        for key, row in _results(todo, work, workers):
            done[key] = log.write(stream, key, row)
            bar.update()
            bar.set_postfix_str(summary(done.values()))
    return [done[key] for key, _ in jobs if key in done]


def summary(rows: Iterable[Row]) -> str:
    """'12/14 ok' of the rows that have `success`."""
    done = [bool(row['success']) for row in rows if 'success' in row]
    return f'{sum(done)}/{len(done)} ok' if done else ''


def _results(
    todo: list[tuple[str, Job]], work: Callable[[Job], Row], workers: int
) -> Iterator[tuple[str, Row]]:
    if workers <= 1:
        for key, job in todo:
            yield key, work(job)
        return
    context = multiprocessing.get_context('spawn')
    pool = ProcessPoolExecutor(max_workers=workers, mp_context=context, initializer=_start_worker)
    try:
        waiting: dict[Future[Row], str] = {}
        queue = iter(todo)
        for key, job in queue:
            with interrupts_held():  # a worker inherits it
                waiting[pool.submit(work, job)] = key
            if len(waiting) >= 2 * workers:
                yield from _ready(waiting)
        while waiting:
            yield from _ready(waiting)
    except BaseException:  # Ctrl-C or a failed job: end all workers
        processes = list((getattr(pool, '_processes', None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        raise
    pool.shutdown()


def _ready(waiting: dict[Future[Row], str]) -> Iterator[tuple[str, Row]]:
    finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in finished:
        yield waiting.pop(future), future.result()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back, in processes that are started meanwhile as well."""
    old = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _start_worker() -> None:
    """Ctrl-C reaches every process of the terminal; the parent alone answers it and ends the
    workers. The kernel ends them when the parent is killed."""
    os.environ['OMP_NUM_THREADS'] = '1'
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def command_line() -> str:
    """The command as typed."""
    return shlex.join(['./vla', *sys.argv[1:]])
