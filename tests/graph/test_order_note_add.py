"""`orderNoteAdd`: a partner's note, once for each idempotency key."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.models import Order, OrderNote, Tenant
from tests.graph.client import CARRIER, Answer, Client, serve
from tests.graph.factory import NOW, Factory

WRITES = READ_SCOPES | {OAuthScope.ORDERS_COMMENT}
RESULT = """
  __typename
  ... on OrderNoteAdded {
    replayed
    note { text account author writtenAt }
    order { number version updatedAt notes { text } }
  }
  ... on Rejected {
    errors {
      __typename code message path
      ... on InvalidField { rule }
      ... on KeyReused { firstUsedAt }
    }
  }
"""
ADD = f"mutation Add($input: OrderNoteAddInput!) {{ orderNoteAdd(input: $input) {{ {RESULT} }} }}"


@dataclass
class Desk:
    """A partner with an order, and a stranger with another."""

    client: Client
    partner: Tenant
    order: Order
    foreign: Order

    async def send(
        self, text: str = "Tor 3", *, key: str = "k-1", order: str | None = None, **given: Any
    ) -> Answer:
        values = {"idempotencyKey": key, "order": order or self.order.number, "text": text}
        return await self.client.query(ADD, {"input": values}, **{"granted": WRITES, **given})

    async def add(self, text: str = "Tor 3", **given: Any) -> dict[str, Any]:
        answer = await self.send(text, **given)
        result: dict[str, Any] = answer.data["orderNoteAdd"]
        return result

    async def errors(self, text: str = "Tor 3", **given: Any) -> list[dict[str, Any]]:
        result = await self.add(text, **given)
        assert result["__typename"] == "Rejected", result
        errors: list[dict[str, Any]] = result["errors"]
        return errors

    async def notes(self) -> list[str]:
        async with self.client.database.read(CARRIER) as session:
            return list(
                await session.entities(
                    select(OrderNote.text)
                    .where(OrderNote.order_id == self.order.id)
                    .order_by(OrderNote.position)
                )
            )

    async def count(self, model: type[Any]) -> int:
        async with self.client.database.read(CARRIER) as session:
            return await session.scalar(select(func.count()).select_from(model)) or 0


async def _fill(client: Client) -> Desk:
    book = Factory()
    partner, stranger = book.tenant(), book.tenant()
    order = book.order(book.customer(partner))
    foreign = book.order(book.customer(stranger))
    await client.fill(book)
    return Desk(client, partner, order, foreign)


@pytest.fixture(params=["levels", "core"])
async def both(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Desk]:
    """By each executor."""
    async with serve(database_url, executor=request.param) as client:
        yield await _fill(client)


@pytest.fixture
async def desk(client: Client) -> Desk:
    return await _fill(client)


async def test_the_answer_shows_the_order_as_it_is_afterwards(both: Desk) -> None:
    added = await both.add("  Tor 3\r\nbeim Empfang  ")
    assert added["replayed"] is False
    text = "Tor 3\nbeim Empfang"
    assert added["note"] == {
        "text": text,
        "account": "M-10001/CRM 0",
        "author": None,
        "writtenAt": NOW.isoformat().replace("+00:00", "Z"),
    }
    assert added["order"]["version"] == both.order.version + 1
    assert added["order"]["updatedAt"] == added["note"]["writtenAt"]
    assert added["order"]["notes"] == [{"text": text}]


async def test_two_mutations_in_a_document_each_show_their_own_state(both: Desk) -> None:
    document = f"""mutation Two($a: OrderNoteAddInput!, $b: OrderNoteAddInput!) {{
      first: orderNoteAdd(input: $a) {{ {RESULT} }} second: orderNoteAdd(input: $b) {{ {RESULT} }}
    }}"""
    number = both.order.number
    answer = await both.client.query(
        document,
        {
            "a": {"idempotencyKey": "a", "order": number, "text": "eins"},
            "b": {"idempotencyKey": "b", "order": number, "text": "zwei"},
        },
        granted=WRITES,
    )
    first, second = answer.data["first"]["order"], answer.data["second"]["order"]
    assert [note["text"] for note in first["notes"]] == ["eins"]
    assert [note["text"] for note in second["notes"]] == ["eins", "zwei"]
    assert second["version"] == first["version"] + 1
