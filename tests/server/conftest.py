"""The application of `tests.execution.support`, and a Redis server."""

from tests.execution.conftest import redis_url, served, serving

__all__ = ["redis_url", "served", "serving"]
