"""The port of the signals, and the implementation for a process that is alone."""

from collections.abc import Callable
from typing import Protocol

Hear = Callable[[str | None], None]
"""Takes a topic that another process has sent; None: any may have been missed."""


class Signals(Protocol):
    """Carries topics to the other processes, as soon as it can and perhaps never.

    A signal only says that it is worth looking: what it speaks of is in the database, and
    whoever must not miss it also looks now and then by itself.
    """

    @property
    def is_connected(self) -> bool:
        """Whether a signal would reach the other processes now."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether there are other processes to reach at all."""
        ...

    def send(self, topic: str) -> None:
        """Tell the other processes of `topic` soon; never waits and never fails.

        Args:
            topic: A short word without spaces; ids, no personal data.
        """
        ...

    def subscribe(self, hear: Hear) -> None:
        """Call `hear` with each topic of another process, in this event loop.

        Also with None, whenever topics may have been missed: after each (re)connection.
        """
        ...

    async def start(self) -> None:
        """Begin in the background; does not wait for the server."""
        ...

    async def stop(self) -> None:
        """Send what is waiting, if that is possible at once, and end."""
        ...


class LocalSignals:
    """Signals of a process that is alone: there is nobody to tell."""

    is_connected = True
    is_shared = False

    def send(self, topic: str) -> None:
        """See `Signals.send`."""

    def subscribe(self, hear: Hear) -> None:
        """See `Signals.subscribe`."""

    async def start(self) -> None:
        """See `Signals.start`."""

    async def stop(self) -> None:
        """See `Signals.stop`."""
