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
class Dataset:
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
async def dataset(empty_client: Client) -> Dataset:
    partners = two_partners()
    await empty_client.fill(partners.book)
    own = await _ids(empty_client, partners.partner.order.number, None)
    stranger = partners.stranger
    foreign = await _ids(empty_client, stranger.order.number, stranger.tenant.number)
    del foreign["Product"]
    return Dataset(empty_client, partners, own, foreign)


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


async def test_these_are_all_the_types_that_implement_node(dataset: Dataset) -> None:
    query = '{ __type(name: "Node") { possibleTypes { name } } }'
    possible = (await dataset.client.query(query)).data["__type"]["possibleTypes"]
    assert {kind["name"] for kind in possible} == {*WAYS}


@pytest.mark.parametrize("name", WAYS)
async def test_an_object_comes_back_by_its_id(dataset: Dataset, name: str) -> None:
    given = dataset.ids[name]
    assert await dataset.node(given) == {"__typename": name, "id": given}


async def test_an_object_by_its_id_is_the_whole_object(dataset: Dataset) -> None:
    query = """query ($id: ID!) { node(id: $id) { ... on Order {
        number status customer { number } contract { number } items { name }
    } } }"""
    node = (await dataset.client.query(query, {"id": dataset.ids["Order"]})).data["node"]
    documents = dataset.partners.partner
    assert node["number"] == documents.order.number
    assert node["customer"] == {"number": documents.customer.number}
    assert node["contract"] == {"number": documents.contract.number}
    assert len(node["items"]) == 1


async def test_several_objects_come_back_in_the_order_of_their_ids(dataset: Dataset) -> None:
    ids = [*dataset.ids.values(), dataset.ids["Order"], *reversed(dataset.ids.values())]
    nodes = (await dataset.nodes(ids)).data["nodes"]
    assert [node["id"] for node in nodes] == ids


async def test_unknown_malformed_and_foreign_ids_are_null_in_their_places(dataset: Dataset) -> None:
    ids = ["", dataset.ids["Order"], "ord_AAAAAAAAAAAAAAAAAAAAAA", dataset.foreign["Order"], "1"]
    nodes = (await dataset.nodes([*ids, dataset.ids["Site"]])).data["nodes"]
    assert [node and node["__typename"] for node in nodes] == [
        *(None, "Order", None, None, None, "Site"),
    ]


async def test_no_ids_have_no_objects(dataset: Dataset) -> None:
    answer = await dataset.nodes([])
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
async def test_what_is_no_id_names_nothing(dataset: Dataset, spoilt: str) -> None:
    prefix, _, text = dataset.ids["Order"].partition("_")
    given = spoilt.format(prefix=prefix, text=text, upper=prefix.upper())
    assert await dataset.node(given) is None


@pytest.mark.parametrize("given", ["x" * 10_000, "\u202e", "😀", 7, "7", "null"])
async def test_no_id_is_too_strange(dataset: Dataset, given: Any) -> None:
    assert await dataset.node(given) is None


async def test_an_object_has_one_id_and_no_other_spelling_of_it(dataset: Dataset) -> None:
    given = dataset.ids["Order"]
    # 22 characters of base64 hold four bits more than an id needs.
    others = [given[:-1] + last for last in ALPHABET if last != given[-1]]
    nodes = (await dataset.nodes(others)).data["nodes"]
    assert nodes == [None] * len(others)


@pytest.mark.parametrize("name", [name for name in WAYS if name != "Product"])
async def test_an_object_of_another_partner_answers_byte_by_byte_like_an_unknown_one(
    dataset: Dataset, name: str
) -> None:
    foreign = dataset.foreign[name]
    prefix, _, _ = foreign.partition("_")
    theirs = await dataset.client.query(NODE, {"id": foreign})
    nobodys = await dataset.client.query(NODE, {"id": f"{prefix}_AAAAAAAAAAAAAAAAAAAAAA"})
    assert theirs.response.content == nobodys.response.content
    assert nobodys.data == {"node": None}
    assert theirs.statements == nobodys.statements
    stranger = dataset.partners.stranger.tenant.number
    assert await dataset.node(foreign, tenant=stranger) == {"__typename": name, "id": foreign}


async def test_a_branch_finds_its_own_objects_and_not_those_above_it(dataset: Dataset) -> None:
    branch = dataset.partners.branch
    number = branch.tenant.number
    ids = await _ids(dataset.client, branch.order.number, number)
    assert ids["Product"] == dataset.ids["Product"]
    for name in WAYS:
        seen_from_above = await dataset.node(ids[name])
        assert seen_from_above == await dataset.node(ids[name], tenant=number)
        if name != "Product":
            assert await dataset.node(dataset.ids[name], tenant=number) is None


async def test_objects_of_a_type_are_one_statement_however_many(dataset: Dataset) -> None:
    single = await dataset.nodes([dataset.ids["Order"]])
    many = [
        (await _ids(dataset.client, each.order.number, each.tenant.number))["Order"]
        for each in dataset.partners.all
    ]
    assert single.statements == (await dataset.nodes(many * 20)).statements == 1
    assert (await dataset.nodes([*dataset.ids.values()])).statements == len(WAYS)


async def test_as_many_ids_as_allowed_are_answered(dataset: Dataset) -> None:
    nodes = (await dataset.nodes([dataset.ids["Order"]] * LIMIT)).data["nodes"]
    assert nodes == [{"__typename": "Order", "id": dataset.ids["Order"]}] * LIMIT


async def test_more_ids_exceed_a_limit_that_the_error_names(dataset: Dataset) -> None:
    answer = await dataset.nodes(["ord_"] * (LIMIT + 1))
    (error,) = answer.errors
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "nodes",
        "actual": LIMIT + 1,
        "maximum": LIMIT,
    }
    assert answer.statements == 0


async def test_an_id_says_nothing_but_its_type(dataset: Dataset) -> None:
    tenant = dataset.partners.partner.tenant
    for name, given in dataset.ids.items():
        assert re.fullmatch(r"[a-z]{3}_[A-Za-z0-9_-]{22}", given), name
        # The small integer that keys a tenant's rows stays in the database.
        assert str(tenant.id) not in given
    assert len({given.partition("_")[0] for given in dataset.ids.values()}) == len(WAYS)
