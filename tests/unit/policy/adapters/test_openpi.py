"""A policy behind a websocket: a real server that speaks the protocol, and its failures."""

import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from websockets.sync.server import serve

from vla_policy.adapters.array_message import from_bytes, to_bytes
from vla_policy.adapters.connection import NoAnswerError, ServerConnection
from vla_policy.adapters.openpi import OpenpiClient

GIVEN = {'observation/joint_position': np.zeros(7, np.float32), 'prompt': 'press it'}
ROWS = np.arange(14.0).reshape(2, 7)


class Server:
    """Answers with ROWS, or as `answer` says."""

    def __init__(self):
        self.seen, self.connections, self.keys = [], 0, []
        self.answer = lambda _: to_bytes({'actions': ROWS, 'server_timing': {'infer_ms': 1.0}})

    def __call__(self, connection):
        self.connections += 1
        self.keys.append(connection.request.headers.get('Authorization'))
        connection.send(to_bytes({'model': 'mine'}))
        for message in connection:
            self.seen.append(from_bytes(message))
            answer = self.answer(self)
            if answer is None:
                return
            connection.send(answer)


@contextmanager
def running(server, port=0):
    with serve(server, 'localhost', port, compression=None) as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        yield listener.socket.getsockname()[1]
        listener.shutdown()


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


def client_of(port, clock, **more):
    return OpenpiClient(ServerConnection(f'ws://localhost:{port}', clock=clock, **more), 'actions')


def test_observation_and_actions_travel(clock):
    server = Server()
    with running(server) as port:
        client = client_of(port, clock, token='secret')
        for _ in range(3):
            np.testing.assert_array_equal(client.infer(GIVEN), ROWS)
        client._connection.close()
    assert server.connections == 1
    assert client._connection.greeting == {'model': 'mine'}
    assert server.keys == ['Api-Key secret']
    assert server.seen[0]['prompt'] == 'press it'


def test_no_server_is_said_and_not_asked_again_at_once(clock):
    client = client_of(9, clock)
    with pytest.raises(NoAnswerError, match='ws://localhost:9: ConnectionRefusedError'):
        client.infer(GIVEN)
    with pytest.raises(NoAnswerError, match='waiting to connect again'):
        client.infer(GIVEN)


def test_a_late_answer_is_never_used(clock):
    server = Server()

    def late(mine):
        if len(mine.seen) == 1:
            time.sleep(0.4)
            return to_bytes({'actions': 100.0 + ROWS})
        return to_bytes({'actions': ROWS})

    server.answer = late
    with running(server) as port:
        client = client_of(port, clock, deadline=0.1)
        with pytest.raises(NoAnswerError, match=r'no answer within 0\.1 s'):
            client.infer(GIVEN)
        clock.now = 1.0
        np.testing.assert_array_equal(client.infer(GIVEN), ROWS)
        client._connection.close()
    assert server.connections == 2


@pytest.mark.parametrize(
    ('answer', 'words'),
    [
        ('Traceback\n  x\nValueError: no key image', 'the server says: ValueError: no key image'),
        (b'\xc1', 'the server sent no msgpack'),
        (to_bytes({'action': ROWS}), "the answer has no 'actions'; it has action"),
        (to_bytes({'actions': 'left'}), 'could not convert'),
        (None, 'ConnectionClosed'),
    ],
)
def test_other_answers_are_said_and_the_next_one_counts(clock, answer, words):
    server = Server()
    good = server.answer
    server.answer = lambda mine: answer if len(mine.seen) == 1 else good(mine)
    with running(server) as port:
        client = client_of(port, clock)
        with pytest.raises(NoAnswerError, match=words):
            client.infer(GIVEN)
        clock.now = 1.0
        np.testing.assert_array_equal(client.infer(GIVEN), ROWS)
        client._connection.close()


def test_a_server_that_comes_back_is_found(clock):
    server = Server()
    with running(server) as port:
        client = client_of(port, clock)
        client.infer(GIVEN)
    with pytest.raises(NoAnswerError):
        client.infer(GIVEN)
    clock.now = 1.0
    with running(server, port):
        np.testing.assert_array_equal(client.infer(GIVEN), ROWS)
        client._connection.close()
