"""One order: everything that was stated, exactly as stated, and its relations."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from db import enums, models
from db.enums import ActionParty, BusinessCase, ItemAction, OrderPhase, PriceKind
from db.models import Order
from tests.graph.client import Client
from tests.graph.factory import NOW, Factory
from tests.support.databases import Engine

RECEIVED = datetime(2026, 3, 29, 3, 15, tzinfo=timezone(timedelta(hours=2)))
"""Just after the start of daylight saving time."""


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    book = Factory()
    tenant = book.tenant()
    customer = book.customer(tenant, number="K-1")
    _full(book, tenant, customer)
    book.order(customer, number="A-BARE", **_UNSTATED)
    await empty_client.fill(book)
    return empty_client


_UNSTATED: dict[str, Any] = dict.fromkeys(
    ("category", "description", "dealer_id", "sub_partner_id", "requested_completion_date")
)


def _full(book: Factory, tenant: models.Tenant, customer: models.Customer) -> None:
    site = book.site(customer, number="S-1", name="Werk Süd")
    product = book.product(number="P-1", name="Glasfaser Office 1000")
    user = book.portal_user(tenant, name="Petra Portal", email="petra@partner.example")
    contract = book.contract(
        customer, number="V-1", term_start=date(2026, 1, 31), term_end=date(2028, 2, 29)
    )
    order = book.order(
        customer,
        number="A-FULL",
        phase=OrderPhase.CLARIFICATION,
        offer=book.offer(customer, number="AN-1", business_case=BusinessCase.PRODUCT_CHANGE),
        contract=contract,
        contract_effect=enums.ContractEffect.REPLACED,
        product=product,
        site_id=site.id,
        confirmed_by_id=user.id,
        category="B2B",
        description="Glasfaser für das Werk",
        dealer_id="HD-7",
        sub_partner_id="UVP-8",
        received_at=RECEIVED,
        requested_start_date=datetime(2026, 4, 1, tzinfo=UTC),
        requested_completion_date=datetime(2026, 5, 1, 12, tzinfo=UTC),
        expected_completion_date=datetime(2026, 5, 4, 21, 59, 59, 250_000, tzinfo=UTC),
        version=7,
        updated_at=NOW,
        action_text="Bitte nennen Sie einen Ansprechpartner.",
        action_by=ActionParty.PARTNER,
        action_due=datetime(2026, 4, 10, 22, tzinfo=UTC),
        characteristics=[
            {"name": "costCentre", "value": "4711"},
            {"name": "parallel", "value": True},
            {"name": "channels", "value": 30},
            {"name": "ranges", "value": ["0-99", "ä"]},
        ],
        reported_characteristics=[{"name": "lineId", "value": "DE-0815"}],
    )
    _items(book, order, product)
    book.price(
        order,
        kind=PriceKind.ONE_TIME,
        name="Gesamt",
        net_amount=Decimal("12345678901234567.89"),
        gross_amount=None,
        tax_rate=None,
        period=None,
    )
    book.external_id(order, owner="CRM", kind="POnumber", value="PO-1")
    book.external_id(order, owner=None, kind=None, value="4711")
    book.note(order, author="Nora Notiz", written_at=NOW, text="Bitte am Tor 3\nmelden.")
    book.note(order, author=None, written_at=None, text="ok")
    book.document(order, title="Bestätigung", url="https://carrier.example/1.pdf")


def _items(book: Factory, order: Order, product: models.Product) -> None:
    line = book.item(
        order,
        product=product,
        reference="100",
        name="Anschluss",
        quantity=2,
        state="inProgress",
        terms=[
            {"name": "Laufzeit", "description": "fest", "amount": 36, "unit": "month"},
            {"name": "Kündigungsfrist"},
        ],
        relationships=[{"kind": "reliesOn", "reference": "110"}],
        characteristics=[{"name": "bandwidth.down", "value": "1000 Mbit/s"}],
    )
    router = book.item(
        order,
        reference="110",
        name="Router",
        action=ItemAction.NO_CHANGE,
        parent_position=line.position,
    )
    book.item(order, reference=None, name="Netzteil", parent_position=router.position)
    book.price(
        order,
        item=line,
        name="Grundpreis",
        description="je Anschluss",
        net_amount=Decimal("0.10"),
        gross_amount=Decimal("0.1190"),
        tax_rate=Decimal("19.0"),
        period="month",
        period_length=3,
        alterations=[
            {
                "name": "Rabatt",
                "description": "Aktion",
                "percentage": "12.50",
                "duration": 6,
                "period": "month",
                "priority": 1,
            },
            {"name": "Gutschrift", "amount": "5.00", "currency": "EUR"},
        ],
    )
    book.price(
        order,
        item=line,
        kind=PriceKind.USAGE,
        name="Minute",
        unit="minute",
        net_amount=Decimal(0),
        gross_amount=None,
        currency="CHF",
    )
    book.price(order, item=router, name="kostenlos", net_amount=None, gross_amount=None)


async def ask(client: Client, selection: str, number: str = "A-FULL") -> Any:
    query = f"query ($number: String!) {{ order(number: $number) {{ {selection} }} }}"
    return (await client.query(query, {"number": number})).data["order"]


async def test_an_order_tells_what_was_stated_about_it(client: Client) -> None:
    order = await ask(
        client,
        "number businessCase category description dealerId subPartnerId receivedAt "
        "requestedStartDate requestedCompletionDate automated",
    )
    assert order == {
        "number": "A-FULL",
        "businessCase": "PRODUCT_CHANGE",
        "category": "B2B",
        "description": "Glasfaser für das Werk",
        "dealerId": "HD-7",
        "subPartnerId": "UVP-8",
        "receivedAt": "2026-03-29T01:15:00Z",
        "requestedStartDate": "2026-04-01T00:00:00Z",
        "requestedCompletionDate": "2026-05-01T12:00:00Z",
        "automated": False,
    }


async def test_an_order_tells_the_state_of_its_processing(client: Client) -> None:
    order = await ask(
        client,
        "status phase tmf622State expectedCompletionDate completedAt updatedAt version delayed "
        "contractEffect",
    )
    assert order == {
        "status": "IN_PROGRESS",
        "phase": "CLARIFICATION",
        "tmf622State": "pending",
        "expectedCompletionDate": "2026-05-04T21:59:59.250000Z",
        "completedAt": None,
        "updatedAt": "2026-11-20T14:00:00Z",
        "version": 7,
        "delayed": False,
        "contractEffect": "REPLACED",
    }


async def test_an_order_leads_to_everybody_and_everything_it_belongs_to(client: Client) -> None:
    order = await ask(
        client,
        "tenant {number} customer {number} site {number name} product {number name} "
        "offer {number order {number}} contract {number orders {nodes {number}}} "
        "confirmedBy {name email}",
    )
    assert order == {
        "tenant": {"number": "M-10001"},
        "customer": {"number": "K-1"},
        "site": {"number": "S-1", "name": "Werk Süd"},
        "product": {"number": "P-1", "name": "Glasfaser Office 1000"},
        "offer": {"number": "AN-1", "order": {"number": "A-FULL"}},
        "contract": {"number": "V-1", "orders": {"nodes": [{"number": "A-FULL"}]}},
        "confirmedBy": {"name": "Petra Portal", "email": "petra@partner.example"},
    }


async def test_from_order_to_contract_is_one_request(client: Client, engine: Engine) -> None:
    answer = await client.query(
        '{order(number: "A-FULL") {status customer {name} offer {number} contract {number}}}'
    )
    assert answer.data["order"]["contract"] == {"number": "V-1"}
    assert answer.statements == (1 if engine == "postgresql" else 4)


async def test_what_was_not_stated_is_null_or_empty(client: Client) -> None:
    nulls = (
        "category description dealerId subPartnerId requestedStartDate requestedCompletionDate "
        "expectedCompletionDate completedAt contractEffect"
    )
    objects = "actionRequired {text} site {id} product {id} offer {id} contract {id}"
    objects += " confirmedBy {name} processingEstimate {expectedAt}"
    lists = "items {name} totalPrices {name} externalIds {value} notes {text} documents {title} "
    lists += "characteristics {name} reportedCharacteristics {name} milestones {name}"
    lists += " delays {reason}"
    order = await ask(client, f"{nulls} {objects} {lists}", "A-BARE")
    empty = [name for name, value in order.items() if value == []]
    assert empty == [
        *("items", "totalPrices", "externalIds", "notes", "documents"),
        *("characteristics", "reportedCharacteristics", "milestones", "delays"),
    ]
    assert all(value is None for name, value in order.items() if name not in empty)


async def test_items_come_in_the_order_stated_and_name_the_item_they_are_nested_in(
    client: Client,
) -> None:
    order = await ask(
        client, "items {position parentPosition reference action name quantity state}"
    )
    fields = ("position", "parentPosition", "reference", "action", "name", "quantity", "state")
    assert [tuple(item[field] for field in fields) for item in order["items"]] == [
        (1, None, "100", "ADD", "Anschluss", 2, "inProgress"),
        (2, 1, "110", "NO_CHANGE", "Router", 1, None),
        (3, 2, None, "ADD", "Netzteil", 1, None),
    ]


async def test_an_item_tells_its_product_terms_relationships_and_characteristics(
    client: Client,
) -> None:
    order = await ask(
        client,
        "items {product {number} terms {name description amount unit} "
        "relationships {kind reference} characteristics {name value}}",
    )
    line, router, _ = order["items"]
    assert line == {
        "product": {"number": "P-1"},
        "terms": [
            {"name": "Laufzeit", "description": "fest", "amount": 36, "unit": "month"},
            {"name": "Kündigungsfrist", "description": None, "amount": None, "unit": None},
        ],
        "relationships": [{"kind": "reliesOn", "reference": "110"}],
        "characteristics": [{"name": "bandwidth.down", "value": "1000 Mbit/s"}],
    }
    assert router == {"product": None, "terms": [], "relationships": [], "characteristics": []}


async def test_prices_are_exact_to_the_digit_and_carry_their_currency(client: Client) -> None:
    order = await ask(
        client,
        "items {prices {name net {amount currency} gross {amount currency} taxRate}} "
        "totalPrices {name net {amount currency} gross {amount} taxRate}",
    )
    line, router, unit = (item["prices"] for item in order["items"])
    assert line[0] == {
        "name": "Grundpreis",
        "net": {"amount": "0.10", "currency": "EUR"},
        "gross": {"amount": "0.1190", "currency": "EUR"},
        "taxRate": "19.0",
    }
    assert line[1]["net"] == {"amount": "0", "currency": "CHF"}
    assert [(price["name"], price["net"], price["gross"]) for price in router] == [
        ("kostenlos", None, None)
    ]
    assert unit == []
    assert order["totalPrices"] == [
        {
            "name": "Gesamt",
            "net": {"amount": "12345678901234567.89", "currency": "EUR"},
            "gross": None,
            "taxRate": None,
        }
    ]


async def test_a_price_says_when_and_for_what_it_is_charged(client: Client) -> None:
    order = await ask(
        client,
        "items {prices {kind description period periodLength unit}} totalPrices {kind period}",
    )
    recurring, usage = order["items"][0]["prices"]
    assert recurring == {
        "kind": "RECURRING",
        "description": "je Anschluss",
        "period": "month",
        "periodLength": 3,
        "unit": None,
    }
    assert (usage["kind"], usage["unit"]) == ("USAGE", "minute")
    assert order["totalPrices"] == [{"kind": "ONE_TIME", "period": None}]


async def test_discounts_are_exact_too(client: Client) -> None:
    order = await ask(
        client,
        "items {prices {alterations "
        "{name description percentage amount {amount currency} duration period priority}}}",
    )
    discount, credit = order["items"][0]["prices"][0]["alterations"]
    assert discount == {
        "name": "Rabatt",
        "description": "Aktion",
        "percentage": "12.50",
        "amount": None,
        "duration": 6,
        "period": "month",
        "priority": 1,
    }
    assert credit["amount"] == {"amount": "5.00", "currency": "EUR"}
    assert credit["percentage"] is None


async def test_characteristics_are_text_or_json(client: Client) -> None:
    order = await ask(client, "characteristics {name value} reportedCharacteristics {name value}")
    assert {pair["name"]: pair["value"] for pair in order["characteristics"]} == {
        "costCentre": "4711",
        "parallel": "true",
        "channels": "30",
        "ranges": '["0-99", "ä"]',
    }
    assert order["reportedCharacteristics"] == [{"name": "lineId", "value": "DE-0815"}]


async def test_references_notes_and_documents_are_listed_in_their_order(client: Client) -> None:
    order = await ask(
        client,
        "externalIds {owner type value} notes {author writtenAt text} "
        "documents {kind title contentType url}",
    )
    assert order == {
        "externalIds": [
            {"owner": "CRM", "type": "POnumber", "value": "PO-1"},
            {"owner": None, "type": None, "value": "4711"},
        ],
        "notes": [
            {
                "author": "Nora Notiz",
                "writtenAt": "2026-11-20T14:00:00Z",
                "text": "Bitte am Tor 3\nmelden.",
            },
            {"author": None, "writtenAt": None, "text": "ok"},
        ],
        "documents": [
            {
                "kind": "ORDER_CONFIRMATION",
                "title": "Bestätigung",
                "contentType": "application/pdf",
                "url": "https://carrier.example/1.pdf",
            }
        ],
    }


async def test_calendar_days_have_no_time(client: Client) -> None:
    order = await ask(client, "contract {term {start end} createdAt} offer {validUntil}")
    assert order["contract"]["term"] == {"start": "2026-01-31", "end": "2028-02-29"}
    assert order["offer"]["validUntil"] == "2026-12-31"
