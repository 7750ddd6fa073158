"""The application of `tests.execution.support`, a Redis server, and a forest of tenants."""

from tests.auth.conftest import database, hand
from tests.execution.conftest import redis_url, served, serving

__all__ = ["database", "hand", "redis_url", "served", "serving"]
