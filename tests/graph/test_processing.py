"""How long orders take: `processingTimes` and `Order.processingEstimate`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.enums import BusinessCase, OrderPhase, ProductFamily
from db.models import Customer, Product
from tests.graph.client import Client
from tests.graph.factory import Factory

RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)

QUERY = """query ($product: String, $businessCase: [BusinessCase!]) {
    processingTimes(product: $product, businessCase: $businessCase) {
        product { number } businessCase automated sampleSize medianSeconds percentile90Seconds
    }
}"""


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    book = Factory()
    partner = book.tenant(number="M-10001")
    branch = book.tenant(partner, number="M-BRANCH")
    stranger = book.tenant(number="M-STRANGER")
    book.tenant(number="M-EMPTY")
    fibre = book.product(number="P-FIBRE", name="Glasfaser")
    trunk = book.product(number="P-TRUNK", name="Trunk", family=ProductFamily.SIP_TRUNK)
    site = book.product(number="P-SITE", name="Standort", family=ProductFamily.VOICE_SITE)
    book.product(number="P-UNSOLD", name="Anschluss")
    customer, theirs = book.customer(partner), book.customer(stranger)

    # Out of order, so that nothing but sorting finds the middle.
    for seconds in (500, 100, 1000, 300, 700, 200, 900, 600, 400, 800):
        _completed(book, customer, fibre, seconds)
    for seconds in (60, 120, 180):
        _completed(book, customer, trunk, seconds, BusinessCase.REORDER)
    _completed(book, customer, trunk, 86_400, BusinessCase.TARIFF_CHANGE)
    _completed(book, book.customer(branch), site, 30)
    _completed(book, book.customer(branch), site, 0)
    for _ in range(5):
        _completed(book, theirs, fibre, 1_000_000)
    _completed(book, theirs, site, 1_000_000, BusinessCase.REORDER)

    book.order(customer, number="A-OPEN", product=fibre, received_at=RECEIVED)
    book.order(
        customer,
        number="A-REORDER",
        product=trunk,
        business_case=BusinessCase.REORDER,
        automated=True,
        received_at=RECEIVED,
    )
    for phase in OrderPhase:
        if phase is not OrderPhase.COMPLETED:
            book.order(customer, product=fibre, phase=phase)
    book.order(customer, number="A-FIRST", product=fibre, business_case=BusinessCase.REORDER)
    book.order(customer, number="A-UNNAMED")
    book.order(theirs, number="A-THEIRS", product=fibre, received_at=RECEIVED)
    await empty_client.fill(book)
    return empty_client


def _completed(
    book: Factory,
    customer: Customer,
    product: Product | None,
    seconds: int,
    case: BusinessCase = BusinessCase.NEW_ORDER,
) -> None:
    book.order(
        customer,
        product=product,
        business_case=case,
        phase=OrderPhase.COMPLETED,
        completed_at=RECEIVED + timedelta(seconds=seconds),
        processing_seconds=seconds,
    )


async def times(client: Client, tenant: str | None = None, **variables: Any) -> list[Any]:
    data = (await client.query(QUERY, variables, tenant=tenant)).data
    return [tuple(time.values()) for time in _flat(data["processingTimes"])]


def _flat(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**entry, "product": entry["product"]["number"]} for entry in entries]


FIBRE = ("P-FIBRE", "NEW_ORDER", False, 10, 500, 900)
SITE = ("P-SITE", "NEW_ORDER", True, 2, 0, 30)
REORDER = ("P-TRUNK", "REORDER", True, 3, 120, 180)
TARIFF = ("P-TRUNK", "TARIFF_CHANGE", False, 1, 86_400, 86_400)


async def test_each_product_and_case_has_its_median_and_its_90th_percentile(
    client: Client,
) -> None:
    assert await times(client) == [FIBRE, SITE, REORDER, TARIFF]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"product": "P-TRUNK"}, [REORDER, TARIFF]),
        ({"businessCase": ["NEW_ORDER"]}, [FIBRE, SITE]),
        ({"businessCase": ["REORDER", "TARIFF_CHANGE"]}, [REORDER, TARIFF]),
        ({"product": "P-TRUNK", "businessCase": ["TARIFF_CHANGE"]}, [TARIFF]),
        ({"product": "P-FIBRE", "businessCase": ["TARIFF_CHANGE"]}, []),
        ({"product": "P-UNSOLD"}, []),
        ({"product": "P-NONE"}, []),
        ({"product": ""}, []),
        ({"businessCase": []}, []),
        ({"product": None, "businessCase": None}, [FIBRE, SITE, REORDER, TARIFF]),
    ],
    ids=str,
)
async def test_the_times_of_one_product_or_case_can_be_asked_for(
    client: Client, variables: dict[str, Any], expected: list[Any]
) -> None:
    assert await times(client, **variables) == expected


@pytest.mark.parametrize(
    ("tenant", "expected"),
    [
        ("M-BRANCH", [SITE]),
        (
            "M-STRANGER",
            [
                ("P-FIBRE", "NEW_ORDER", False, 5, 1_000_000, 1_000_000),
                ("P-SITE", "REORDER", True, 1, 1_000_000, 1_000_000),
            ],
        ),
        ("M-EMPTY", []),
    ],
)
async def test_times_come_from_the_readers_own_orders_alone(
    client: Client, tenant: str, expected: list[Any]
) -> None:
    assert await times(client, tenant) == expected


async def test_all_times_are_two_statements_however_many_products(client: Client) -> None:
    one = await client.query(QUERY, {"businessCase": ["TARIFF_CHANGE"]})
    all_of_them = await client.query(QUERY)
    assert one.data["processingTimes"]
    assert len(all_of_them.data["processingTimes"]) == 4
    # The times, and their products.
    assert one.statements == all_of_them.statements == 2


ESTIMATE = """query ($number: String!) { order(number: $number) { automated processingEstimate {
    expectedAt latestAt
    basis { product { number } businessCase automated sampleSize medianSeconds percentile90Seconds }
} } }"""


async def test_an_estimate_adds_what_others_took_to_when_the_order_was_received(
    client: Client,
) -> None:
    order = (await client.query(ESTIMATE, {"number": "A-OPEN"})).data["order"]
    estimate = order["processingEstimate"]
    # 500 and 900 seconds after noon.
    assert estimate["expectedAt"] == "2026-11-01T12:08:20Z"
    assert estimate["latestAt"] == "2026-11-01T12:15:00Z"
    assert _flat([estimate["basis"]])[0]["product"] == "P-FIBRE"
    assert tuple(_flat([estimate["basis"]])[0].values()) == FIBRE


async def test_an_automated_order_is_estimated_by_automated_ones(client: Client) -> None:
    order = (await client.query(ESTIMATE, {"number": "A-REORDER"})).data["order"]
    assert order["automated"] is order["processingEstimate"]["basis"]["automated"] is True
    assert order["processingEstimate"]["expectedAt"] == "2026-11-01T12:02:00Z"


@pytest.mark.parametrize("number", ["A-FIRST", "A-UNNAMED"])
async def test_without_completed_orders_of_its_kind_there_is_no_estimate(
    client: Client, number: str
) -> None:
    order = (await client.query(ESTIMATE, {"number": number})).data["order"]
    assert order["processingEstimate"] is None


async def test_an_order_that_has_ended_is_not_estimated(client: Client) -> None:
    answer = await client.query(
        "{ orders(filter: {status: [COMPLETED, ERROR]}) { nodes { processingEstimate {"
        " expectedAt } } } }"
    )
    nodes = answer.data["orders"]["nodes"]
    assert len(nodes) == 20
    assert all(node["processingEstimate"] is None for node in nodes)


async def test_an_estimate_comes_from_the_readers_own_orders_alone(client: Client) -> None:
    answer = await client.query(ESTIMATE, {"number": "A-THEIRS"}, tenant="M-STRANGER")
    basis = answer.data["order"]["processingEstimate"]["basis"]
    assert (basis["sampleSize"], basis["medianSeconds"]) == (5, 1_000_000)


async def test_estimates_of_a_page_share_their_statements(client: Client) -> None:
    query = "query ($first: Int) { orders(first: $first) { nodes { processingEstimate { "
    query += "expectedAt basis { product { number } } } } } }"
    one = await client.query(query, {"first": 1})
    many = await client.query(query, {"first": 250})
    estimates = [node["processingEstimate"] for node in many.data["orders"]["nodes"]]
    assert len([estimate for estimate in estimates if estimate]) > 5
    assert one.data["orders"]["nodes"][0]["processingEstimate"]
    assert one.statements == many.statements
