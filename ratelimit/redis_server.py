"""A Redis or Valkey server that may go away: whoever asks it goes on without it meanwhile."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

ANSWER_SECONDS = 0.25
"""How long the server may take to connect and to answer; requests wait for it."""
AWAY_SECONDS = 1.0
"""How long a server that failed is left alone."""

T = TypeVar("T")
log = structlog.get_logger("redis")


class RedisServer:
    """The server that the URL names (``redis://``, ``rediss://`` or ``unix://``)."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._away_until: float | None = None
        self.client: Redis = Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            # Waiting to try again is what `AWAY_SECONDS` is for.
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """What the server answers; None while it is away."""
        now = self._clock()
        if self._away_until is not None and now < self._away_until:
            return None
        try:
            answer = await question()
        except (RedisError, OSError, TimeoutError) as error:
            if self._away_until is None:
                # Once, not for every request; what the driver says may name hosts.
                log.warning("redis is away, each worker goes on by itself", exc_info=error)
            self._away_until = now + AWAY_SECONDS
            return None
        if self._away_until is not None:
            self._away_until = None
            log.info("redis is back")
        return answer

    async def close(self) -> None:
        await self.client.aclose()
