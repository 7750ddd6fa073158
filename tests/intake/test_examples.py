"""The standard's own example payloads load unchanged, and nothing of them is lost."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import intake
from db.enums import OrderPhase
from db.models import Order, OrderHistoryEntry, OrderPrice, Tenant
from intake import schemas
from tests.intake.payloads import EXAMPLES, NOW, Intake, example, order

# The orders that the examples speak of, and do not bring along.
_SPOKEN_OF = [
    example("retrieveProductOrderByList_response")[0],
    order("9693", creationDate="2019-04-30T08:13:59.506Z"),
    order("45f-98f-ss45", creationDate="2019-04-30T08:13:59.506Z"),
]
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))

# What says how to read an object, names its type or repeats what a column says in its own words.
_PLUMBING = {"@baseType", "@referredType", "@referredtype"}
_TRANSLATED = {"action", "state", "status", "priceType", "eventType"}
_TIMES = {"eventTime", "timeOcurred"}


def needs(name: str) -> list[dict[str, Any]]:
    """Orders that must be known for an example to make sense."""
    text = (EXAMPLES / f"{name}.json").read_text()
    brings = "productOrderItem" in text or "FieldsSelection" in name
    if brings:
        return []
    return [o for o in _SPOKEN_OF if f'"{o["id"]}"' in text]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tenant", [None, "P-7"])
async def test_each_loads_into_a_database_that_knows_its_order(
    take_in: Intake, name: str, tenant: str | None
) -> None:
    if "FieldsSelection" in name and tenant is None:
        return  # it names no party at all: see the test below
    for known in needs(name):
        await take_in.good(known, tenant=tenant)
    report = await take_in.good(example(name), tenant=tenant)
    assert report.loaded == (len(content) if isinstance(content := example(name), list) else 1)


@pytest.mark.parametrize("name", NAMES)
async def test_every_value_of_each_is_found_in_the_rows(take_in: Intake, name: str) -> None:
    for known in needs(name):
        await take_in.good(known, tenant="P-7")
    await take_in.good(example(name), tenant="P-7")
    stored = set(_texts(await take_in.everything()))
    missing = [
        (key, value)
        for key, value in _leaves(
            json.loads((EXAMPLES / f"{name}.json").read_text(), parse_float=Decimal)
        )
        if key not in _PLUMBING | _TRANSLATED | _TIMES
        and not (key == "@type" and value in schemas.known_types())
        and _text(value) not in stored
        # The name of a characteristic whose value is an object is the first part of several.
        and not (key == "name" and any(text.startswith(f"{value}.") for text in stored))
    ]
    assert missing == []


async def test_an_empty_database_takes_the_folder_but_for_the_orders_it_does_not_hold(
    take_in: Intake,
) -> None:
    report = await intake.run(take_in.database, [EXAMPLES], now=NOW)
    unknown = {p.reason for p in report.problems if "unknown order" in p.reason}
    assert unknown == {"unknown order 9693", "unknown order 45f-98f-ss45"}
    loaded = {row.number for row in await take_in.rows(Order)}
    assert {"30001", "30002"} <= loaded
    assert (await take_in.order("30001")).phase is OrderPhase.COMPLETED


async def test_the_folder_a_second_time_changes_nothing(take_in: Intake) -> None:
    await intake.run(take_in.database, [EXAMPLES], tenant="P-7", now=NOW)
    before = await take_in.everything()
    again = await intake.run(take_in.database, [EXAMPLES], tenant="P-7")
    assert again.loaded == again.superseded == 0
    assert await take_in.everything() == before


async def test_a_completed_snapshot_has_its_times(take_in: Intake) -> None:
    await take_in.good(example("retrieveProductOrderById1_response"))
    stored = await take_in.order("30001")
    entries = await take_in.rows(OrderHistoryEntry)
    assert [(e.phase, e.occurred_at) for e in entries] == [
        (OrderPhase.RECEIVED, stored.received_at),
        (OrderPhase.COMPLETED, stored.completed_at),
    ]
    assert stored.processing_seconds == 2 * 24 * 3600


async def test_an_amount_in_a_currency_of_its_own_is_kept_beside_the_price(take_in: Intake) -> None:
    await take_in.good(example("ProductOrderCreateEvent_request"))
    price = next(p for p in await take_in.rows(OrderPrice) if p.name == "Access Fee")
    assert (price.net_amount, price.currency, price.gross_amount) == (Decimal("0.99"), "EUR", None)
    stored = list(_texts(await take_in.everything()))
    assert "EUT" in stored


async def test_a_seller_becomes_the_tenant_unless_one_is_given(take_in: Intake) -> None:
    await take_in.good(example("CreateProductOrder1_request"))
    assert [t.number for t in await take_in.rows(Tenant)] == ["456-dd-df45"]
    await take_in.good(example("CreateProductOrder1_request"), tenant="P-7")
    assert {t.number for t in await take_in.rows(Tenant)} == {"456-dd-df45", "P-7"}


async def test_an_order_that_names_no_tenant_needs_one_given(take_in: Intake) -> None:
    selection = example("retrieveProductOrderByListwith_FieldsSelection_response")
    report = await take_in(selection)
    assert {p.path for p in report.problems} == {f"$[{i}].relatedParty" for i in range(4)}
    assert (await take_in.good(selection, tenant="P-7")).loaded == 4


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
    if isinstance(value, dict):
        for below in value.values():
            yield from _texts(below)
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _texts(below)
    else:
        yield _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | Decimal):
        return f"{Decimal(value).normalize():f}"
    if hasattr(value, "isoformat"):
        return str(value.isoformat(timespec="milliseconds")).replace("+00:00", "Z")
    return str(value)
