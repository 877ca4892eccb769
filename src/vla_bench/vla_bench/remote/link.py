"""A TCP relay in front of a server, which can be cut, held or slow."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress

PIECE = 65536  # bytes read at once
POLL = 0.005  # s, between two looks at a link that is held


class Link:
    """Relays connections of a free port on localhost to `port`; used as a context."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.port = 0  # to connect to
        self.delay = 0.0  # s, each way together
        self.is_held = False  # nothing passes, connections stay
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name='link', daemon=True)

    def __enter__(self) -> Link:
        self._thread.start()
        self._is_ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def cut(self) -> None:
        """Close every connection and refuse others, until `mend`."""
        self._is_cut = True
        self._loop.call_soon_threadsafe(self._close_all)

    def mend(self) -> None:
        """Relay as if nothing had been."""
        self._is_cut = self.is_held = False
        self.delay = 0.0

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, '127.0.0.1', 0))
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        self._loop.run_forever()
        server.close()
        self._close_all()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    def _close_all(self) -> None:
        for writer in tuple(self._open):
            with suppress(OSError):
                writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection('127.0.0.1', self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._open |= ends
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        self._open -= ends

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one direction until it ends."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sender = asyncio.create_task(self._send(queue, writer))
        with suppress(OSError):
            while data := await reader.read(PIECE):
                queue.put_nowait((time.monotonic() + 0.5 * self.delay, data))
        queue.put_nowait((0.0, b''))
        await sender

    async def _send(
        self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while True:
                due, data = await queue.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                while self.is_held:
                    await asyncio.sleep(POLL)
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
