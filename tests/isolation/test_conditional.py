"""Whatever is written: who keeps an answer by its tag reads what they would be told anew, and a tag
says nothing of what its reader does not see."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from sqlalchemy import String, delete, exists, inspect, select, update
from sqlalchemy.exc import DatabaseError

from db.changes import triggers
from db.models import Base, Tenant, TenantOwned
from db.scope.tenant_scope import TenantScope
from tests.graph.client import CARRIER, Answer, serve
from tests.graph.documents import Documents, Request
from tests.graph.walk import SCHEMA
from tests.isolation import worlds
from tests.isolation.actors import ACTORS, Actor, Asking, believed, believing, one_cache
from tests.support.databases import Databases, Engine

ASKING = [
    seat
    for seat in ACTORS
    if seat.name in {"partner by key", "sub-tenant by key", "customer granted all"}
]
WRITES = 30
"""Random changes, one after the other."""
MUCH = Request(
    """{
      orders { nodes {
        number phase description dealerId characteristics { name value }
        notes { author text } milestones { name message reference } delays { kind reason }
        documents { title url } items { name state } externalIds { owner value }
        totalPrices { name unit } customer { name email } site { name } tenant { name email }
        product { name documents { title } } offer { number } contract { number dealerId }
      } }
      customers { nodes { name email address { street city } sites { nodes { name } } } }
      offers { nodes { number consents { name email } createdBy { name email } } }
      contracts { nodes { number items { name } tenant { number } } }
    }""",
    {},
    None,
)
"""What each change is likely to be seen in."""


@dataclass
class World:
    """Everybody's order book, which changes, and what each seat was last told."""

    asking: Mapping[str, Asking]
    documents: Documents
    rows: list[Base]
    kept: dict[tuple[str, int | str], tuple[Request, Answer]] = field(default_factory=dict)

    def scope(self, seat: Actor) -> TenantScope:
        own = self.asking[seat.name].own
        root = own.tenant.root_tenant_id
        if seat.is_customer:
            return TenantScope.customer(root, own.tenant.id, own.customer.id)
        return (
            TenantScope.tree(root)
            if own.tenant.id == root
            else TenantScope.tenants(root, (own.tenant.id,))
        )

    async def ask(self, seat: Actor, request: Request, tag: str | None = None) -> Answer:
        asking = self.asking[seat.name]
        key, headers = await asking.credential()
        return await asking.client.get(
            request.query,
            request.variables,
            key=key,
            headers=headers,
            tag=tag,
            operation=request.operation,
        )


@pytest.fixture
async def world(databases: Databases, engine: Engine) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        stack.enter_context(one_cache())
        provider = await stack.enter_async_context(believed())
        url = stack.enter_context(databases.empty(engine))
        client = await stack.enter_async_context(serve(url, **believing(provider)))
        people = worlds.everybody()
        rows = list(people.book.rows)
        await client.fill(people.book)
        taught = worlds.taught(people)
        documents = Documents(SCHEMA, {**taught, "first": [1, 5, 50]}, without=["Viewer.rateLimit"])
        asking = {seat.name: Asking(client, people, seat, provider) for seat in ASKING}
        yield World(asking, documents, rows)


async def test_a_kept_answer_is_what_would_be_answered(world: World) -> None:
    random = Random(1)
    kept = changed = unseen = 0
    for number in range(WRITES):
        for seat in ASKING:
            for place, request in (("much", MUCH), (number % 4, world.documents.request(random))):
                answer = await world.ask(seat, request)
                if answer.tag is not None:
                    world.kept[seat.name, place] = request, answer
        seen = await _write(world, random)
        for (name, place), (request, before) in list(world.kept.items()):
            seat = next(each for each in ASKING if each.name == name)
            again = await world.ask(seat, request, before.tag)
            if name not in seen:
                # Neither the answer nor its tag tells that somebody else has written.
                assert again.status == 304
                unseen += 1
            if again.status == 304:
                anew = await world.ask(seat, request)
                assert anew.response.content == before.response.content
                assert anew.tag == before.tag
                kept += 1
            else:
                world.kept.pop((name, place))
                changed += again.response.content != before.response.content
    # Both happened often, and changes were of all kinds.
    assert min(kept, changed, unseen) >= 20, (kept, changed, unseen)


async def _write(world: World, random: Random) -> set[str]:
    """Change a row at random; returns which seats see it, before or afterwards."""
    database = next(iter(world.asking.values())).client.database
    tables = set(triggers.tracked_tables())
    while True:
        row = random.choice(world.rows)
        if row.__tablename__ not in tables:
            continue
        model: Any = type(row)
        mapper = inspect(model)
        where = [
            column == getattr(row, mapper.get_property_by_column(column).key)
            for column in mapper.primary_key
        ]
        seen = await _who_sees(world, database, model, where)
        texts = [
            each
            for each in mapper.columns
            if type(each.type) is String and not each.foreign_keys and each.computed is None
        ]
        change: Any
        if random.random() < 0.1:
            change = delete(model).where(*where)
        elif texts:
            value = f"Wert {random.randrange(10**6)}"
            change = update(model).where(*where).values({random.choice(texts): value})
        else:
            continue
        try:
            async with database.write(CARRIER) as session:
                await session.execute(change)
        except DatabaseError:
            # What was stated stays as it is, say.
            continue
        return seen | await _who_sees(world, database, model, where)


async def _who_sees(world: World, database: Any, model: Any, where: list[Any]) -> set[str]:
    found = set()
    for seat in ASKING:
        async with database.read(world.scope(seat)) as session:
            owned = issubclass(model, TenantOwned | Tenant)
            if not owned or await session.scalar(select(exists(select(model).where(*where)))):
                found.add(seat.name)
    return found
