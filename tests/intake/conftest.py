from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.session import Database
from tests.intake.payloads import Intake
from tests.intake.reporting import Reporter, reporting


@pytest.fixture
async def take_in(database_url: str, tmp_path: Path) -> AsyncIterator[Intake]:
    """Intake into an empty database."""
    database = Database(database_url)
    yield Intake(database, tmp_path)
    await database.close()


@pytest.fixture
async def reporter(database_url: str, tmp_path: Path) -> AsyncIterator[Reporter]:
    """A system of the carrier's, before an empty database."""
    async with reporting(database_url, tmp_path) as reporter:
        yield reporter


@pytest.fixture
async def postgresql_reporter(postgresql_url: str, tmp_path: Path) -> AsyncIterator[Reporter]:
    """A system of the carrier's, before an empty database on PostgreSQL."""
    async with reporting(postgresql_url, tmp_path) as reporter:
        yield reporter
