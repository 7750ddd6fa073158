"""Counts for a dashboard: `orderSummary`."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from db.enums import STATUS_OF_PHASE, BusinessCase, OrderPhase, OrderStatus
from db.models import Order
from tests.graph.client import Client
from tests.graph.factory import NOW, Factory

COUNTS = """
    total needingAction delayed
    byStatus { status count } byPhase { phase count } byBusinessCase { businessCase count }
"""
QUERY = f"query ($filter: OrderFilter) {{ orderSummary(filter: $filter) {{ {COUNTS} }} }}"

CASES = [*BusinessCase][:4]


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    book = Factory()
    partner = book.tenant(number="M-10001")
    branch = book.tenant(partner, number="M-BRANCH")
    stranger = book.tenant(number="M-STRANGER")
    book.tenant(number="M-EMPTY")
    for tenant, times in ((partner, 2), (branch, 1), (stranger, 3)):
        customer = book.customer(tenant, number=f"K-{tenant.number}")
        for phase in OrderPhase:
            for place in range(times):
                _order(book, customer, phase, place)
    await empty_client.fill(book)
    return empty_client


def _order(book: Factory, customer: Any, phase: OrderPhase, place: int) -> Order:
    """Of each phase the first is delayed if it can be, and has a contract and another case."""
    order = book.order(
        customer,
        phase=phase,
        business_case=CASES[(len(phase) + place) % len(CASES)],
        contract=book.contract(customer) if place == 0 else None,
        external_ids=[f"PO-{phase}"],
        received_at=NOW - timedelta(days=20 + place),
    )
    if place == 0 and STATUS_OF_PHASE[phase] is OrderStatus.IN_PROGRESS:
        book.delay(order)
    return order


async def summary(
    client: Client, wanted: dict[str, Any] | None = None, *, tenant: str | None = None
) -> dict[str, Any]:
    answer = await client.query(QUERY, {"filter": wanted}, tenant=tenant)
    counts: dict[str, Any] = answer.data["orderSummary"]
    return counts


def counted(entries: list[dict[str, Any]], member: str) -> dict[str, int]:
    return {entry[member]: entry["count"] for entry in entries}


async def test_a_summary_counts_what_is_in_progress_done_and_in_error(client: Client) -> None:
    counts = await summary(client)
    assert counts["total"] == 33
    assert counted(counts["byStatus"], "status") == {
        "IN_PROGRESS": 18,
        "COMPLETED": 3,
        "ERROR": 12,
    }
    assert counted(counts["byPhase"], "phase") == {str(phase): 3 for phase in OrderPhase}
    assert (counts["needingAction"], counts["delayed"]) == (3, 12)


async def test_every_member_is_there_once_with_zero_if_need_be(client: Client) -> None:
    counts = await summary(client, tenant="M-EMPTY")
    assert counts == {
        "total": 0,
        "needingAction": 0,
        "delayed": 0,
        "byStatus": [{"status": status, "count": 0} for status in OrderStatus],
        "byPhase": [{"phase": phase, "count": 0} for phase in OrderPhase],
        "byBusinessCase": [{"businessCase": case, "count": 0} for case in BusinessCase],
    }


async def test_business_cases_are_counted_one_by_one(client: Client) -> None:
    query = "{ orders(first: 250) { nodes { businessCase } } }"
    nodes = (await client.query(query)).data["orders"]["nodes"]
    expected = Counter(node["businessCase"] for node in nodes)
    counts = counted((await summary(client))["byBusinessCase"], "businessCase")
    assert counts == {str(case): expected.get(case, 0) for case in BusinessCase}
    assert len([case for case in counts.values() if case]) == len(CASES)


@pytest.mark.parametrize("tenant", ["M-10001", "M-BRANCH", "M-STRANGER"])
async def test_a_summary_counts_no_more_than_its_reader_may_see(
    client: Client, tenant: str
) -> None:
    expected = {"M-10001": 33, "M-BRANCH": 11, "M-STRANGER": 33}
    assert (await summary(client, tenant=tenant))["total"] == expected[tenant]


@pytest.mark.parametrize(
    "wanted",
    [
        {"status": ["IN_PROGRESS"]},
        {"status": ["COMPLETED", "ERROR"]},
        {"phase": ["CLARIFICATION", "ON_HOLD"]},
        {"businessCase": ["NEW_ORDER", "REORDER"]},
        {"received": {"from": (NOW - timedelta(days=20)).isoformat()}},
        {"updated": {"to": (NOW - timedelta(days=20)).isoformat()}},
        {"customer": "K-M-BRANCH"},
        {"tenant": "M-BRANCH"},
        {"hasContract": True},
        {"hasContract": False},
        {"needsAction": True},
        {"delayed": True},
        {"externalId": "PO-FAILED"},
        {"search": "po-on_hold"},
        {"status": ["IN_PROGRESS"], "delayed": False, "tenant": "M-10001", "hasContract": False},
    ],
    ids=",".join,
)
async def test_a_summary_takes_the_filters_of_the_list(
    client: Client, wanted: dict[str, Any]
) -> None:
    query = """query ($filter: OrderFilter) { orders(first: 250, filter: $filter) {
        totalCount nodes { status phase businessCase delayed actionRequired { by } }
    } }"""
    orders = (await client.query(query, {"filter": wanted})).data["orders"]
    counts = await summary(client, wanted)
    nodes = orders["nodes"]
    assert 0 < counts["total"] == orders["totalCount"] == len(nodes) < 33
    assert counts["delayed"] == sum(node["delayed"] for node in nodes)
    assert counts["needingAction"] == sum(node["actionRequired"] is not None for node in nodes)
    for entries, member in (
        ("byStatus", "status"),
        ("byPhase", "phase"),
        ("byBusinessCase", "businessCase"),
    ):
        expected = Counter(node[member] for node in nodes)
        found = counted(counts[entries], member)
        assert {key: count for key, count in found.items() if count} == expected


@pytest.mark.parametrize(
    "wanted",
    [
        {"customer": "K-M-STRANGER"},
        {"customer": "K-NOBODY"},
        {"tenant": "M-STRANGER"},
        {"product": "P-NONE"},
        {"status": []},
    ],
    ids=str,
)
async def test_a_filter_that_nothing_meets_counts_nothing(
    client: Client, wanted: dict[str, Any]
) -> None:
    assert await summary(client, wanted) == await summary(client, tenant="M-EMPTY")


async def test_all_counts_are_one_statement(client: Client) -> None:
    answer = await client.query(QUERY)
    assert answer.data["orderSummary"]["total"] == 33
    assert answer.statements == 1


async def test_the_newest_changes_come_with_the_counts_by_an_ordinary_connection(
    client: Client,
) -> None:
    query = """query ($after: String) { orderSummary(filter: {phase: [FAILED, ON_HOLD]}) {
        total newestChanges(first: 4, after: $after) {
            totalCount nodes { number phase updatedAt } pageInfo { hasNextPage endCursor }
        }
    } }"""
    first = (await client.query(query)).data["orderSummary"]
    page = first["newestChanges"]
    after = {"after": page["pageInfo"]["endCursor"]}
    rest = (await client.query(query, after)).data["orderSummary"]["newestChanges"]
    nodes = page["nodes"] + rest["nodes"]
    assert first["total"] == page["totalCount"] == len(nodes) == 6
    assert len({node["number"] for node in nodes}) == 6
    assert {node["phase"] for node in nodes} == {"FAILED", "ON_HOLD"}
    times = [node["updatedAt"] for node in nodes]
    assert times == sorted(times, reverse=True)
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_two_summaries_of_one_request_keep_their_filters_apart(client: Client) -> None:
    query = """{
        open: orderSummary(filter: {status: [IN_PROGRESS]}) { total }
        done: orderSummary(filter: {status: [COMPLETED]}) { total }
    }"""
    assert (await client.query(query)).data == {"open": {"total": 18}, "done": {"total": 3}}
