"""A cursor decodes to the key that it was made from, for every sort of every collection."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from db.keyset import Collection, Key
from db.queries.contracts import CONTRACTS
from db.queries.customers import CUSTOMERS, SITES
from db.queries.offers import CARTS, OFFERS
from db.queries.orders import ORDERS
from db.queries.products import PRODUCTS
from db.queries.tenants import TENANTS
from resolvers.pagination import _key, encode_cursor

COLLECTIONS: tuple[Collection[Any, Any], ...] = (
    CARTS,
    CONTRACTS,
    CUSTOMERS,
    OFFERS,
    ORDERS,
    PRODUCTS,
    SITES,
    TENANTS,
)
VALUES = {
    datetime: datetime(2026, 11, 20, 14, 30, 1, 500, tzinfo=UTC),
    date: date(2027, 2, 28),
    str: "Größe & Söhne",
}
SORTS = [
    pytest.param(each, sort, id=f"{each.model.__name__}-{sort}")
    for each in COLLECTIONS
    for sort in each.sorts
]


@pytest.mark.parametrize(("collection", "sort"), SORTS)
def test_a_cursor_is_read_back_as_it_was_written(
    collection: Collection[Any, Any], sort: str
) -> None:
    key = Key(VALUES[collection.sorts[sort].type.python_type], UUID(int=7))
    assert _key(collection, sort, "after", encode_cursor(sort, key)) == key
