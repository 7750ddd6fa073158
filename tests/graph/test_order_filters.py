"""Each filter of orders finds exactly the orders that it describes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from db.enums import BusinessCase, OrderPhase
from db.models import Order
from tests.graph.client import Client
from tests.graph.factory import NOW, Factory
from tests.graph.pages import ask, forward, joined, numbers

MONDAY = NOW - timedelta(days=4)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


@dataclass(frozen=True)
class Dataset:
    client: Client
    orders: dict[str, Order]

    async def found(self, **wanted: Any) -> set[str]:
        """The names of the orders that meet the filter."""
        names = {order.number: name for name, order in self.orders.items()}
        return {names[number] for number in await numbers(self.client, "orders", filter=wanted)}


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    """A partner (M-10001) with a branch that has a nested one, and a sibling of the branch."""
    book = Factory()
    partner = book.tenant(number="M-10001")
    branch = book.tenant(partner, number="M-BRANCH")
    nested = book.tenant(branch, number="M-NESTED")
    sibling = book.tenant(partner, number="M-SIBLING")
    fibre, trunk = book.product(number="P-FIBRE"), book.product(number="P-TRUNK")
    bakery = book.customer(partner, number="K-BAKERY")
    garage = book.customer(branch, number="K-GARAGE")
    clinic = book.customer(nested, number="K-CLINIC")
    museum = book.customer(sibling, number="K-MUSEUM")
    orders = {
        "received": book.order(
            bakery, received_at=MONDAY, updated_at=WEDNESDAY, external_ids=["PO-1", "PO-12"]
        ),
        "accepted": book.order(
            bakery,
            phase=OrderPhase.ACCEPTED,
            product=fibre,
            received_at=TUESDAY,
            updated_at=WEDNESDAY + timedelta(microseconds=1),
            expected_completion_date=NOW + timedelta(days=3),
            external_ids=["PO-12"],
        ),
        "unclear": book.order(
            garage,
            phase=OrderPhase.CLARIFICATION,
            business_case=BusinessCase.REORDER,
            received_at=TUESDAY - timedelta(microseconds=1),
            product=trunk,
        ),
        "delayed": book.order(
            clinic,
            phase=OrderPhase.PROVISIONING,
            business_case=BusinessCase.TARIFF_CHANGE,
            contract=book.contract(clinic),
            expected_completion_date=NOW + timedelta(days=5),
            product=trunk,
        ),
        "completed": book.order(
            museum, phase=OrderPhase.COMPLETED, contract=book.contract(museum), product=trunk
        ),
        "failed": book.order(
            museum, phase=OrderPhase.FAILED, business_case=BusinessCase.REORDER, product=fibre
        ),
        "cancelled": book.order(museum, phase=OrderPhase.CANCELLED, external_ids=["po-1"]),
    }
    book.delay(orders["delayed"])
    book.delay(orders["accepted"], resolved_at=NOW)
    await empty_client.fill(book)
    return Dataset(empty_client, orders)


def instant(moment: Any) -> str:
    text: str = moment.isoformat()
    return text


EVERYTHING = {"received", "accepted", "unclear", "delayed", "completed", "failed", "cancelled"}
CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, EVERYTHING),
    ({"status": ["IN_PROGRESS"]}, {"received", "accepted", "unclear", "delayed"}),
    ({"status": ["ERROR"]}, {"failed", "cancelled"}),
    ({"status": ["COMPLETED", "ERROR"]}, {"completed", "failed", "cancelled"}),
    ({"status": ["ERROR", "COMPLETED", "ERROR"]}, {"completed", "failed", "cancelled"}),
    ({"status": []}, set()),
    ({"phase": ["RECEIVED"]}, {"received"}),
    ({"phase": ["CANCELLED", "ACCEPTED"]}, {"accepted", "cancelled"}),
    ({"phase": []}, set()),
    ({"phase": ["ON_HOLD"]}, set()),
    ({"businessCase": ["REORDER"]}, {"unclear", "failed"}),
    ({"businessCase": ["REORDER", "TARIFF_CHANGE"]}, {"unclear", "failed", "delayed"}),
    ({"businessCase": []}, set()),
    ({"customer": "K-BAKERY"}, {"received", "accepted"}),
    ({"customer": "K-BAK"}, set()),
    ({"customer": "k-bakery"}, set()),
    ({"customer": "K-NOBODY"}, set()),
    ({"customer": ""}, set()),
    ({"tenant": "M-10001"}, EVERYTHING),
    ({"tenant": "M-BRANCH"}, {"unclear", "delayed"}),
    ({"tenant": "M-NESTED"}, {"delayed"}),
    ({"tenant": "M-SIBLING"}, {"completed", "failed", "cancelled"}),
    ({"tenant": "M-NOBODY"}, set()),
    ({"product": "P-FIBRE"}, {"accepted", "failed"}),
    ({"product": "P-TRUNK"}, {"unclear", "delayed", "completed"}),
    ({"product": "P-NOTHING"}, set()),
    ({"hasContract": True}, {"delayed", "completed"}),
    ({"hasContract": False}, EVERYTHING - {"delayed", "completed"}),
    ({"needsAction": True}, {"unclear"}),
    ({"needsAction": False}, EVERYTHING - {"unclear"}),
    ({"delayed": True}, {"delayed"}),
    ({"delayed": False}, EVERYTHING - {"delayed"}),
    ({"externalId": "PO-1"}, {"received"}),
    ({"externalId": "PO-12"}, {"received", "accepted"}),
    ({"externalId": "PO-"}, set()),
    ({"externalId": ""}, set()),
    ({"received": {"from": instant(MONDAY), "to": instant(TUESDAY)}}, {"received", "unclear"}),
    ({"received": {"from": instant(TUESDAY)}}, {"accepted"}),
    (
        {"received": {"to": instant(MONDAY)}},
        EVERYTHING - {"received", "accepted", "unclear"},
    ),
    ({"received": {"from": instant(MONDAY), "to": instant(MONDAY)}}, set()),
    ({"received": {"from": instant(TUESDAY), "to": instant(MONDAY)}}, set()),
    ({"received": {}}, EVERYTHING),
    ({"received": {"from": "2026-11-17T16:00:00+02:00"}}, {"accepted"}),
    ({"received": {"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}}, EVERYTHING),
    ({"updated": {"from": instant(WEDNESDAY)}}, {"received", "accepted"}),
    ({"updated": {"from": instant(WEDNESDAY + timedelta(microseconds=1))}}, {"accepted"}),
    (
        {"updated": {"to": instant(WEDNESDAY)}},
        EVERYTHING - {"received", "accepted"},
    ),
    ({"expected": {"from": instant(NOW + timedelta(days=3))}}, {"accepted", "delayed"}),
    ({"expected": {"to": instant(NOW + timedelta(days=5))}}, {"accepted"}),
    ({"expected": {"from": instant(NOW + timedelta(days=6))}}, set()),
    ({"status": None, "received": None, "customer": None, "delayed": None}, EVERYTHING),
]


@pytest.mark.parametrize(("wanted", "expected"), CASES, ids=[str(case[0]) for case in CASES])
async def test_a_filter_finds_what_it_describes(
    dataset: Dataset, wanted: dict[str, Any], expected: set[str]
) -> None:
    assert await dataset.found(**wanted) == expected


@pytest.mark.parametrize(("wanted", "expected"), CASES, ids=[str(case[0]) for case in CASES])
async def test_a_count_obeys_the_same_filter(
    dataset: Dataset, wanted: dict[str, Any], expected: set[str]
) -> None:
    arguments = {"filter": wanted, "first": 0}
    answer = await ask(dataset.client, "orders", arguments, selection="totalCount")
    assert answer.data == {"orders": {"totalCount": len(expected)}}


async def test_an_order_must_meet_every_condition_of_a_filter(dataset: Dataset) -> None:
    wanted: dict[str, Any] = {
        "status": ["IN_PROGRESS", "COMPLETED"],
        "phase": ["PROVISIONING", "COMPLETED", "CLARIFICATION"],
        "businessCase": ["TARIFF_CHANGE", "NEW_ORDER", "REORDER"],
        "received": {"from": instant(NOW - timedelta(days=31)), "to": instant(NOW)},
        "updated": {"from": instant(NOW - timedelta(days=31))},
        "product": "P-TRUNK",
        "hasContract": True,
        "needsAction": False,
    }
    assert await dataset.found(**wanted) == {"delayed", "completed"}
    assert await dataset.found(**wanted, tenant="M-BRANCH") == {"delayed"}
    assert await dataset.found(**wanted, tenant="M-BRANCH", customer="K-MUSEUM") == set()
    assert await dataset.found(**wanted, delayed=True, search="v-") == {"delayed"}
    due = {"from": instant(NOW)}
    assert await dataset.found(**wanted, expected=due, customer="K-CLINIC") == {"delayed"}
    assert await dataset.found(**wanted, externalId="PO-1") == set()


@pytest.mark.parametrize("name", ["customer", "tenant", "product"])
async def test_an_unknown_number_makes_an_empty_page_and_no_error(
    dataset: Dataset, name: str
) -> None:
    answer = await ask(
        dataset.client,
        "orders",
        {"filter": {name: "4711"}},
        selection="totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage }",
    )
    nothing = {"hasNextPage": False, "hasPreviousPage": False}
    assert answer.data == {"orders": {"totalCount": 0, "nodes": [], "pageInfo": nothing}}


async def test_a_filter_by_tenant_reaches_no_higher_than_the_key(dataset: Dataset) -> None:
    wanted = {"filter": {"tenant": "M-10001"}}
    key = await dataset.client.key("M-BRANCH")
    document = "query($filter: OrderFilter) { orders(filter: $filter) { totalCount } }"
    answer = await dataset.client.query(document, wanted, key=key)
    assert answer.data == {"orders": {"totalCount": 0}}


async def test_a_filtered_list_is_paged_without_loss(dataset: Dataset) -> None:
    wanted = {"status": ["IN_PROGRESS", "ERROR"], "tenant": "M-10001", "search": "a-"}
    everything = await numbers(dataset.client, "orders", filter=wanted)
    assert len(everything) == 6
    assert joined(await forward(dataset.client, "orders", 1, filter=wanted)) == everything


@pytest.mark.parametrize(
    "wanted",
    [
        {"status": "DONE"},
        {"status": [None]},
        {"received": {"from": "2026-11-17"}},
        {"received": {"from": "2026-11-17T14:00:00"}},
        {"updated": {"to": "0001-01-01T00:00:00+14:00"}},
        {"expected": {"from": 5}},
        {"delayed": "yes"},
        {"tenant": "x" * 201},
        {"externalId": "x" * 201},
        {"search": "x" * 201},
        {"colour": "red"},
    ],
    ids=str,
)
async def test_a_filter_that_makes_no_sense_is_refused(
    dataset: Dataset, wanted: dict[str, Any]
) -> None:
    answer = await ask(dataset.client, "orders", {"filter": wanted})
    assert answer.codes == ["BAD_USER_INPUT"]
