"""A partner's tree of tenants, and a clock that only moves when told to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from auth.clock import Clock
from db.models import Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database

STARTED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass
class Hand:
    """Moves a clock."""

    passed: float = 0.0
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(
            now=lambda: STARTED + timedelta(seconds=self.passed), monotonic=lambda: self.passed
        )

    def move(self, seconds: float) -> None:
        self.passed += seconds


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with this forest: P over P-A and P-B, P-A over P-A-1; and a stranger S."""
    database = Database(database_url)
    tree = {"P": (1, None), "P-A": (2, 1), "P-B": (3, 1), "P-A-1": (4, 2), "S": (5, None)}
    async with database.write(TenantScope.carrier()) as session:
        for number, (tenant_id, parent_id) in tree.items():
            session.add(
                Tenant(
                    id=tenant_id,
                    root_tenant_id=5 if number == "S" else 1,
                    parent_id=parent_id,
                    number=number,
                    name=f"Tenant {number}",
                    created_at=STARTED,
                )
            )
            await session.flush()
    yield database
    await database.close()
