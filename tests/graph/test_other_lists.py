"""Filters of contracts, offers, customers and products, and which contracts can be renewed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from db.enums import (
    BusinessCase,
    CartStatus,
    ContractStatus,
    CustomerKind,
    OfferStatus,
    OrderPhase,
    ProductFamily,
)
from tests.graph.client import Client, serve
from tests.graph.factory import NOW, Factory
from tests.graph.pages import ask, numbers

TODAY = NOW.date()
LAST_WEEK = NOW - timedelta(days=7)


@dataclass(frozen=True)
class Dataset:
    client: Client

    async def found(self, field: str, wanted: dict[str, Any]) -> set[str]:
        return {*await numbers(self.client, field, filter=wanted)}


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    """A partner (M-10001) with a branch. Numbers say what is special about an object."""
    book = Factory()
    partner = book.tenant(number="M-10001")
    branch = book.tenant(partner, number="M-BRANCH")
    fibre = book.product(number="P-FIBRE", family=ProductFamily.FIBRE)
    book.product(number="P-DSL", family=ProductFamily.DSL)
    book.product(number="P-OTHER", family=ProductFamily.OTHER)

    old = book.customer(partner, number="K-OLD", created_at=LAST_WEEK, updated_at=NOW)
    new = book.customer(
        branch,
        number="K-NEW",
        kind=CustomerKind.PROSPECT,
        created_at=LAST_WEEK + timedelta(microseconds=1),
        updated_at=NOW + timedelta(seconds=1),
    )

    book.offer(old, number="AN-SENT", created_at=LAST_WEEK, updated_at=LAST_WEEK)
    ordered = book.offer(
        old,
        number="AN-ORDERED",
        status=OfferStatus.ORDERED,
        business_case=BusinessCase.REORDER,
        created_at=LAST_WEEK,
        updated_at=NOW,
    )
    book.order(old, offer=ordered)
    book.offer(new, number="AN-DECLINED", status=OfferStatus.DECLINED, created_at=NOW)

    book.contract(old, number="V-ACTIVE", term_end=date(2027, 1, 31), updated_at=LAST_WEEK)
    book.contract(
        old,
        number="V-GONE",
        status=ContractStatus.TERMINATED,
        term_end=date(2027, 2, 1),
        product_id=fibre.id,
    )
    book.contract(
        new,
        number="V-ENDLESS",
        status=ContractStatus.REPLACED,
        term_end=None,
        updated_at=LAST_WEEK + timedelta(microseconds=1),
    )
    await empty_client.fill(book)
    return Dataset(empty_client)


def since(moment: datetime) -> dict[str, str]:
    return {"from": moment.isoformat()}


def until(moment: datetime) -> dict[str, str]:
    return {"to": moment.isoformat()}


CASES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("contracts", {}, {"V-ACTIVE", "V-GONE", "V-ENDLESS"}),
    ("contracts", {"status": ["ACTIVE"]}, {"V-ACTIVE"}),
    ("contracts", {"status": ["TERMINATED", "REPLACED"]}, {"V-GONE", "V-ENDLESS"}),
    ("contracts", {"status": []}, set()),
    ("contracts", {"termEnd": {"from": "2027-02-01"}}, {"V-GONE"}),
    ("contracts", {"termEnd": {"to": "2027-02-01"}}, {"V-ACTIVE", "V-GONE"}),
    ("contracts", {"termEnd": {"from": "2027-01-31", "to": "2027-01-31"}}, {"V-ACTIVE"}),
    ("contracts", {"termEnd": {"from": "2027-02-01", "to": "2027-01-31"}}, set()),
    ("contracts", {"termEnd": {"from": "0001-01-01", "to": "9999-12-31"}}, {"V-ACTIVE", "V-GONE"}),
    ("contracts", {"updated": since(LAST_WEEK)}, {"V-ACTIVE", "V-ENDLESS"}),
    ("contracts", {"updated": until(LAST_WEEK)}, {"V-GONE"}),
    ("contracts", {"customer": "K-NEW"}, {"V-ENDLESS"}),
    ("contracts", {"customer": "K-NOBODY"}, set()),
    ("contracts", {"tenant": "M-BRANCH"}, {"V-ENDLESS"}),
    ("contracts", {"tenant": "M-NOBODY"}, set()),
    ("contracts", {"product": "P-FIBRE"}, {"V-GONE"}),
    ("contracts", {"product": "P-NOTHING"}, set()),
    ("contracts", {"status": ["TERMINATED"], "customer": "K-OLD", "search": "gone"}, {"V-GONE"}),
    ("contracts", {"status": ["ACTIVE"], "product": "P-FIBRE"}, set()),
    ("offers", {}, {"AN-SENT", "AN-ORDERED", "AN-DECLINED"}),
    ("offers", {"status": ["SENT", "DECLINED"]}, {"AN-SENT", "AN-DECLINED"}),
    ("offers", {"status": []}, set()),
    ("offers", {"businessCase": ["REORDER"]}, {"AN-ORDERED"}),
    ("offers", {"businessCase": []}, set()),
    ("offers", {"hasOrder": True}, {"AN-ORDERED"}),
    ("offers", {"hasOrder": False}, {"AN-SENT", "AN-DECLINED"}),
    ("offers", {"created": since(NOW)}, {"AN-DECLINED"}),
    ("offers", {"created": until(NOW)}, {"AN-SENT", "AN-ORDERED"}),
    ("offers", {"updated": since(NOW)}, {"AN-ORDERED"}),
    ("offers", {"updated": {**since(LAST_WEEK), **until(NOW)}}, {"AN-SENT"}),
    ("offers", {"customer": "K-OLD"}, {"AN-SENT", "AN-ORDERED"}),
    ("offers", {"customer": "K-NOBODY"}, set()),
    ("offers", {"tenant": "M-BRANCH"}, {"AN-DECLINED"}),
    ("offers", {"tenant": "M-NOBODY"}, set()),
    ("offers", {"customer": "K-OLD", "hasOrder": True, "status": ["ORDERED"]}, {"AN-ORDERED"}),
    ("offers", {"customer": "K-NEW", "hasOrder": True}, set()),
    ("customers", {}, {"K-OLD", "K-NEW"}),
    ("customers", {"kind": ["PROSPECT"]}, {"K-NEW"}),
    ("customers", {"kind": ["PROSPECT", "CUSTOMER"]}, {"K-OLD", "K-NEW"}),
    ("customers", {"kind": []}, set()),
    ("customers", {"created": since(LAST_WEEK)}, {"K-OLD", "K-NEW"}),
    ("customers", {"created": until(LAST_WEEK + timedelta(microseconds=1))}, {"K-OLD"}),
    ("customers", {"updated": until(NOW)}, set()),
    ("customers", {"updated": since(NOW + timedelta(seconds=1))}, {"K-NEW"}),
    ("customers", {"tenant": "M-10001"}, {"K-OLD", "K-NEW"}),
    ("customers", {"tenant": "M-BRANCH"}, {"K-NEW"}),
    ("customers", {"tenant": "M-NOBODY"}, set()),
    ("customers", {"tenant": "M-BRANCH", "kind": ["CUSTOMER"]}, set()),
    ("tenants", {}, {"M-10001", "M-BRANCH"}),
    ("products", {}, {"P-FIBRE", "P-DSL", "P-OTHER"}),
    ("products", {"family": ["DSL", "OTHER"]}, {"P-DSL", "P-OTHER"}),
    ("products", {"family": []}, set()),
    ("products", {"family": ["CENTRAFLEX"]}, set()),
]


@pytest.mark.parametrize(
    ("field", "wanted", "expected"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES]
)
async def test_a_filter_finds_what_it_describes(
    dataset: Dataset, field: str, wanted: dict[str, Any], expected: set[str]
) -> None:
    assert await dataset.found(field, wanted) == expected
    counted = await ask(dataset.client, field, {"filter": wanted}, selection="totalCount")
    assert counted.data == {field: {"totalCount": len(expected)}}


@pytest.mark.parametrize("days", [-1, 3651])
async def test_a_renewal_is_asked_for_within_ten_years(dataset: Dataset, days: int) -> None:
    answer = await ask(dataset.client, "contracts", {"filter": {"renewableWithinDays": days}})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert "between 0 and 3650" in answer.errors[0]["message"]


async def renewable(client: Client, days: int) -> set[str]:
    return {*await numbers(client, "contracts", filter={"renewableWithinDays": days})}


async def renewable_today(client: Client) -> set[str]:
    """`renewable` of each contract."""
    answer = await client.query("{ contracts { nodes { number renewable } } }")
    return {each["number"] for each in answer.data["contracts"]["nodes"] if each["renewable"]}


async def test_a_contract_is_renewable_from_its_first_day_to_the_end_of_its_term(
    client: Client,
) -> None:
    book = Factory()
    customer = book.customer(book.tenant())
    for name, first, last in (
        ("V-SINCE-TODAY", TODAY, date(2027, 5, 20)),
        ("V-FROM-TOMORROW", TODAY + timedelta(days=1), date(2027, 5, 21)),
        ("V-IN-A-MONTH", TODAY + timedelta(days=30), date(2027, 6, 20)),
        ("V-ENDS-TODAY", TODAY - timedelta(days=180), TODAY),
        ("V-ENDED", TODAY - timedelta(days=181), TODAY - timedelta(days=1)),
    ):
        book.contract(customer, number=name, renewable_from=first, term_end=last)
    book.contract(customer, number="V-ENDLESS", renewable_from=None, term_end=None)
    await client.fill(book)

    today = {"V-SINCE-TODAY", "V-ENDS-TODAY"}
    assert await renewable(client, 0) == today
    assert await renewable_today(client) == today
    assert await renewable(client, 1) == {*today, "V-FROM-TOMORROW"}
    assert await renewable(client, 29) == {*today, "V-FROM-TOMORROW"}
    assert await renewable(client, 30) == {*today, "V-FROM-TOMORROW", "V-IN-A-MONTH"}
    assert await renewable(client, 3650) == {*today, "V-FROM-TOMORROW", "V-IN-A-MONTH"}


async def test_only_an_active_contract_without_open_order_or_cart_is_renewable(
    client: Client,
) -> None:
    book = Factory()
    customer = book.customer(book.tenant())

    def contract(number: str, **given: Any) -> Any:
        return book.contract(
            customer,
            number=number,
            renewable_from=TODAY - timedelta(days=30),
            term_end=TODAY + timedelta(days=150),
            **given,
        )

    for status in ContractStatus:
        contract(f"V-{status}", status=status)
    for phase in OrderPhase:
        book.order(customer, phase=phase, contract=contract(f"V-ORDER-{phase}"))
    for cart in CartStatus:
        book.cart(customer, status=cart, contract_id=contract(f"V-CART-{cart}").id)
    twice = contract("V-TWO-ORDERS")
    book.order(customer, phase=OrderPhase.COMPLETED, contract=twice)
    book.order(customer, phase=OrderPhase.ON_HOLD, contract=twice)
    # An order and a cart of the same customer that are about something else.
    book.order(customer)
    book.cart(customer)
    await client.fill(book)

    expected = {
        "V-ACTIVE",
        "V-CART-FROZEN",
        "V-ORDER-COMPLETED",
        "V-ORDER-REJECTED",
        "V-ORDER-FAILED",
        "V-ORDER-PARTIAL",
        "V-ORDER-CANCELLED",
    }
    assert await renewable(client, 0) == expected
    assert await renewable(client, 365) == expected
    assert await renewable_today(client) == expected
    wanted = {"renewableWithinDays": 0, "status": ["TERMINATED"]}
    assert await numbers(client, "contracts", filter=wanted) == []
    wanted = {"renewableWithinDays": 0, "status": ["ACTIVE"], "search": "order-failed"}
    assert await numbers(client, "contracts", filter=wanted) == ["V-ORDER-FAILED"]


async def test_today_is_the_day_in_germany(database_url: str) -> None:
    book = Factory()
    customer = book.customer(book.tenant())
    book.contract(customer, number="V-1", renewable_from=date(2026, 11, 21))
    book.contract(
        customer, number="V-2", renewable_from=date(2026, 5, 20), term_end=date(2026, 11, 20)
    )
    late_evening_in_utc = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    async with serve(database_url, now=late_evening_in_utc) as client:
        await client.fill(book)
        assert await renewable(client, 0) == {"V-1"}
        assert await renewable_today(client) == {"V-1"}
