"""Every constraint of every table refuses what it must, whoever writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Enum,
    ForeignKeyConstraint,
    String,
    UniqueConstraint,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.enums import STATUS_OF_PHASE, ActionParty, ClientKind, ContractEffect, OrderPhase
from db.ids import new_id
from db.models import Order
from db.types import Amount
from tests.db.conftest import Forest
from tests.db.rows import (
    NOW,
    OWNED,
    TABLES,
    Row,
    add,
    add_tenant,
    columns_of,
    complete,
    constraints,
    links,
)

LINKS = [(table, key) for table in OWNED for key in links(TABLES[table])]
CHECKS = {
    str(constraint.name): table.name
    for table in TABLES.values()
    for constraint in constraints(table)
    if isinstance(constraint, CheckConstraint)
}
ENUMS = {
    f"ck_{table.name}_{column.type.name}": (table.name, column.name)
    for table in TABLES.values()
    for column in table.columns
    if isinstance(column.type, Enum) and column.computed is None
}
AMOUNTS = {
    f"ck_{table.name}_{column.name}_not_negative": (table.name, column.name)
    for table in TABLES.values()
    for column in table.columns
    if isinstance(column.type, Amount) or column.name == "quantity"
}
UNIQUES = [
    constraint
    for table in TABLES.values()
    for constraint in constraints(table)
    if isinstance(constraint, UniqueConstraint)
]
EARLIER = NOW.replace(year=2025)
ACTION = {"action_text": "Bitte prüfen", "action_by": ActionParty.PARTNER}
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("ck_orders_effect_has_contract", {"contract_effect": ContractEffect.CREATED}),
    ("ck_orders_action_in_clarification", {"phase": OrderPhase.CLARIFICATION}),
    ("ck_orders_action_in_clarification", ACTION),
    (
        "ck_orders_action_whole",
        {"phase": OrderPhase.CLARIFICATION, "action_text": "Bitte prüfen"},
    ),
    ("ck_orders_action_whole", {"action_by": ActionParty.PARTNER}),
    ("ck_orders_action_whole", {"action_due": NOW}),
    ("ck_orders_completed_has_times", {"phase": OrderPhase.COMPLETED}),
    ("ck_orders_completed_has_times", {"completed_at": NOW, "processing_seconds": 1}),
    ("ck_orders_completed_has_times", {"phase": OrderPhase.COMPLETED, "completed_at": NOW}),
    (
        "ck_orders_processing_not_negative",
        {"phase": OrderPhase.COMPLETED, "completed_at": NOW, "processing_seconds": -1},
    ),
    ("ck_orders_updated_after_received", {"updated_at": EARLIER}),
    ("ck_api_clients_tenant_of_partners", {"tenant_id": None}),
    ("ck_api_clients_tenant_of_partners", {"kind": ClientKind.SUPPORT}),
    ("ck_credentials_secret_of_api_keys", {"secret_hash": None}),
    ("ck_orders_version_positive", {"version": 0}),
    (
        "ck_contracts_term_ends_after_start",
        {"term_start": NOW.date(), "term_end": EARLIER.date()},
    ),
    ("ck_contracts_months_not_negative", {"minimum_months": -1}),
    ("ck_contracts_months_not_negative", {"notice_period_months": -1}),
    ("ck_order_delays_resolved_after_reported", {"resolved_at": EARLIER}),
    ("ck_order_history_sequence_positive", {"sequence": 0, "previous_sequence": -1}),
    ("ck_order_history_sequence_without_gaps", {"sequence": 2}),
    ("ck_order_history_sequence_without_gaps", {"sequence": 3, "previous_sequence": 1}),
    ("ck_order_history_sequence_without_gaps", {"sequence": 1, "previous_sequence": 0}),
    *(
        (f"ck_{table}_amount_has_currency", {column: Decimal(1)})
        for table, columns in {
            "order_prices": ("net_amount", "gross_amount"),
            "cart_items": ("one_time_amount", "monthly_amount"),
            "contract_items": ("one_time_amount", "monthly_amount"),
        }.items()
        for column in columns
    ),
]


@asynccontextmanager
async def refused(connection: AsyncConnection, because: str) -> AsyncIterator[None]:
    with pytest.raises(IntegrityError, match=f"(?i){because}"):
        async with connection.begin_nested():
            yield


def named(link: tuple[str, ForeignKeyConstraint]) -> str:
    return f"{link[0]}.{'+'.join(columns_of(link[1]).values())}"


@pytest.mark.parametrize(("table", "key"), LINKS, ids=map(named, LINKS))
async def test_no_link_leaves_its_tenant(
    table: str, key: ForeignKeyConstraint, connection: AsyncConnection, forest: Forest
) -> None:
    async def linked_to(tenant: dict[str, Any]) -> dict[str, Any]:
        target = await add(connection, key.referred_table.name, tenant)
        link = {column: target[referred] for referred, column in columns_of(key).items()}
        if "previous_sequence" in link:
            link["sequence"] = 2
        return await complete(connection, table, forest.partner, **link)

    await connection.execute(insert(TABLES[table]).values(await linked_to(forest.partner)))
    for tenant in (forest.stranger, forest.sub_tenant):
        row = await linked_to(tenant)
        async with refused(connection, "foreign key"):
            await connection.execute(insert(TABLES[table]).values(row))


# Change tokens are written by triggers alone, and outlive their tenant.
@pytest.mark.parametrize("table", [table for table in OWNED if table != "change_tokens"])
async def test_a_row_names_the_root_of_its_own_tree(
    table: str, connection: AsyncConnection, forest: Forest
) -> None:
    root = forest.partner["id"]
    row = await complete(connection, table, forest.stranger, root_tenant_id=root)
    async with refused(connection, "foreign key"):
        await connection.execute(insert(TABLES[table]).values(row))


def test_every_reference_to_a_tenants_row_carries_the_root_and_the_tenant() -> None:
    for table in OWNED:
        for key in links(TABLES[table]):
            pairs = [(element.parent.name, element.column.name) for element in key.elements]
            owner = {("root_tenant_id", "root_tenant_id"), ("tenant_id", "tenant_id")}
            assert owner <= {*pairs}, f"{table}: {pairs}"


async def test_a_tenant_lies_in_the_tree_of_its_parent(
    connection: AsyncConnection, forest: Forest
) -> None:
    astray = {**forest.partner, "root_tenant_id": forest.stranger["id"]}
    async with refused(connection, "foreign key"):
        await add_tenant(connection, 3, astray)


@pytest.mark.parametrize(
    ("root", "parent"), [(3, 1), (1, None)], ids=["own root with a parent", "no root, no parent"]
)
async def test_only_the_root_of_a_tree_has_no_parent(
    root: int, parent: int | None, connection: AsyncConnection, forest: Forest
) -> None:
    row = {**forest.partner, "id": 3, "root_tenant_id": root, "parent_id": parent}
    row |= {"public_id": new_id(), "number": "T3"}
    async with refused(connection, "ck_tenants_root_has_no_parent"):
        await connection.execute(insert(TABLES["tenants"]).values(row))


@pytest.mark.parametrize("check", ENUMS)
async def test_a_closed_set_takes_no_other_value(
    check: str, connection: AsyncConnection, forest: Forest
) -> None:
    table, column = ENUMS[check]
    contract = await add(connection, "contracts", forest.partner)
    # Values that satisfy the table's other checks.
    others = {
        "ck_orders_contract_effect": {"contract_id": contract["id"]},
        "ck_orders_action_party": {
            "phase": OrderPhase.CLARIFICATION,
            "action_text": "Bitte prüfen",
        },
        "ck_api_clients_client_kind": {"tenant_id": None},
    }.get(check, {})
    row = await complete(connection, table, forest.partner, **others)
    # As plain text, since the column's type would refuse it in Python.
    row[column] = literal("NO_SUCH_MEMBER", String())
    async with refused(connection, check):
        await connection.execute(insert(TABLES[table]).values(row))


@pytest.mark.parametrize("check", AMOUNTS)
async def test_no_amount_is_negative(
    check: str, connection: AsyncConnection, forest: Forest
) -> None:
    table, column = AMOUNTS[check]
    others = {"currency": "EUR"} if "currency" in TABLES[table].columns else {}
    one = 1 if column == "quantity" else Decimal("0.01")
    await add(connection, table, forest.partner, **others, **{column: 0 * one})
    row = await complete(connection, table, forest.partner, **others, **{column: -one})
    async with refused(connection, check):
        await connection.execute(insert(TABLES[table]).values(row))


@pytest.mark.parametrize(
    ("check", "values"), OTHERS, ids=[f"{check[3:]} {[*values]}" for check, values in OTHERS]
)
async def test_checks_between_columns_hold(
    check: str, values: dict[str, Any], connection: AsyncConnection, forest: Forest
) -> None:
    table = CHECKS[check]
    row = await complete(connection, table, forest.partner, **values)
    async with refused(connection, check):
        await connection.execute(insert(TABLES[table]).values(row))


async def test_no_contract_precedes_itself(connection: AsyncConnection, forest: Forest) -> None:
    id_ = new_id()
    row = await complete(connection, "contracts", forest.partner, id=id_, predecessor_id=id_)
    async with refused(connection, "ck_contracts_not_its_own_predecessor"):
        await connection.execute(insert(TABLES["contracts"]).values(row))


def test_every_check_is_tested_here() -> None:
    apart = {"ck_tenants_root_has_no_parent", "ck_contracts_not_its_own_predecessor"}
    # The status is a generated column.
    computed = {"ck_orders_order_status"}
    proved = {*ENUMS, *AMOUNTS, *(check for check, _ in OTHERS), *apart, *computed}
    assert proved == set(CHECKS)


@pytest.mark.parametrize("constraint", UNIQUES, ids=lambda constraint: str(constraint.name))
async def test_unique_values_are_stored_once(
    constraint: UniqueConstraint, connection: AsyncConnection, forest: Forest
) -> None:
    table = constraint.table.name
    values: dict[str, Any] = {}
    for column in constraint.columns:
        for foreign in column.foreign_keys if column.nullable else ():
            target = await add(connection, foreign.column.table.name, forest.partner)
            values[column.name] = target[foreign.column.name]
    first = await add(connection, table, forest.partner, **values)
    again = {column.name: first[column.name] for column in constraint.columns}
    row = await complete(connection, table, forest.partner, **again)
    async with refused(connection, "unique"):
        await connection.execute(insert(TABLES[table]).values(row))


@pytest.mark.parametrize("kind", ["PARTNER", "SUPPORT"])
async def test_no_two_clients_of_one_owner_have_the_same_name(
    kind: str, connection: AsyncConnection, forest: Forest
) -> None:
    def client(kind: str, tenant: Row | None) -> dict[str, Any]:
        tenant_id = tenant["id"] if tenant else None
        return {"kind": ClientKind(kind), "tenant_id": tenant_id, "name": "Desk"}

    owner = forest.partner if kind == "PARTNER" else None
    await add(connection, "api_clients", forest.partner, **client(kind, owner))
    await add(connection, "api_clients", forest.stranger, **client("PARTNER", forest.stranger))
    await add(connection, "api_clients", forest.partner, **client("FULFILMENT", None))
    row = await complete(connection, "api_clients", forest.partner, **client(kind, owner))
    async with refused(connection, "unique"):
        await connection.execute(insert(TABLES["api_clients"]).values(row))


async def test_a_cart_has_one_offer_and_an_offer_may_have_no_cart(
    connection: AsyncConnection, forest: Forest
) -> None:
    cart = await add(connection, "carts", forest.partner)
    await add(connection, "offers", forest.partner, cart_id=cart["id"])
    await add(connection, "offers", forest.partner, cart_id=None)
    await add(connection, "offers", forest.partner, cart_id=None)
    row = await complete(connection, "offers", forest.partner, cart_id=cart["id"])
    async with refused(connection, "unique"):
        await connection.execute(insert(TABLES["offers"]).values(row))


async def test_partners_number_their_documents_independently(
    connection: AsyncConnection, forest: Forest
) -> None:
    for tenant in (forest.partner, forest.stranger):
        for table in ("customers", "carts", "offers", "orders", "contracts"):
            await add(connection, table, tenant, number="100")


async def test_history_has_no_gap_and_no_second_entry_of_a_number(
    connection: AsyncConnection, forest: Forest
) -> None:
    order = (await add(connection, "orders", forest.partner))["id"]
    history = TABLES["order_history"]

    async def entry(sequence: int) -> dict[str, Any]:
        previous = sequence - 1 or None
        numbers = {"sequence": sequence, "previous_sequence": previous}
        return await complete(
            connection, "order_history", forest.partner, order_id=order, **numbers
        )

    async with refused(connection, "foreign key"):
        await connection.execute(insert(history).values(await entry(2)))
    for sequence in (1, 2):
        await connection.execute(insert(history).values(await entry(sequence)))
    async with refused(connection, "unique"):
        await connection.execute(insert(history).values(await entry(2)))
    async with refused(connection, "foreign key"):
        await connection.execute(insert(history).values(await entry(4)))


@pytest.mark.parametrize("phase", OrderPhase)
async def test_the_status_follows_from_the_phase(
    phase: OrderPhase, connection: AsyncConnection, forest: Forest
) -> None:
    values: dict[str, Any] = {"phase": phase}
    if phase is OrderPhase.CLARIFICATION:
        values |= ACTION
    if phase is OrderPhase.COMPLETED:
        values |= {"completed_at": NOW, "processing_seconds": 60}
    order = await add(connection, "orders", forest.partner, **values)
    status = await connection.scalar(select(Order.status).where(Order.id == order["id"]))
    assert status is STATUS_OF_PHASE[phase]


async def test_the_status_cannot_be_written(connection: AsyncConnection, forest: Forest) -> None:
    await add(connection, "orders", forest.partner)
    with pytest.raises(DBAPIError, match=r"generated column|updated to DEFAULT"):
        async with connection.begin_nested():
            await connection.execute(text("UPDATE orders SET status = 'ERROR'"))
