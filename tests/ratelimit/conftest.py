"""A Redis server."""

from tests.execution.conftest import redis_url

__all__ = ["redis_url"]
