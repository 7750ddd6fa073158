"""A Redis or Valkey server that may be unavailable: its users do without it meanwhile."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

ANSWER_SECONDS = 0.25
"""Time limit for connecting, and for each answer; requests wait for it."""
AWAY_SECONDS = 1.0
"""Pause after a failure, in which the server is not asked."""

T = TypeVar("T")
log = structlog.get_logger("redis")


class RedisServer:
    """The server of a URL (``redis://``, ``rediss://`` or ``unix://``)."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._away_until: float | None = None
        self.client: Redis = Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            # `AWAY_SECONDS` is the only back-off.
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """The server's answer; None while it is unavailable."""
        now = self._clock()
        if self._away_until is not None and now < self._away_until:
            return None
        try:
            answer = await question()
        except (RedisError, OSError, TimeoutError) as error:
            if self._away_until is None:
                # Once, not for every request.
                log.warning("redis is unavailable, each worker uses its memory", exc_info=error)
            self._away_until = now + AWAY_SECONDS
            return None
        if self._away_until is not None:
            self._away_until = None
            log.info("redis is available again")
        return answer

    async def close(self) -> None:
        await self.client.aclose()
