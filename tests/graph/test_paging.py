"""Reading all pages of a connection gives every object exactly once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from db.models import Contract, Customer, Offer, Order, Product, Tenant
from tests.graph.client import Client
from tests.graph.factory import NOW, Factory
from tests.graph.pages import backward, forward, joined, numbers

LATEST = datetime(9999, 12, 31, tzinfo=UTC)

# What each list can be sorted by, and an object's value of it. An unknown date is the latest.
ORDERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "orders": {
        "RECEIVED_AT": lambda order: order.received_at,
        "UPDATED_AT": lambda order: order.updated_at,
        "EXPECTED_COMPLETION_DATE": lambda order: order.expected_completion_date or LATEST,
        "NUMBER": lambda order: order.number,
    },
    "contracts": {
        "CREATED_AT": lambda contract: contract.created_at,
        "UPDATED_AT": lambda contract: contract.updated_at,
        "TERM_END": lambda contract: contract.term_end or date.max,
        "NUMBER": lambda contract: contract.number,
    },
    "offers": {
        "CREATED_AT": lambda offer: offer.created_at,
        "UPDATED_AT": lambda offer: offer.updated_at,
        "NUMBER": lambda offer: offer.number,
    },
    "customers": {
        "NAME": lambda customer: customer.name,
        "NUMBER": lambda customer: customer.number,
        "CREATED_AT": lambda customer: customer.created_at,
    },
    "tenants": {
        "NAME": lambda tenant: tenant.name,
        "NUMBER": lambda tenant: tenant.number,
    },
}
SORTS = [
    pytest.param(field, sort, direction, id=f"{field}-{sort}-{direction}")
    for field, sorts in ORDERS.items()
    for sort in sorts
    for direction in ("ASC", "DESC")
]


@dataclass(frozen=True)
class Dataset:
    """A client, and what its book holds of each list."""

    client: Client
    rows: dict[str, Sequence[Any]]

    def ordered(self, field: str, sort: str, direction: str) -> list[str]:
        """The numbers in the order asked for, ties by identity."""
        value = ORDERS[field][sort]

        def key(row: Any) -> Any:
            return value(row), row.public_id if isinstance(row, Tenant) else row.id

        rows = sorted(self.rows[field], key=key, reverse=direction == "DESC")
        return [row.number for row in rows]


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    """Eleven of everything, of which many share the value that they are sorted by."""
    book = Factory()
    partner = book.tenant(name="Partner 2")
    tenants: list[Tenant] = [partner]
    customers: list[Customer] = []
    products: list[Product] = []
    offers: list[Offer] = []
    contracts: list[Contract] = []
    orders: list[Order] = []
    for n in range(11):
        tied = timedelta(days=n % 3)
        fraction = timedelta(microseconds=n % 2)
        products.append(book.product(name=f"Produkt {n % 3}"))
        customer = book.customer(
            partner, name=("Öztürk", "Zander", "zander")[n % 3], created_at=NOW - tied
        )
        customers.append(customer)
        offers.append(book.offer(customer, created_at=NOW - tied, updated_at=NOW - fraction))
        contracts.append(
            book.contract(
                customer,
                created_at=NOW - tied,
                updated_at=NOW - tied + fraction,
                term_end=None if n % 3 == 0 else date(2027, 1, n % 3),
            )
        )
        orders.append(
            book.order(
                customer,
                received_at=NOW - timedelta(days=9) + tied,
                updated_at=NOW - fraction,
                expected_completion_date=None if n % 3 == 0 else NOW + tied,
            )
        )
        if n:
            tenants.append(book.tenant(partner, name=f"Partner {n % 3}"))
    rows: dict[str, Sequence[Any]] = {
        "orders": orders,
        "contracts": contracts,
        "offers": offers,
        "customers": customers,
        "tenants": tenants,
        "products": products,
    }
    await empty_client.fill(book)
    return Dataset(empty_client, rows)


@pytest.mark.parametrize(("field", "sort", "direction"), SORTS)
async def test_pages_forward_hold_every_object_once_in_order(
    dataset: Dataset, field: str, sort: str, direction: str
) -> None:
    order = {"field": sort, "direction": direction}
    pages = await forward(dataset.client, field, 2, orderBy=order)
    assert joined(pages) == dataset.ordered(field, sort, direction)
    assert [len(each.numbers) for each in pages] == [2, 2, 2, 2, 2, 1]


@pytest.mark.parametrize(("field", "sort", "direction"), SORTS)
async def test_pages_backward_hold_every_object_once_in_the_same_order(
    dataset: Dataset, field: str, sort: str, direction: str
) -> None:
    order = {"field": sort, "direction": direction}
    pages = await backward(dataset.client, field, 2, orderBy=order)
    assert joined(pages[::-1]) == dataset.ordered(field, sort, direction)
    assert [len(each.numbers) for each in pages] == [2, 2, 2, 2, 2, 1]


async def test_products_are_paged_by_name_either_way(dataset: Dataset) -> None:
    rows = sorted(dataset.rows["products"], key=lambda row: (row.name, row.id))
    expected = [row.number for row in rows]
    assert joined(await forward(dataset.client, "products", 2)) == expected
    assert joined((await backward(dataset.client, "products", 2))[::-1]) == expected


@pytest.mark.parametrize(
    ("field", "sort", "direction"),
    [
        ("orders", "RECEIVED_AT", "DESC"),
        ("contracts", "CREATED_AT", "DESC"),
        ("offers", "CREATED_AT", "DESC"),
        ("customers", "NAME", "ASC"),
        ("tenants", "NAME", "ASC"),
    ],
)
async def test_a_list_has_the_order_that_its_description_promises(
    dataset: Dataset, field: str, sort: str, direction: str
) -> None:
    assert await numbers(dataset.client, field) == dataset.ordered(field, sort, direction)


@pytest.mark.parametrize(
    ("field", "sort", "known"),
    [
        ("orders", "EXPECTED_COMPLETION_DATE", lambda order: order.expected_completion_date),
        ("contracts", "TERM_END", lambda contract: contract.term_end),
    ],
)
async def test_what_has_no_date_yet_comes_after_all_that_have_one(
    dataset: Dataset, field: str, sort: str, known: Callable[[Any], Any]
) -> None:
    undated = {row.number for row in dataset.rows[field] if known(row) is None}
    assert len(undated) == 4
    soonest_first = {"field": sort, "direction": "ASC"}
    assert {*await numbers(dataset.client, field, orderBy=soonest_first, last=4)} == undated
    latest_first = {"field": sort, "direction": "DESC"}
    assert {*await numbers(dataset.client, field, orderBy=latest_first, first=4)} == undated


async def test_the_last_day_there_is_comes_together_with_no_day_at_all(client: Client) -> None:
    book = Factory()
    customer = book.customer(book.tenant())
    contracts = [
        book.contract(customer, term_end=end)
        for end in (None, date.max, None, date(2027, 1, 1), date.max, None)
    ]
    await client.fill(book)
    order = {"field": "TERM_END", "direction": "ASC"}
    pages = await forward(client, "contracts", 1, orderBy=order)
    expected = sorted(contracts, key=lambda row: (row.term_end or date.max, row.id))
    assert joined(pages) == [row.number for row in expected]
