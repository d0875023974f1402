"""A proxy that cuts, slows, buffers, repeats and drops what goes between page and desk.

One connection carries one request. What happens to it is drawn for its kind, so that the
n-th message, stream or poll of a seed meets the same fault in every run, whenever it comes.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from random import Random

API = "/api/chat/conversations"
HEAD_END = b"\r\n\r\n"
HOLD_SECONDS = 7.0
"""Of a buffering proxy: longer than the page waits for the stream's `hello`."""


class Fault(StrEnum):
    """What happens to one request."""

    NONE = "none"
    REFUSE = "cut before desk has it"
    DROP = "answer dropped after desk has committed"
    CUT = "answer cut in the middle"
    SLOW = "slowed, in odd pieces"
    BUFFER = "held back"
    ERROR = "proxy's own error page"
    REPEAT = "sent to desk twice"
    LATE = "answer late, then dropped"


WEIGHTS: dict[str, dict[Fault, int]] = {
    "send": {
        Fault.NONE: 40,
        Fault.REFUSE: 12,
        Fault.DROP: 18,
        Fault.CUT: 8,
        Fault.SLOW: 8,
        Fault.ERROR: 6,
        Fault.REPEAT: 5,
        Fault.LATE: 3,
    },
    "events": {
        Fault.NONE: 30,
        Fault.REFUSE: 10,
        Fault.CUT: 30,
        Fault.SLOW: 10,
        Fault.BUFFER: 15,
        Fault.ERROR: 5,
    },
    "list": {Fault.NONE: 60, Fault.REFUSE: 15, Fault.CUT: 10, Fault.SLOW: 10, Fault.ERROR: 5},
    "create": {Fault.NONE: 55, Fault.REFUSE: 15, Fault.DROP: 20, Fault.ERROR: 10},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came."""

    head: bytes
    body: bytes

    @property
    def kind(self) -> str | None:
        """Key of `WEIGHTS`; None for what is let through."""
        method, path, _ = self.head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        path = path.split("?")[0]
        if not path.startswith(API):
            return None
        if path == API:
            return "create"
        if path.endswith("/events"):
            return "events"
        if path.endswith("/messages"):
            return "send" if method == "POST" else "list"
        return None

    def for_desk(self) -> bytes:
        """The same, on a connection that ends with the answer."""
        lines = self.head.removesuffix(HEAD_END).split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*kept, b"Connection: close"]) + HEAD_END + self.body


class FaultyProxy:
    """Listens on a port of its own until it is closed."""

    def __init__(self, desk_port: int, seed: int) -> None:
        self._desk_port = desk_port
        self._random = {kind: Random(f"{seed}:{kind}") for kind in WEIGHTS}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._calm = asyncio.Event()
        self.is_down = False
        self.met: Counter[Fault] = Counter()
        self.base = ""

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.base = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def calm(self) -> None:
        """From now on let everything through."""
        self.is_down = False
        self._calm.set()

    async def close(self) -> None:
        """End everything."""
        if self._server:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._handle(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The page, or desk, has hung up.
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(HEAD_END)
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        request = Request(head=head, body=await reader.readexactly(length))
        fault = self._draw(request.kind)
        self.met[fault] += 1
        await self._do(fault, request, writer, self._random.get(request.kind or ""))

    def _draw(self, kind: str | None) -> Fault:
        if kind is None:
            return Fault.NONE
        weights = WEIGHTS[kind]
        drawn = self._random[kind].choices(list(weights), list(weights.values()))[0]
        if self._calm.is_set():
            return Fault.NONE
        return Fault.REFUSE if self.is_down else drawn

    async def _do(
        self, fault: Fault, request: Request, writer: asyncio.StreamWriter, random: Random | None
    ) -> None:
        if fault is Fault.REFUSE:
            writer.transport.abort()
            return
        if fault is Fault.ERROR:
            page = b"<h1>502 Bad Gateway</h1>"
            writer.write(
                b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(page), page)
            )
            await writer.drain()
            return
        if fault is Fault.REPEAT:
            await self._whole_answer(request)
        desk_reader, desk_writer = await self._ask(request)
        try:
            await self._answer(fault, request, desk_reader, writer, random or Random(0))
        finally:
            desk_writer.transport.abort()

    async def _answer(
        self,
        fault: Fault,
        request: Request,
        desk: asyncio.StreamReader,
        page: asyncio.StreamWriter,
        random: Random,
    ) -> None:
        is_stream = request.kind == "events"
        if fault in {Fault.DROP, Fault.LATE}:
            await desk.read(-1)
            if fault is Fault.LATE:
                await self._wait(random.uniform(2, 4))
            page.transport.abort()
        elif fault is Fault.BUFFER:
            await self._wait(HOLD_SECONDS)
            page.transport.abort()
        elif fault is Fault.CUT and is_stream:
            await self._pass_on(desk, page, until=random.uniform(0.05, 4))
            page.transport.abort()
        elif fault is Fault.CUT:
            answer = await desk.read(-1)
            page.write(answer[: int(len(answer) * random.uniform(0.1, 0.95))])
            await page.drain()
            page.transport.abort()
        elif fault is Fault.SLOW:
            await self._trickle(desk, page, random)
        else:
            await self._pass_on(desk, page)

    async def _ask(self, request: Request) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._desk_port)
        writer.write(request.for_desk())
        await writer.drain()
        return reader, writer

    async def _whole_answer(self, request: Request) -> bytes:
        reader, writer = await self._ask(request)
        answer = await reader.read(-1)
        writer.close()
        return answer

    async def _pass_on(
        self,
        desk: asyncio.StreamReader,
        page: asyncio.StreamWriter,
        *,
        until: float | None = None,
    ) -> None:
        """Pass everything on; with `until` for so many seconds at most."""
        try:
            async with asyncio.timeout(until):
                while piece := await desk.read(65536):
                    page.write(piece)
                    await page.drain()
        except TimeoutError:
            pass

    async def _trickle(
        self, desk: asyncio.StreamReader, page: asyncio.StreamWriter, random: Random
    ) -> None:
        """In pieces of any size, which also cuts characters and line ends in two."""
        while piece := await desk.read(random.randint(1, 200)):
            page.write(piece)
            await page.drain()
            if not self._calm.is_set():
                await asyncio.sleep(random.uniform(0, 0.03))

    async def _wait(self, seconds: float) -> None:
        """A while, but no longer than until everything is to be let through."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._calm.wait(), seconds)
