"""Every kind of principal sends a mutation, for its own order and for those of others."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest
from sqlalchemy import select

from auth.admin import credentials
from auth.oauth_scopes import ImpossibleScopeError, OAuthScope
from db.enums import ClientKind
from db.models import Order, OrderNote
from db.scope.tenant_scope import TenantScope
from tests.graph.client import serve
from tests.graph.factory import NOW
from tests.graph.mutations import ADD
from tests.graph.walk import SCHEMA
from tests.isolation import worlds
from tests.isolation.actors import ACTORS, Actor, Asking, believed, believing
from tests.support.databases import Databases, Engine

SENT = {"orderNoteAdd"}
"""The mutations that the tests of this module send."""
COMMENT = OAuthScope.ORDERS_COMMENT
WRITERS = {
    "stranger by token",
    "sub-tenant by key",
    "sub-tenant by its partner",
    "partner by key",
    "sub-tenant's user",
}
PAGES = {"page of a customer", "page of a sub-tenant"}
CARRIERS = {"fulfilment for a sub-tenant", "support for a sub-tenant"}
CUSTOMERS = {"customer's user", "customer granted all"}

World = Mapping[str, Asking]


def _granted(actor: Actor) -> Actor:
    """The actor with the scope to write, where its kind of credential can have it."""
    if actor.name in WRITERS or actor.name == "customer granted all":
        return replace(actor, scopes=actor.scopes | {COMMENT})
    return actor


@pytest.fixture(scope="module")
async def world(databases: Databases, engine: Engine) -> AsyncIterator[World]:
    people = worlds.everybody()
    with databases.empty(engine) as url:
        async with believed() as provider, serve(url, **believing(provider)) as client:
            await client.fill(people.book)
            yield {
                actor.name: Asking(client, people, _granted(actor), provider) for actor in ACTORS
            }


async def notes(asking: Asking) -> list[OrderNote]:
    async with asking.client.database.read(TenantScope.carrier()) as session:
        return list(await session.entities(select(OrderNote).where(OrderNote.account.is_not(None))))


def request(order: str, key: str) -> dict[str, object]:
    return {"input": {"idempotencyKey": key, "order": order, "text": f"Notiz {key}"}}


def test_every_mutation_is_sent_here() -> None:
    assert SCHEMA.mutation_type is not None
    assert {*SCHEMA.mutation_type.fields} == SENT


def test_every_actor_is_expected_to_do_something() -> None:
    assert {actor.name for actor in ACTORS} == WRITERS | PAGES | CARRIERS | CUSTOMERS


@pytest.mark.parametrize("name", sorted(WRITERS))
async def test_a_partner_adds_notes_to_the_orders_it_sees_alone(name: str, world: World) -> None:
    asking = world[name]
    before = len(await notes(asking))
    tenants = {getattr(asking.people, place).tenant.id for place in asking.seat.sees}
    async with asking.client.database.read(TenantScope.carrier()) as session:
        # The stranger has an order of the same number as the partner.
        own = set(await session.entities(select(Order.number).where(Order.tenant_id.in_(tenants))))
    for place in ("partner", "branch", "nested", "sibling", "stranger"):
        number = getattr(asking.people, place).order.number
        answer = await asking.ask(ADD, request(number, f"{name} {place}"))
        assert not [code for code in answer.codes if code != "FORBIDDEN"], answer.json
        result = answer.json["data"]["orderNoteAdd"]
        if number in own:
            assert result["order"]["number"] == number, place
        else:
            assert [error["code"] for error in result["errors"]] == ["NOT_FOUND"], place
    written = (await notes(asking))[before:]
    assert {note.tenant_id for note in written} == tenants
    is_person = name == "sub-tenant's user"
    assert {note.author is not None for note in written} == {is_person}
    for note in written:
        assert note.account is not None
        assert note.account.startswith("user:") == is_person


@pytest.mark.parametrize("name", sorted(PAGES))
async def test_a_page_writes_nothing(name: str, world: World) -> None:
    asking = world[name]
    before = await notes(asking)
    answer = await asking.ask(ADD, request(asking.own.order.number, name))
    assert (answer.status, answer.codes) == (403, ["FORBIDDEN"])
    assert len(await notes(asking)) == len(before)


@pytest.mark.parametrize("name", sorted({"customer's user", *CARRIERS}))
async def test_customers_users_and_the_carriers_own_lack_the_scope(name: str, world: World) -> None:
    asking = world[name]
    before = await notes(asking)
    answer = await asking.ask(ADD, request(asking.own.order.number, name))
    assert [error["extensions"].get("scope") for error in answer.errors] == [COMMENT]
    assert answer.json["data"] == {"orderNoteAdd": None}
    assert len(await notes(asking)) == len(before)


@pytest.mark.parametrize("kind", [ClientKind.FULFILMENT, ClientKind.SUPPORT])
async def test_the_carriers_own_cannot_be_granted_the_scope(kind: ClientKind, world: World) -> None:
    database = next(iter(world.values())).client.database
    with pytest.raises(ImpossibleScopeError):
        await credentials.create_key(
            database, kind=kind, client_name="Desk", now=NOW, scopes=frozenset({COMMENT})
        )


async def test_a_customers_session_writes_nothing_even_with_the_scope(world: World) -> None:
    """The scope is for no principal of a customer: the role of its sessions stands behind that."""
    asking = world["customer granted all"]
    before = await notes(asking)
    answer = await asking.ask(ADD, request(asking.own.order.number, "customer"))
    assert answer.codes == ["INTERNAL_SERVER_ERROR"]
    assert len(await notes(asking)) == len(before)
