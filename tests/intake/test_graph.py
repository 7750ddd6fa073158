"""Whatever a payload says, its partner reads: by an API key, over HTTP."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from intake import schemas
from tests.graph.client import BOUNDLESS, serve
from tests.intake.payloads import EXAMPLES, Intake, example, order

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))

_PRICE = """
    kind name description net { amount currency } gross { amount currency } taxRate
    period periodLength unit
    alterations {
        name description percentage amount { amount currency } duration period priority
    }
"""
WHOLE = f"""
query Whole {{ orders(first: 250) {{ nodes {{
    number businessCase category description dealerId subPartnerId receivedAt
    requestedStartDate requestedCompletionDate expectedCompletionDate completedAt updatedAt version
    phase tmf622State delayed contractEffect
    actionRequired {{ text by due }}
    milestones {{ kind name message reference plannedAt reachedAt violated }}
    delays {{ kind reason reference reportedAt resolvedAt }}
    history {{ sequence phase occurredAt reason }}
    items {{
        reference action name quantity state
        terms {{ name description amount unit }} relationships {{ kind reference }}
        characteristics {{ name value }} product {{ number name }} prices {{ {_PRICE} }}
    }}
    totalPrices {{ {_PRICE} }}
    externalIds {{ owner type value }}
    notes {{ reference author writtenAt text }}
    characteristics {{ name value }} reportedCharacteristics {{ name value }}
    tenant {{ number name }} customer {{ number name kind }}
    site {{ number name address {{ street houseNumber postalCode city country }} }}
    offer {{ number status }} contract {{ number status }}
}} }} }}
"""


async def _read(take_in: Intake, tenant: str = "P-7") -> list[dict[str, Any]]:
    """The orders as the partner reads them."""
    url = take_in.database.engine.url.render_as_string(hide_password=False)
    async with serve(url, limits=BOUNDLESS) as client:
        answer = await client.query(WHOLE, tenant=tenant)
        nodes: list[dict[str, Any]] = answer.data["orders"]["nodes"]
        return nodes


async def test_every_value_of_an_order_reaches_the_partner(take_in: Intake) -> None:
    """But for names of types and what says only how to read an object."""
    names = [name for name in NAMES if "retrieve" in name or name.startswith("CreateProduct")]
    for name in names:
        await take_in(example(name), tenant="P-7")
    stored = set(_texts(await _read(take_in)))
    missing = {
        (name, key, value)
        for name in names
        for key, value in _leaves(json.loads((EXAMPLES / f"{name}.json").read_bytes()))
        if key not in {"@baseType", "@referredType", "@referredtype", "priceType", "action"}
        and not (key == "@type" and value in schemas.known_types())
        and _text(value) not in stored
        # The name of a characteristic whose value is an object is the first part of several.
        and not (key == "name" and any(text.startswith(f"{_text(value)}.") for text in stored))
    }
    assert missing == set()


async def test_offer_contract_and_parties_are_linked(take_in: Intake) -> None:
    await take_in.good(
        order(
            quote=[{"@type": "QuoteRef", "id": "Q-1"}, {"@type": "QuoteRef", "id": "Q-2"}],
            agreement=[
                {"@type": "AgreementRef", "id": "V-1"},
                {"@type": "AgreementRef", "id": "V-2"},
            ],
            note=[{"@type": "Note", "id": "N-1", "text": "Bitte klingeln"}],
        ),
        tenant="P-7",
    )
    [node] = await _read(take_in)
    assert (node["offer"]["number"], node["contract"]["number"]) == ("Q-1", "V-1")
    assert (node["tenant"]["number"], node["customer"]["number"]) == ("P-7", "K-1")
    assert node["externalIds"] == [{"owner": "CRM", "type": "order", "value": "CRM-A-1"}]
    assert (node["notes"][0]["reference"], node["notes"][0]["text"]) == ("N-1", "Bitte klingeln")
    # One order has one offer and one contract; the others are not lost.
    assert "Q-2" in {c["value"] for c in node["characteristics"]}
    assert "V-2" in {c["value"] for c in node["reportedCharacteristics"]}


@pytest.mark.parametrize("relation", [{"id": "9"}, {"relationshipType": "reliesOn", "id": " "}])
async def test_half_a_relationship_is_a_characteristic(
    take_in: Intake, relation: dict[str, Any]
) -> None:
    payload = order()
    payload["productOrderItem"][1]["productOrderItemRelationship"] = [
        {"@type": "OrderItemRelationship", **relation}
    ]
    await take_in.good(payload, tenant="P-7")
    [node] = await _read(take_in)
    item = node["items"][1]
    assert item["relationships"] == []
    assert set(relation.values()) <= {c["value"] for c in item["characteristics"]}


async def test_what_is_no_price_is_a_characteristic(take_in: Intake) -> None:
    """A negative amount, one without a currency, and a discount of the same kind."""
    payload = order()
    price = payload["productOrderItem"][0]["itemPrice"][0]
    price["price"]["dutyFreeAmount"] = {"unit": "EUR", "value": -5}
    price["price"]["taxIncludedAmount"] = {"value": 77}
    price["priceAlteration"] = [
        {
            "@type": "PriceAlteration",
            "name": "Treue",
            "priceType": "recurring",
            "price": {"@type": "Price", "dutyFreeAmount": {"unit": "CHF", "value": -3}},
        }
    ]
    await take_in.good(payload, tenant="P-7")
    [node] = await _read(take_in)
    item = node["items"][0]
    assert (item["prices"][0]["net"], item["prices"][0]["gross"]) == (None, None)
    assert item["prices"][0]["alterations"][0]["amount"] is None
    assert {"-5", "EUR", "77", "-3", "CHF"} <= {c["value"] for c in item["characteristics"]}


async def test_another_partner_sees_nothing_of_it(take_in: Intake) -> None:
    await take_in.good(order(), tenant="P-7")
    await take_in.good(order(), tenant="P-8")
    assert [node["tenant"]["number"] for node in await _read(take_in, "P-8")] == ["P-8"]


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _leaves(below, name)
    elif isinstance(value, list):
        for below in value:
            yield from _leaves(below, key)
    else:
        yield key, value


def _texts(value: Any) -> Iterator[str]:
    for _, leaf in _leaves(value):
        yield _text(leaf)


def _text(value: Any) -> str:
    """Enums in small letters, numbers and instants in one spelling."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{Decimal(str(value)).normalize():f}"
    text = str(value).casefold()
    if "." in text and text.endswith("z"):
        text = f"{text[:-1].rstrip('0').rstrip('.')}z"
    return text
