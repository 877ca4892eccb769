"""A relay that is cut, held or slow."""

import socket
import threading
import time

import pytest

from vla_bench.remote.link import Link


@pytest.fixture
def echo():
    """Port of a server that sends back what it receives."""
    server = socket.create_server(('127.0.0.1', 0))

    def answer(one):
        with one:
            while data := one.recv(1000):
                one.sendall(data)

    def serve():
        while True:
            try:
                one, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(one,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def connected(link):
    one = socket.create_connection(('127.0.0.1', link.port), timeout=2.0)
    one.settimeout(2.0)
    return one


def answered(one, data=b'hello'):
    one.sendall(data)
    return one.recv(1000) == data


def test_what_is_sent_comes_back(echo):
    with Link(echo) as link, connected(link) as one:
        assert answered(one)


def test_a_cut_closes_connections_and_refuses_others_until_it_is_mended(echo):
    with Link(echo) as link, connected(link) as one:
        assert answered(one)
        link.cut()
        with pytest.raises((OSError, AssertionError)):
            assert answered(one)
        with pytest.raises((OSError, AssertionError)), connected(link) as other:
            assert answered(other)
        link.mend()
        with connected(link) as other:
            assert answered(other)


def test_a_held_link_loses_nothing(echo):
    with Link(echo) as link, connected(link) as one:
        assert answered(one)
        link.is_held = True
        one.sendall(b'later')
        one.settimeout(0.2)
        with pytest.raises(TimeoutError):
            one.recv(1000)
        link.mend()
        one.settimeout(2.0)
        assert one.recv(1000) == b'later'


def test_a_slow_link_delays_both_ways_together(echo):
    with Link(echo) as link, connected(link) as one:
        assert answered(one)
        link.delay = 0.3
        began = time.monotonic()
        assert answered(one)
        assert 0.3 <= time.monotonic() - began < 1.0


def test_without_a_server_a_connection_ends(echo):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    with Link(port) as link, connected(link) as one:
        assert one.recv(1000) == b''
