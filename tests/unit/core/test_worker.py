"""The worker: newest request, newest result, errors in the caller, no hanging."""

import subprocess
import sys
import threading

import pytest

from vla_core.worker import Worker


class Gate:
    """Work that waits until it is let go, and remembers what it was asked."""

    def __init__(self):
        self.started, self.go, self.asked = threading.Semaphore(0), threading.Semaphore(0), []

    def __call__(self, request):
        self.asked.append(request)
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


def test_a_result_comes_once(worker, gate):
    worker.submit(1)
    gate.go.release()
    assert worker.take(timeout=5.0) == 10
    assert worker.take() is None


def test_take_never_waits_by_itself(worker, gate):
    worker.submit(1)
    assert worker.take() is None
    assert worker.is_busy


def test_only_the_newest_request_waits(worker, gate):
    worker.submit(1)
    assert gate.started.acquire(timeout=5.0)
    for request in (2, 3, 4):
        worker.submit(request)
    gate.go.release(2)
    assert gate.started.acquire(timeout=5.0)
    assert gate.asked == [1, 4]


def test_the_newest_result_stays(worker, gate):
    worker.submit(1)
    gate.go.release()
    assert gate.started.acquire(timeout=5.0)
    worker.submit(2)
    assert gate.started.acquire(timeout=5.0)  # so the first is done and was not taken
    gate.go.release()
    results = [worker.take(timeout=5.0)]
    if results == [10]:  # the second was still on its way
        results.append(worker.take(timeout=5.0))
    assert results[-1] == 20
    assert not worker.is_busy


def test_what_the_work_raised_is_raised_in_the_caller_and_the_worker_lives_on():
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
