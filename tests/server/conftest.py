"""The application of `tests.execution.support`, a Redis server, and a forest of tenants."""

import io
from collections.abc import Iterator

import pytest

from server.logs import configure_logging
from tests.auth.conftest import database, hand
from tests.execution.conftest import redis_url, served, serving
from tests.execution.support import logging_restored

__all__ = ["database", "hand", "redis_url", "served", "serving"]


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    """What the process logs."""
    with logging_restored():
        stream = io.BytesIO()
        configure_logging(stream=stream)
        yield stream
