"""A partner that sends mutations, and what they leave behind."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.models import Order, OrderNote, Tenant
from tests.graph.client import CARRIER, Answer, Client
from tests.graph.factory import Factory

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
        values = {
            "idempotencyKey": key,
            "order": self.order.number if order is None else order,
            "text": text,
        }
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


async def fill(client: Client) -> Desk:
    """A partner with an order, and a stranger with another."""
    book = Factory()
    partner, stranger = book.tenant(), book.tenant()
    order = book.order(book.customer(partner))
    foreign = book.order(book.customer(stranger))
    await client.fill(book)
    return Desk(client, partner, order, foreign)
