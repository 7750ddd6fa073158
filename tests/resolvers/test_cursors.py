"""A cursor decodes to the key that it was made from, for every sort of every collection."""

from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import InstrumentedAttribute

from db.keyset import Key
from resolvers.pagination import _key, encode_cursor
from schema.filters.audit import AUDIT_LOG
from schema.filters.cart import CARTS
from schema.filters.contract import CONTRACTS
from schema.filters.customer import CUSTOMERS
from schema.filters.offer import OFFERS
from schema.filters.order import ORDERS
from schema.filters.product import PRODUCTS
from schema.filters.site import SITES
from schema.filters.tenant import TENANTS
from schema.listing import Listing

LISTINGS: tuple[Listing[Any], ...] = (
    *(AUDIT_LOG, CARTS, CONTRACTS, CUSTOMERS, OFFERS, ORDERS, PRODUCTS, SITES, TENANTS),
)
VALUES = {
    datetime: datetime(2026, 11, 20, 14, 30, 1, 500, tzinfo=UTC),
    date: date(2027, 2, 28),
    str: "Größe & Söhne",
}


def columns(listing: Listing[Any]) -> list[InstrumentedAttribute[Any]]:
    fields: list[Any] = list(listing.sort_fields or [listing.default[0]])
    return [field.value if isinstance(field, Enum) else field for field in fields]


@pytest.mark.parametrize(
    "sort", [each for listing in LISTINGS for each in columns(listing)], ids=str
)
def test_a_cursor_is_read_back_as_it_was_written(sort: InstrumentedAttribute[Any]) -> None:
    key = Key(VALUES[sort.type.python_type], UUID(int=7))
    assert _key(sort, "after", encode_cursor(sort, key)) == key
