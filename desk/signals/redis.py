"""Signals by the pub/sub of Valkey or Redis."""

from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from desk.signals.linked import CHANNEL, LinkedSignals

LOOK_SECONDS = 15.0
"""A connection that brings nothing for so long is asked whether it lives."""
CONNECT_SECONDS = 5.0


class RedisSignals(LinkedSignals):
    """Signals over one channel of a Valkey or Redis server."""

    errors = (RedisError, OSError)

    def __init__(self, url: str) -> None:
        super().__init__()
        # A connection that broke must be seen, not mended silently: something was missed.
        self._client = Redis.from_url(
            url,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
            socket_keepalive=True,
            health_check_interval=LOOK_SECONDS,
        )
        number = self._client.connection_pool.connection_kwargs.get("db") or 0
        # Pub/sub knows no databases; services that share a server by them stay apart.
        self._channel = f"{CHANNEL}:{number}"

    async def listen(self) -> AsyncIterator[str | None]:
        """See `LinkedSignals.listen`."""
        async with self._client.pubsub() as pubsub:
            await pubsub.subscribe(self._channel)
            while True:
                event = await pubsub.get_message(timeout=LOOK_SECONDS)
                if event is None:
                    continue
                if event["type"] == "subscribe":
                    yield None
                elif event["type"] == "message":
                    yield str(event["data"])

    async def deliver(self, messages: Sequence[str]) -> None:
        """See `LinkedSignals.deliver`."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for message in messages:
                pipeline.publish(self._channel, message)
            await pipeline.execute()

    async def disconnect(self) -> None:
        """See `LinkedSignals.disconnect`."""
        await self._client.aclose()
