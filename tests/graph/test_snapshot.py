"""All levels of an answer read one state, even during writes."""

import asyncio
from typing import Any

from sqlalchemy import update

from db.models import Contract, Customer
from db.session import Database
from tests.graph.client import CARRIER, Client
from tests.graph.partners import two_partners

QUERY = """{ orders(first: 1) { nodes {
  customer { updatedAt name }
  offer { updatedAt customer { name contracts(first: 1) { nodes { version } } } }
  contract { version customer { name } orders(first: 1) { nodes { contract { version } } } }
} } }"""
ANSWERS = 30


async def test_no_answer_mixes_two_states(client: Client) -> None:
    partners = two_partners()
    await client.fill(partners.book)
    ended = asyncio.Event()
    begun = asyncio.Event()
    writing = asyncio.create_task(_write(client.database, begun, ended))
    await begun.wait()
    seen: set[int] = set()
    try:
        for _ in range(ANSWERS):
            answer = await client.query(QUERY)
            [order] = answer.data["orders"]["nodes"]
            numbers = _numbers(order)
            assert len(set(numbers)) == 1, order
            seen.update(numbers)
    finally:
        ended.set()
        await writing
    assert len(seen) > 1


def _numbers(order: dict[str, Any]) -> list[int]:
    """The state's number, wherever the answer shows it."""
    contract, offer = order["contract"], order["offer"]
    return [
        int(order["customer"]["name"]),
        int(offer["customer"]["name"]),
        *(each["version"] for each in offer["customer"]["contracts"]["nodes"]),
        contract["version"],
        int(contract["customer"]["name"]),
        *(each["contract"]["version"] for each in contract["orders"]["nodes"]),
    ]


async def _write(database: Database, begun: asyncio.Event, ended: asyncio.Event) -> None:
    """One state after the other, each in one transaction, and never two without a break."""
    for number in range(1, 100_000):
        async with database.write(CARRIER) as session:
            await session.execute(update(Customer).values(name=str(number)))
            await session.execute(update(Contract).values(version=number))
        begun.set()
        if ended.is_set():
            return
        await asyncio.sleep(0)
