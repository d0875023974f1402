"""Serves the fake of LINE on a free port of this machine, in a thread."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.line.fake import sdk, spec
from tests.line.fake.app import create_app
from tests.line.fake.line import FakeLine
from tests.product import wait_until

START_SECONDS = 20


class Connections:
    """The open connections of a server, by the address at the other end."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], Any] = {}

    def protocol(self) -> type[H11Protocol]:
        """A protocol for uvicorn that notes its connections here."""
        known = self._open

        class Noted(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                known[transport.get_extra_info("peername")[:2]] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client is not None:
                    known.pop(self.client, None)
                super().connection_lost(exc)

        return Noted

    async def reset(self, request: Request) -> None:
        """Cut the connection of a request so that the other side sees a reset."""
        assert request.client is not None
        transport = self._open.get((request.client.host, request.client.port))
        if transport is not None:
            end = transport.get_extra_info("socket")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        await asyncio.sleep(0.01)


class Server:
    """An application on a port, in a thread of its own."""

    def __init__(self, app: FastAPI, protocol: type[H11Protocol], port: int = 0) -> None:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, http=protocol, ws="none", lifespan="off",
            log_level="critical", access_log=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._socket = config.bind_socket()
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="fake-line"
        )

    def start(self) -> None:
        """Serve, and wait until it does."""
        self._thread.start()
        wait_until(lambda: self._server.started, START_SECONDS)

    def stop(self) -> None:
        """Stop at once, whatever is still being answered."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join()
        self._socket.close()


@contextmanager
def running_fake_line(
    clock: Callable[[], datetime] | None = None, *, seed: int = 0, judged: bool = True
) -> Iterator[FakeLine]:
    """LINE, served until the block ends.

    Args:
        clock: Gives its time; a `Clock` of its own (`line.clock`) if None.
        seed: Of ids and tokens.
        judged: Let the OpenAPI file (where it is) and the SDK judge each body.

    Raises:
        AssertionError: At the end, if a body was sent that LINE would refuse, the OpenAPI file
            forbids or the SDK cannot read. Clear `line.violations` where that is meant.
    """
    line = FakeLine(clock, seed=seed)
    connections = Connections()
    server = Server(create_app(line, connections.reset, judged=judged), connections.protocol())
    line.base = f"http://127.0.0.1:{server.port}"
    if judged:
        sdk.load()
        spec.load()
    server.start()
    try:
        yield line
    finally:
        server.stop()
    assert not line.violations, "LINE would not take:\n" + "\n".join(line.violations)
