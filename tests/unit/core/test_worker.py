"""The worker: newest request, newest result, errors in the caller, no hanging."""

import subprocess
import sys
import threading

import pytest

from vla_core.worker import Worker


class Gate:
    """Work that blocks until released, and records its requests."""

    def __init__(self):
        self.started, self.go, self.requests = threading.Semaphore(0), threading.Semaphore(0), []

    def __call__(self, request):
        self.requests.append(request)
        self.started.release()
        assert self.go.acquire(timeout=5.0)
        return request * 10


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def worker(gate):
    made = Worker(gate)
    yield made
    made.close()
    gate.go.release(100)


def test_a_result_is_returned_once(worker, gate):
    worker.submit(1)
    gate.go.release()
    assert worker.take(timeout=5.0) == 10
    assert worker.take() is None


def test_take_does_not_block_by_default(worker, gate):
    worker.submit(1)
    assert worker.take() is None
    assert worker.is_busy


def test_only_the_newest_request_is_pending(worker, gate):
    worker.submit(1)
    assert gate.started.acquire(timeout=5.0)
    for request in (2, 3, 4):
        worker.submit(request)
    gate.go.release(2)
    assert gate.started.acquire(timeout=5.0)
    assert gate.requests == [1, 4]


def test_the_newest_result_is_kept(worker, gate):
    worker.submit(1)
    gate.go.release()
    assert gate.started.acquire(timeout=5.0)
    worker.submit(2)
    assert gate.started.acquire(timeout=5.0)  # the first is done but not taken
    gate.go.release()
    results = [worker.take(timeout=5.0)]
    if results == [10]:  # the second was still in progress
        results.append(worker.take(timeout=5.0))
    assert results[-1] == 20
    assert not worker.is_busy


def test_an_error_of_the_work_is_raised_in_the_caller_and_the_worker_lives_on():
    worker = Worker(lambda x: 1 / x)
    worker.submit(0)
    with pytest.raises(ZeroDivisionError):
        worker.take(timeout=5.0)
    assert worker.take() is None
    worker.submit(2)
    assert worker.take(timeout=5.0) == pytest.approx(0.5)
    worker.close()


def test_a_falsy_result_is_a_result():
    worker = Worker(lambda x: x)
    worker.submit(0)
    assert worker.take(timeout=5.0) == 0
    worker.close()


def test_a_closed_worker_refuses_work(worker):
    worker.close()
    with pytest.raises(RuntimeError, match='closed'):
        worker.submit(1)


def test_work_that_never_ends_does_not_keep_the_process_alive():
    code = """
import threading
from vla_core.worker import Worker
started = threading.Event()
worker = Worker(lambda x: (started.set(), threading.Event().wait()))
worker.submit(1)
assert started.wait(5.0)
worker.close()
"""
    done = subprocess.run(
        [sys.executable, '-c', code], timeout=20, env={'PYTHONPATH': ':'.join(sys.path)}
    )
    assert done.returncode == 0
