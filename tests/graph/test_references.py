"""The look-up of orders by any reference: `ordersByReference`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.graph.client import Answer, Client
from tests.graph.factory import NOW, Factory

LIMIT = 250

QUERY = """
query ($references: [String!]!) {
  ordersByReference(references: $references) { reference state matchedBy orders { number } }
}
"""


@dataclass(frozen=True)
class Desk:
    """A partner's order book, and somebody who has numbers at hand."""

    client: Client

    async def ask(self, references: Sequence[str], *, tenant: str | None = None) -> Answer:
        return await self.client.query(QUERY, {"references": references}, tenant=tenant)

    async def results(self, references: Sequence[str]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = (await self.ask(references)).data["ordersByReference"]
        return results

    async def result(self, reference: str) -> dict[str, Any]:
        (result,) = await self.results([reference])
        return result


@pytest.fixture(scope="module")
async def desk(empty_client: Client) -> Desk:
    book = Factory()
    partner, stranger = book.tenant(), book.tenant()
    customer = book.customer(book.tenant(partner))
    offer = book.offer(customer, number="AN-500")
    book.offer(customer, number="AN-501")
    contract = book.contract(customer, number="V-600")
    book.contract(customer, number="V-601")
    book.order(customer, number="A-1", offer=offer, contract=contract, external_ids=["PO 77/ä"])
    for number in range(2, 14):
        book.order(
            customer, number=f"A-{number}", received_at=NOW - timedelta(days=20 - number / 10)
        )
    # the highest number the newest, all under one contract and one project.
    project = book.contract(customer, number="V-700")
    for place in range(12):
        book.order(
            customer,
            number=f"A-{30 + place}",
            contract=project,
            received_at=NOW - timedelta(days=12 - place),
            external_ids=["V-700", "V-700", "Projekt"],
        )
    book.order(customer, number="A-50", external_ids=["A-50"], received_at=NOW - timedelta(days=9))
    book.order(customer, number="A-51", external_ids=["A-50"], received_at=NOW - timedelta(days=1))

    theirs = book.customer(stranger)
    book.order(
        theirs,
        number="A-900",
        offer=book.offer(theirs, number="AN-900"),
        contract=book.contract(theirs, number="V-900"),
        external_ids=["PO-900", "Projekt"],
    )
    await empty_client.fill(book)
    return Desk(empty_client)


@pytest.mark.parametrize(
    ("reference", "matched_by"),
    [
        ("A-1", "ORDER_NUMBER"),
        ("AN-500", "OFFER_NUMBER"),
        ("V-600", "CONTRACT_NUMBER"),
        ("PO 77/ä", "EXTERNAL_ID"),
    ],
)
async def test_an_order_is_found_by_each_of_its_numbers(
    desk: Desk, reference: str, matched_by: str
) -> None:
    assert await desk.result(reference) == {
        "reference": reference,
        "state": "FOUND",
        "matchedBy": matched_by,
        "orders": [{"number": "A-1"}],
    }


@pytest.mark.parametrize(
    "reference",
    [
        *("A-0", "", "   ", "\t\n", "a-1", "A-1 ", " A-1", "A-", "%", "A-_", "*", "A-1' OR '1'='1"),
        *("PO 77/a", "PO 77/a\u0308", "po 77/ä", "😀", "null", "1"),
        pytest.param("A-" * 100, id="200 characters"),
    ],
)
async def test_what_no_order_goes_by_is_not_found(desk: Desk, reference: str) -> None:
    assert await desk.result(reference) == {
        "reference": reference,
        "state": "NOT_FOUND",
        "matchedBy": None,
        "orders": [],
    }


@pytest.mark.parametrize("reference", ["AN-501", "V-601"])
async def test_an_offer_or_contract_without_an_order_is_not_found(
    desk: Desk, reference: str
) -> None:
    assert (await desk.result(reference))["state"] == "NOT_FOUND"


async def test_there_is_one_result_for_each_reference_in_their_order(desk: Desk) -> None:
    references = ["A-7", "nobody", "PO 77/ä", "A-2", "A-7", "", "V-600", "nobody"]
    results = await desk.results(references)
    assert [result["reference"] for result in results] == references
    assert [[order["number"] for order in result["orders"]] for result in results] == [
        *(["A-7"], [], ["A-1"], ["A-2"], ["A-7"], [], ["A-1"], []),
    ]


async def test_no_references_have_no_results(desk: Desk) -> None:
    assert await desk.results([]) == []


async def test_many_orders_under_one_reference_are_the_ten_newest(desk: Desk) -> None:
    result = await desk.result("Projekt")
    newest = [f"A-{number}" for number in range(41, 31, -1)]
    assert [order["number"] for order in result["orders"]] == newest


async def test_an_order_that_goes_by_a_reference_in_several_ways_takes_one_place(
    desk: Desk,
) -> None:
    result = await desk.result("V-700")
    newest = [{"number": f"A-{number}"} for number in range(41, 31, -1)]
    assert (result["matchedBy"], result["orders"]) == ("CONTRACT_NUMBER", newest)


async def test_an_orders_own_number_goes_before_what_others_call_themselves(desk: Desk) -> None:
    result = await desk.result("A-50")
    assert result["matchedBy"] == "ORDER_NUMBER"
    assert result["orders"] == [{"number": "A-51"}, {"number": "A-50"}]


@pytest.mark.parametrize("number", ["A-{}", "AN-{}", "V-{}", "PO-{}"])
async def test_a_number_of_another_partner_answers_byte_by_byte_like_an_unknown_one(
    desk: Desk, number: str
) -> None:
    foreign, unknown = number.format(900), number.format(999)
    assert (await desk.ask([foreign], tenant="M-10002")).data["ordersByReference"][0]["orders"]
    theirs = (await desk.ask([foreign])).response.content
    nobodys = (await desk.ask([unknown])).response.content
    assert theirs.replace(foreign.encode(), unknown.encode()) == nobodys


async def test_a_reference_that_two_partners_use_gives_each_its_own_orders(desk: Desk) -> None:
    answer = await desk.ask(["Projekt"], tenant="M-10002")
    assert answer.data["ordersByReference"][0]["orders"] == [{"number": "A-900"}]


async def test_as_many_references_as_allowed_cost_the_statements_of_a_single_one(
    desk: Desk,
) -> None:
    single = await desk.ask(["A-1"])
    mixed = ["A-1", "AN-500", "V-700", "PO 77/ä", "Projekt", *(f"A-{n}" for n in range(1, 246))]
    assert len(mixed) == LIMIT
    full = await desk.ask(mixed)
    assert len(full.data["ordersByReference"]) == LIMIT
    # Which orders they are, and what is read of these.
    assert single.statements == full.statements == 2


async def test_more_references_exceed_a_limit_that_the_error_names(desk: Desk) -> None:
    answer = await desk.ask(["A-1"] * (LIMIT + 1))
    (error,) = answer.errors
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "references",
        "actual": LIMIT + 1,
        "maximum": LIMIT,
    }
    assert "at most 250 are allowed" in error["message"]
    assert answer.statements == 0


async def test_a_reference_that_is_longer_than_any_is_not_found_and_spoils_no_other(
    desk: Desk,
) -> None:
    known, endless = (await desk.ask(["A-1", "x" * 100_000])).data["ordersByReference"]
    assert (known["state"], endless["state"]) == ("FOUND", "NOT_FOUND")
    assert endless["reference"] == "x" * 100_000


async def test_what_is_found_can_be_followed_to_the_customer(desk: Desk) -> None:
    answer = await desk.client.query(
        '{ordersByReference(references: ["AN-500"]) '
        "{orders {offer {number} contract {number} customer {orders {totalCount}}}}}"
    )
    (order,) = answer.data["ordersByReference"][0]["orders"]
    assert order["offer"] == {"number": "AN-500"}
    assert order["contract"] == {"number": "V-600"}
    assert order["customer"]["orders"]["totalCount"] == 27
