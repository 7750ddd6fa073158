"""Rows that a test collects and stores together, and the columns that many tables share."""

import itertools
from decimal import Decimal
from typing import Any, TypeVar

from db import models
from db.ids import uuid7
from db.models import Base, Cart, Contract, Order
from db.scope.tenant_scope import TenantScope
from db.session import Database

M = TypeVar("M", bound=Base)


class Rows:
    """Collects rows. `write` stores them."""

    def __init__(self) -> None:
        self.rows: list[Base] = []
        self._numbers = itertools.count(10001)
        self._places: dict[tuple[type[Base], Any], int] = {}

    async def write(self, database: Database) -> None:
        """Store the rows, each table after those that it refers to, and clear the factory."""
        tables = [table.name for table in Base.metadata.sorted_tables]
        # An order cannot be changed after the first entry of its history, so store its parts first.
        tables.remove(models.OrderHistoryEntry.__tablename__)
        tables.append(models.OrderHistoryEntry.__tablename__)
        async with database.write(TenantScope.carrier()) as session:
            for table in tables:
                session.add(*(row for row in self.rows if row.__tablename__ == table))
                await session.flush()
        self.rows.clear()

    def _part(
        self, model: type[M], order: Order, columns: dict[str, Any], given: dict[str, Any]
    ) -> M:
        owner = {
            "order_id": order.id,
            "position": self._place(model, order.id),
            "tenant_id": order.tenant_id,
            "root_tenant_id": order.root_tenant_id,
        }
        return self._add(model, owner | columns, given)

    def _priced_item(
        self, model: type[M], of: Cart | Contract, link: str, given: dict[str, Any]
    ) -> M:
        columns = {
            link: of.id,
            "position": self._place(model, of.id),
            "tenant_id": of.tenant_id,
            "root_tenant_id": of.root_tenant_id,
            "name": f"Posten {next(self._numbers)}",
            "quantity": 1,
            "one_time_amount": Decimal("49.00"),
            "monthly_amount": Decimal("19.90"),
            "currency": "EUR",
        }
        return self._add(model, columns, given)

    def _place(self, model: type[Base], parent: Any) -> int:
        place = self._places[model, parent] = self._places.get((model, parent), 0) + 1
        return place

    def _add(self, model: type[M], columns: dict[str, Any], given: dict[str, Any]) -> M:
        row = model(**columns | given)
        self.rows.append(row)
        return row


def row_id(n: int) -> Any:
    # Not in the order of the numbers, to tell sorting by id from sorting by number.
    return uuid7(1_700_000_000_000 + n * 7919 % 10_000, n)


def owned(n: int, tenant_id: int, root_tenant_id: int) -> dict[str, Any]:
    return {"id": row_id(n), "tenant_id": tenant_id, "root_tenant_id": root_tenant_id}


def address(n: int) -> dict[str, str]:
    return {
        "street": f"Straße {n}",
        "house_number": f"{n}a",
        "postal_code": f"PLZ{n}",
        "city": f"Stadt {n}",
        "country": "DE",
    }
