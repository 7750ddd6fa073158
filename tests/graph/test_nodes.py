"""Global ids, as defined by Relay: every object has one and is found by it."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.graph.client import Answer, Client
from tests.graph.partners import Partners, two_partners

LIMIT = 100
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"

# Each type that implements Node, reached from an order without naming its id.
WAYS = {
    "Tenant": ("tenant",),
    "Customer": ("customer",),
    "Site": ("site",),
    "Product": ("product",),
    "Cart": ("offer", "cart"),
    "Offer": ("offer",),
    "Order": (),
    "Contract": ("contract",),
}


@dataclass(frozen=True)
class Shelf:
    client: Client
    partners: Partners
    ids: dict[str, str]
    """An id of each type, of the partner's objects."""
    foreign: dict[str, str]
    """The same of the other partner's objects, except for products, which are shared."""

    async def node(self, given: Any, *, tenant: str | None = None) -> Any:
        return (await self.client.query(NODE, {"id": given}, tenant=tenant)).data["node"]

    async def nodes(self, ids: list[str]) -> Answer:
        return await self.client.query(NODES, {"ids": ids})


@pytest.fixture(scope="module")
async def shelf(empty_client: Client) -> Shelf:
    partners = two_partners()
    await empty_client.fill(partners.book)
    own = await _ids(empty_client, partners.partner.order.number, None)
    stranger = partners.stranger
    foreign = await _ids(empty_client, stranger.order.number, stranger.tenant.number)
    del foreign["Product"]
    return Shelf(empty_client, partners, own, foreign)


async def _ids(client: Client, number: str, tenant: str | None) -> dict[str, str]:
    selection = "__typename id " + " ".join(
        f"{' {'.join(way)} {{ __typename id {'} ' * len(way)}" for way in WAYS.values() if way
    )
    query = f"query ($number: String!) {{ order(number: $number) {{ {selection} }} }}"
    order = (await client.query(query, {"number": number}, tenant=tenant)).data["order"]
    found = {}
    for name, way in WAYS.items():
        node = order
        for step in way:
            node = node[step]
        assert node["__typename"] == name
        found[name] = node["id"]
    return found


async def test_these_are_all_the_types_that_implement_node(shelf: Shelf) -> None:
    query = '{ __type(name: "Node") { possibleTypes { name } } }'
    possible = (await shelf.client.query(query)).data["__type"]["possibleTypes"]
    assert {kind["name"] for kind in possible} == {*WAYS}


@pytest.mark.parametrize("name", WAYS)
async def test_an_object_comes_back_by_its_id(shelf: Shelf, name: str) -> None:
    given = shelf.ids[name]
    assert await shelf.node(given) == {"__typename": name, "id": given}


async def test_an_object_by_its_id_is_the_whole_object(shelf: Shelf) -> None:
    query = """query ($id: ID!) { node(id: $id) { ... on Order {
        number status customer { number } contract { number } items { name }
    } } }"""
    node = (await shelf.client.query(query, {"id": shelf.ids["Order"]})).data["node"]
    documents = shelf.partners.partner
    assert node["number"] == documents.order.number
    assert node["customer"] == {"number": documents.customer.number}
    assert node["contract"] == {"number": documents.contract.number}
    assert len(node["items"]) == 1


async def test_several_objects_come_back_in_the_order_of_their_ids(shelf: Shelf) -> None:
    ids = [*shelf.ids.values(), shelf.ids["Order"], *reversed(shelf.ids.values())]
    nodes = (await shelf.nodes(ids)).data["nodes"]
    assert [node["id"] for node in nodes] == ids


async def test_unknown_malformed_and_foreign_ids_are_null_in_their_places(shelf: Shelf) -> None:
    ids = ["", shelf.ids["Order"], "ord_AAAAAAAAAAAAAAAAAAAAAA", shelf.foreign["Order"], "1"]
    nodes = (await shelf.nodes([*ids, shelf.ids["Site"]])).data["nodes"]
    assert [node and node["__typename"] for node in nodes] == [
        *(None, "Order", None, None, None, "Site"),
    ]


async def test_no_ids_have_no_objects(shelf: Shelf) -> None:
    answer = await shelf.nodes([])
    assert (answer.data["nodes"], answer.statements) == ([], 0)


@pytest.mark.parametrize(
    "spoilt",
    [
        *("{prefix}_", "{text}", "{prefix}{text}", "{prefix}-{text}", "{prefix}_{text}=="),
        *("{prefix}_{text}A", " {prefix}_{text}", "{prefix}_{text}\n", "{prefix}_ {text}"),
        *("{prefix}_{prefix}_{text}", "xxx_{text}", "Order_{text}", "{upper}_{text}", "_{text}"),
        "{prefix}_" + "é" * 22,
        "{prefix}_" + "*" * 22,
        "{prefix}_" + "/" * 22,
        "{prefix}_" + "A" * 20 + "==",
        "ctr_{text}",
    ],
)
async def test_what_is_no_id_names_nothing(shelf: Shelf, spoilt: str) -> None:
    prefix, _, text = shelf.ids["Order"].partition("_")
    given = spoilt.format(prefix=prefix, text=text, upper=prefix.upper())
    assert await shelf.node(given) is None


@pytest.mark.parametrize("given", ["x" * 10_000, "\u202e", "😀", 7, "7", "null"])
async def test_no_id_is_too_strange(shelf: Shelf, given: Any) -> None:
    assert await shelf.node(given) is None


async def test_an_object_has_one_id_and_no_other_spelling_of_it(shelf: Shelf) -> None:
    given = shelf.ids["Order"]
    # 22 characters of base64 hold four bits more than an id needs.
    others = [given[:-1] + last for last in ALPHABET if last != given[-1]]
    nodes = (await shelf.nodes(others)).data["nodes"]
    assert nodes == [None] * len(others)


@pytest.mark.parametrize("name", [name for name in WAYS if name != "Product"])
async def test_an_object_of_another_partner_answers_byte_by_byte_like_an_unknown_one(
    shelf: Shelf, name: str
) -> None:
    foreign = shelf.foreign[name]
    prefix, _, _ = foreign.partition("_")
    theirs = await shelf.client.query(NODE, {"id": foreign})
    nobodys = await shelf.client.query(NODE, {"id": f"{prefix}_AAAAAAAAAAAAAAAAAAAAAA"})
    assert theirs.response.content == nobodys.response.content
    assert nobodys.data == {"node": None}
    assert theirs.statements == nobodys.statements
    stranger = shelf.partners.stranger.tenant.number
    assert await shelf.node(foreign, tenant=stranger) == {"__typename": name, "id": foreign}


async def test_a_branch_finds_its_own_objects_and_not_those_above_it(shelf: Shelf) -> None:
    branch = shelf.partners.branch
    number = branch.tenant.number
    ids = await _ids(shelf.client, branch.order.number, number)
    assert ids["Product"] == shelf.ids["Product"]
    for name in WAYS:
        seen_from_above = await shelf.node(ids[name])
        assert seen_from_above == await shelf.node(ids[name], tenant=number)
        if name != "Product":
            assert await shelf.node(shelf.ids[name], tenant=number) is None


async def test_objects_of_a_type_are_one_statement_however_many(shelf: Shelf) -> None:
    single = await shelf.nodes([shelf.ids["Order"]])
    many = [
        (await _ids(shelf.client, each.order.number, each.tenant.number))["Order"]
        for each in shelf.partners.all
    ]
    assert single.statements == (await shelf.nodes(many * 20)).statements == 1
    assert (await shelf.nodes([*shelf.ids.values()])).statements == len(WAYS)


async def test_as_many_ids_as_allowed_are_answered(shelf: Shelf) -> None:
    nodes = (await shelf.nodes([shelf.ids["Order"]] * LIMIT)).data["nodes"]
    assert nodes == [{"__typename": "Order", "id": shelf.ids["Order"]}] * LIMIT


async def test_more_ids_exceed_a_limit_that_the_error_names(shelf: Shelf) -> None:
    answer = await shelf.nodes(["ord_"] * (LIMIT + 1))
    (error,) = answer.errors
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "nodes",
        "actual": LIMIT + 1,
        "maximum": LIMIT,
    }
    assert answer.statements == 0


async def test_an_id_says_nothing_but_its_type(shelf: Shelf) -> None:
    tenant = shelf.partners.partner.tenant
    for name, given in shelf.ids.items():
        assert re.fullmatch(r"[a-z]{3}_[A-Za-z0-9_-]{22}", given), name
        # The small integer that keys a tenant's rows stays in the database.
        assert str(tenant.id) not in given
    assert len({given.partition("_")[0] for given in shelf.ids.values()}) == len(WAYS)
