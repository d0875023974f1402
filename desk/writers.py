"""The line in which the writers of one process wait for SQLite."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriterQueue:
    """Lets one writer in at a time: in their order, the urgent ones first.

    SQLite itself has one writer at a time but no queue. Each that waits looks again now and
    then, so that one may be passed over and over (measured: bench/writers.py).
    """

    def __init__(self) -> None:
        self._is_taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, is_urgent: bool, seconds: float) -> AsyncIterator[None]:
        """Wait for the turn, and hold it while the block runs.

        Args:
            is_urgent: Goes before all that are not.
            seconds: For how long it waits.

        Raises:
            TimeoutError: The others did not end in time.
        """
        async with asyncio.timeout(seconds):
            await self._enter(self._urgent if is_urgent else self._others)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, line: deque[asyncio.Future[None]]) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        waiter = asyncio.get_running_loop().create_future()
        line.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                line.remove(waiter)
            else:
                self._leave()  # The turn had just been given to us.
            raise

    def _leave(self) -> None:
        for line in (self._urgent, self._others):
            while line:
                waiter = line.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
        self._is_taken = False
