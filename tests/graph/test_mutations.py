"""What holds for every mutation, shown by `orderNoteAdd`."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import strawberry
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

import schema as product
from auth.oauth_scopes import READ_SCOPES
from db.models import AuditEntry, IdempotencyKey, Order
from ordering import idempotency
from schema.mutations.declaration import UndeclaredMutationError
from schema.mutations.order_note_add import order_note_add
from tests.graph.client import BOUNDLESS, CARRIER, HURRIED, Client, serve
from tests.graph.factory import NOW, Factory
from tests.graph.mutations import RESULT, WRITES, Desk, fill
from tests.support import postgres


@pytest.fixture(params=["levels", "core"])
async def both(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Desk]:
    """By each executor, with a pool of a single connection."""
    async with serve(database_url, executor=request.param, database_connections=1) as client:
        yield await fill(client)


@pytest.fixture
async def desk(client: Client) -> Desk:
    return await fill(client)


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[Desk]:
    """A partner that may send many requests at once."""
    async with serve(database_url, limits=replace(BOUNDLESS, concurrent=100)) as client:
        yield await fill(client)


def several(count: int) -> str:
    """A document with so many mutations."""
    variables = ", ".join(f"$i{n}: OrderNoteAddInput!" for n in range(count))
    fields = " ".join(f"f{n}: orderNoteAdd(input: $i{n}) {{ {RESULT} }}" for n in range(count))
    return f"mutation Several({variables}) {{ {fields} }}"


def inputs(desk: Desk, *texts: str) -> Mapping[str, Any]:
    number = desk.order.number
    return {
        f"i{n}": {"idempotencyKey": f"key {n}", "order": number, "text": text}
        for n, text in enumerate(texts)
    }


# --- Documents with several mutations ---


async def test_each_mutation_of_a_document_shows_its_own_state(both: Desk) -> None:
    answer = await both.client.query(
        several(3), inputs(both, "eins", "zwei", "drei"), granted=WRITES
    )
    orders = [answer.data[f"f{n}"]["order"] for n in range(3)]
    shown = [[note["text"] for note in order["notes"]] for order in orders]
    assert shown == [["eins"], ["eins", "zwei"], ["eins", "zwei", "drei"]]
    assert [order["version"] for order in orders] == [2, 3, 4]


async def test_a_rejected_mutation_does_not_undo_its_neighbours(both: Desk) -> None:
    answer = await both.client.query(several(3), inputs(both, "eins", "", "drei"), granted=WRITES)
    kinds = [answer.data[f"f{n}"]["__typename"] for n in range(3)]
    assert kinds == ["OrderNoteAdded", "Rejected", "OrderNoteAdded"]
    assert await both.notes() == ["eins", "drei"]


async def test_a_failed_mutation_is_null_and_its_neighbours_are_shown(both: Desk) -> None:
    original = idempotency.claim

    async def claim(session: Any, request: Any, now: Any) -> Any:
        if request.key == "key 1":
            raise ZeroDivisionError
        return await original(session, request, now)

    with patch("ordering.idempotency.claim", claim):
        answer = await both.client.query(
            several(3), inputs(both, "eins", "zwei", "drei"), granted=WRITES
        )
    assert [answer.json["data"][f"f{n}"] is None for n in range(3)] == [False, True, False]
    assert [
        (error["path"], code) for error, code in zip(answer.errors, answer.codes, strict=True)
    ] == [(["f1"], "INTERNAL_SERVER_ERROR")]
    assert await both.notes() == ["eins", "drei"]


async def test_a_document_has_at_most_five_mutations(both: Desk) -> None:
    five = await both.client.query(several(5), inputs(both, *"abcde"), granted=WRITES)
    assert len(five.data) == 5
    six = await both.client.query(several(6), inputs(both, *"ABCDEF"), granted=WRITES)
    [error] = six.errors
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "mutationFields",
        "actual": 6,
        "maximum": 5,
    }
    assert await both.notes() == [*"abcde"]


# --- Keys ---


async def test_a_repeated_request_is_carried_out_once(both: Desk) -> None:
    first = await both.add("eins", key="a")
    await both.add("zwei", key="b")
    again = await both.add("eins", key="a")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["note"] == first["note"]
    # The order is shown as it is now.
    assert again["order"]["version"] == 3
    assert await both.notes() == ["eins", "zwei"]
    assert await both.count(IdempotencyKey) == 2
    assert await both.count(AuditEntry) == 2


async def test_a_key_of_another_request_is_refused(both: Desk) -> None:
    await both.add("eins", key="a")
    [error] = await both.errors("zwei", key="a")
    assert (error["__typename"], error["code"], error["path"]) == (
        "KeyReused",
        "KEY_REUSED",
        ["idempotencyKey"],
    )
    assert error["firstUsedAt"] == NOW.isoformat().replace("+00:00", "Z")
    assert await both.notes() == ["eins"]


async def test_a_rejected_request_does_not_use_its_key(both: Desk) -> None:
    await both.errors("", key="a")
    assert await both.count(IdempotencyKey) == 0
    assert (await both.add("eins", key="a"))["replayed"] is False


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("", "NOT_EMPTY"),
        ("k" * 101, "MAX_LENGTH"),
        ("ü", "PRINTABLE_ASCII"),
        ("\t", "PRINTABLE_ASCII"),
    ],
)
async def test_each_rule_of_a_key_has_a_name(desk: Desk, key: str, rule: str) -> None:
    [error] = await desk.errors(key=key)
    assert (error["path"], error["rule"]) == (["idempotencyKey"], rule)


async def test_a_key_belongs_to_an_account(desk: Desk) -> None:
    one = await desk.client.key(desk.partner.number, WRITES)
    other = await desk.client.key(desk.partner.number, WRITES - {sorted(READ_SCOPES)[0]})
    await desk.add("eins", headers={"Authorization": f"Bearer {one}"})
    added = await desk.add("zwei", headers={"Authorization": f"Bearer {other}"})
    assert added["replayed"] is False
    assert await desk.notes() == ["eins", "zwei"]


async def test_a_key_belongs_to_the_tenant_that_the_account_acts_for(client: Client) -> None:
    book = Factory()
    partner = book.tenant()
    branch = book.tenant(partner)
    order = book.order(book.customer(branch))
    await client.fill(book)
    desk = Desk(client, partner, order, order)
    await desk.add("eins")
    narrowed = await desk.add("eins", headers={"X-Tenant": branch.number})
    assert narrowed["replayed"] is False
    again = await desk.add("eins", headers={"X-Tenant": branch.number})
    assert again["replayed"] is True


async def test_a_key_is_forgotten_after_thirty_days(both: Desk) -> None:
    for n in range(15):
        await both.add(f"{n}", key=f"{n}")
    async with both.client.database.write(CARRIER) as session:
        expired = NOW - idempotency.KEPT - timedelta(microseconds=1)
        await session.execute(
            update(IdempotencyKey).where(IdempotencyKey.key != "14").values(created_at=expired)
        )
    # The oldest are deleted, ten at a time; a key that is still there counts as new all the same.
    assert (await both.add("13", key="13"))["replayed"] is False
    assert (await both.add("14", key="14"))["replayed"] is True
    assert (await both.add("0", key="0"))["replayed"] is False
    async with both.client.database.read(CARRIER) as session:
        keys = await session.entities(select(IdempotencyKey.key))
    assert {"0", "13", "14"} <= {*keys}
    assert len(keys) <= 7


async def test_concurrent_requests_with_one_key_are_carried_out_once(crowd: Desk) -> None:
    await crowd.client.key(crowd.partner.number, WRITES)
    added = await asyncio.gather(*(crowd.add(key="one") for _ in range(20)))
    assert sorted(result["replayed"] for result in added) == [False] + [True] * 19
    assert await crowd.notes() == ["Tor 3"]
    assert {result["order"]["version"] for result in added} == {2}


async def test_concurrent_requests_with_other_keys_are_all_carried_out(crowd: Desk) -> None:
    await crowd.client.key(crowd.partner.number, WRITES)
    added = await asyncio.gather(*(crowd.add(f"{n}", key=f"{n}") for n in range(20)))
    assert [result["replayed"] for result in added] == [False] * 20
    assert sorted(await crowd.notes()) == sorted(f"{n}" for n in range(20))
    async with crowd.client.database.read(CARRIER) as session:
        order = select(Order.version).where(Order.id == crowd.order.id)
        assert await session.scalar(order) == 21


# --- Permissions and cost ---


async def test_without_the_scope_nothing_is_written(both: Desk) -> None:
    answer = await both.send(granted=READ_SCOPES)
    [error] = answer.errors
    assert error["extensions"] == {"code": "FORBIDDEN", "scope": "orders:comment"}
    assert answer.json["data"] == {"orderNoteAdd": None}
    assert await both.notes() == []


def test_a_mutation_that_needs_no_scope_does_not_start() -> None:
    @strawberry.type(description="Planted.")
    class Mutation:
        order_note_add = order_note_add
        open_to_all: str | None = strawberry.field(resolver=lambda: None, description="Planted.")

    with (
        patch("schema.Mutation", Mutation),
        pytest.raises(UndeclaredMutationError, match=r"Mutation\.open_to_all needs no scope"),
    ):
        product.build_schema.__wrapped__()


async def test_a_mutation_costs_ten_points_whether_it_is_rejected_or_not(both: Desk) -> None:
    costs = []
    for text in ("Tor 3", ""):
        answer = await both.send(text, key=text or "b")
        costs.append(answer.json["extensions"]["cost"]["actual"])
    forbidden = await both.send(granted=READ_SCOPES)
    costs.append(forbidden.json["extensions"]["cost"]["actual"])
    # An operation costs one; so do the order, its note, and the object that holds them.
    assert costs[0] == 10 + 1 + 4
    assert costs[1] >= 10
    assert costs[2] >= 10


async def test_a_mutation_is_refused_by_get(desk: Desk) -> None:
    answer = await desk.client.get("mutation M { __typename }", granted=WRITES)
    assert (answer.status, answer.response.headers["allow"]) == (405, "POST")


# --- The log ---


async def test_the_log_counts_the_statements_of_the_write(both: Desk) -> None:
    await both.add(key="first")
    with patch("server.graphql.write_line") as line:
        answer = await both.send(key="second")
    [call] = line.call_args_list
    assert call.args[1]["type"] == "mutation"
    assert call.args[1]["statements"] == answer.statements > 8


# --- Time limits ---


async def test_a_timeout_after_commit_says_that_the_key_tells_the_result(
    postgresql_url: str,
) -> None:
    limits = replace(HURRIED, request_seconds=1)
    document = """mutation Add($input: OrderNoteAddInput!) { orderNoteAdd(input: $input) {
      ... on OrderNoteAdded { replayed order { documents { title } } } } }"""
    connection = await postgres.connect(postgresql_url)
    try:
        async with serve(postgresql_url, limits=limits) as client:
            desk = await fill(client)
            values = {"idempotencyKey": "a", "order": desk.order.number, "text": "Tor 3"}
            async with connection.transaction():
                # Only the payload reads it.
                await connection.execute("LOCK TABLE order_documents IN ACCESS EXCLUSIVE MODE")
                late = await client.query(document, {"input": values}, granted=WRITES)
            assert late.codes == ["TIMEOUT"]
            assert "the same idempotency keys" in late.errors[0]["message"]
            assert await desk.notes() == ["Tor 3"]
            again = await client.query(document, {"input": values}, granted=WRITES)
            assert again.data["orderNoteAdd"]["replayed"] is True
    finally:
        await connection.close()


async def test_a_transaction_that_fails_on_the_locks_of_others_is_tried_again(desk: Desk) -> None:
    original, attempts = idempotency.claim, list[str]()

    async def claim(session: Any, request: Any, now: Any) -> Any:
        attempts.append(request.key)
        if len(attempts) < 3:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise OperationalError("INSERT", None, error)
        return await original(session, request, now)

    with patch("ordering.idempotency.claim", claim):
        added = await desk.add(key="a")
    assert (added["replayed"], attempts) == (False, ["a"] * 3)
    assert await desk.notes() == ["Tor 3"]
