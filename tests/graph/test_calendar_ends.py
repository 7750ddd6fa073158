"""Orders with dates at the ends of the calendar, which some systems write for unknown ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.enums import ActionParty, OrderPhase
from tests.graph.client import Client
from tests.graph.factory import Factory
from tests.graph.pages import forward, joined, numbers

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
ENDS = {
    "FIRST": FIRST,
    "YEAR-1": FIRST + timedelta(hours=12),
    "LAST-DAY": datetime(9999, 12, 31, 12, tzinfo=UTC),
    "LAST-SECOND": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    "LAST": LAST,
}


def columns(instant: datetime) -> dict[str, Any]:
    return {
        "expected_completion_date": instant,
        "requested_completion_date": instant,
        "requested_start_date": instant,
        "action_text": "Bitte die Hausnummer nennen",
        "action_by": ActionParty.PARTNER,
        "action_due": instant,
    }


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    book = Factory()
    partner = book.tenant(number="M-10001")
    customer, product = book.customer(partner), book.product()
    book.order(customer, number="A-USUAL", phase=OrderPhase.CLARIFICATION, product=product)
    for name, instant in ENDS.items():
        phase = OrderPhase.CLARIFICATION
        book.order(customer, number=f"A-{name}", phase=phase, product=product, **columns(instant))
        # The factory adds up to 30 days.
        received = min(instant, LAST - timedelta(days=30))
        book.order(customer, number=f"A-RECEIVED-{name}", product=product, received_at=received)
        day = instant.date()
        contract = book.contract(
            customer, number=f"V-{name}", term_start=day, term_end=day, renewable_from=day
        )
        book.order(customer, number=f"A-CONTRACT-{name}", contract=contract)
    book.order(
        customer,
        number="A-DONE",
        product=product,
        phase=OrderPhase.COMPLETED,
        completed_at=LAST,
        processing_seconds=2**31 - 1,
    )
    await empty_client.fill(book)
    return empty_client


async def test_each_order_of_a_list_has_its_texts_and_dates(client: Client) -> None:
    query = """{ orders(first: 250) { totalCount nodes {
        number statusExplanation receivedAt expectedCompletionDate requestedCompletionDate
        requestedStartDate completedAt actionRequired { due }
        processingEstimate { expectedAt latestAt basis { medianSeconds } }
        history { occurredAt } contract { term { end } }
    } } }"""
    orders = {node["number"]: node for node in (await client.query(query)).data["orders"]["nodes"]}
    assert len(orders) == 3 * len(ENDS) + 2
    usual = orders["A-USUAL"]["statusExplanation"]
    assert "muss jetzt handeln" in usual
    for name in ENDS:
        explanation = orders[f"A-{name}"]["statusExplanation"]
        # Without a deadline, as the usual order has none.
        assert "Der Partner muss jetzt handeln: „Bitte die Hausnummer nennen“." in explanation
        assert "9999" not in explanation
        assert "0001" not in explanation
    assert orders["A-LAST-SECOND"]["expectedCompletionDate"] == "9999-12-31T23:59:59Z"
    assert orders["A-FIRST"]["actionRequired"]["due"] == "0001-01-01T00:00:00Z"
    late = orders["A-RECEIVED-LAST"]["processingEstimate"]
    assert late["expectedAt"] == late["latestAt"] == "9999-12-31T23:59:59.999999Z"


async def test_an_answer_with_such_dates_can_be_kept(client: Client) -> None:
    query = """{ orders(first: 250) { nodes { number statusExplanation }
        } contracts(first: 250) { nodes { number renewable } } }"""
    answer = await client.get(query)
    assert answer.errors == []
    assert answer.tag is not None
    assert (await client.get(query, tag=answer.tag)).status == 304


@pytest.mark.parametrize("sort", ["EXPECTED_COMPLETION_DATE", "RECEIVED_AT", "UPDATED_AT"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_lead_past_such_dates(client: Client, sort: str, direction: str) -> None:
    order: dict[str, Any] = {"orderBy": {"field": sort, "direction": direction}}
    everything = await numbers(client, "orders", first=250, **order)
    assert joined(await forward(client, "orders", 2, **order)) == everything


RANGES = [
    {"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59.999999Z"},
    {"from": "0001-01-01T00:00:00Z"},
    {"to": "0001-01-01T00:00:00Z"},
    {"from": "9999-12-31T23:59:59.999999999Z"},
    {"from": "9999-12-31T23:59:59+23:59"},
    {"to": "0001-01-01T00:00:00-23:59"},
]


@pytest.mark.parametrize("field", ["received", "updated", "expected"])
@pytest.mark.parametrize("range_", RANGES, ids=str)
async def test_ranges_reach_to_the_ends_of_the_calendar(
    client: Client, field: str, range_: dict[str, str]
) -> None:
    query = "query ($filter: OrderFilter!) { orders(filter: $filter) { totalCount } }"
    answer = await client.query(query, {"filter": {field: range_}})
    assert answer.data["orders"]["totalCount"] >= 0


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01"])
async def test_an_instant_beyond_the_calendar_is_bad_input(client: Client, end: str) -> None:
    query = "query ($end: DateTime) { orders(filter: {updated: {to: $end}}) { totalCount } }"
    answer = await client.query(query, {"end": end})
    assert (answer.status, answer.codes) == (200, ["BAD_USER_INPUT"])
