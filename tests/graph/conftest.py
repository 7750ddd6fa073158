"""Clients of the application over a database of the test or of the module."""

from collections.abc import AsyncIterator

import pytest

from tests.graph.client import Client, serve


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[Client]:
    """A client of tenant M-10001. The database is empty until `client.fill(book)`."""
    async with serve(database_url) as client:
        yield client


@pytest.fixture(scope="module")
async def empty_client(shared_database_url: str) -> AsyncIterator[Client]:
    """A client per module, for a fixture that fills it for tests that only read."""
    async with serve(shared_database_url) as client:
        yield client
