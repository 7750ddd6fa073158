"""Scopes of a credential: fields without their scope are null, with an error."""

from collections.abc import Sequence

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, is_non_null_type

import schema
from auth.oauth_scopes import DEFAULT, READ_SCOPES, OAuthScope
from schema.required_scopes import needed_by
from tests.graph.client import Answer, Client
from tests.graph.partners import Partners, two_partners
from tests.support.statements import sent

ORDERS = frozenset({OAuthScope.ORDERS_READ})


@pytest.fixture(scope="module")
async def partners(empty_client: Client) -> Partners:
    partners = two_partners()
    await empty_client.fill(partners.book)
    return partners


@pytest.fixture
def client(empty_client: Client, partners: Partners) -> Client:
    return empty_client


def assert_forbidden(answer: Answer, *expected: tuple[Sequence[str | int], str]) -> None:
    found = [(error["path"], error["extensions"]["scope"]) for error in answer.errors]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert set(answer.codes) == {"FORBIDDEN"}
    assert answer.response.status_code == 200


async def test_a_field_without_its_scope_is_null_and_its_parent_survives(
    client: Client, partners: Partners
) -> None:
    number = partners.partner.order.number
    answer = await client.query(
        "query ($number: String!) { order(number: $number)"
        " { number dealerId confirmedBy { name } contract { number } } }",
        {"number": number},
        granted=ORDERS,
    )
    assert answer.json["data"] == {
        "order": {"number": number, "dealerId": None, "confirmedBy": None, "contract": None}
    }
    assert_forbidden(
        answer,
        (["order", "dealerId"], "commissions:read"),
        (["order", "confirmedBy"], "personal-data:read"),
        (["order", "contract"], "contracts:read"),
    )


async def test_every_object_of_a_list_says_so_at_its_own_path(client: Client) -> None:
    answer = await client.query("{ orders(first: 2) { nodes { dealerId } } }", granted=ORDERS)
    assert answer.json["data"]["orders"]["nodes"] == [{"dealerId": None}] * 2
    assert_forbidden(
        answer,
        (["orders", "nodes", 0, "dealerId"], "commissions:read"),
        (["orders", "nodes", 1, "dealerId"], "commissions:read"),
    )


async def test_a_forbidden_relation_is_never_read(client: Client) -> None:
    document = "{ orders { nodes { number contract { number } } } }"
    read = []
    for granted in (READ_SCOPES, ORDERS):
        with sent() as statements:
            await client.query(document, granted=granted)
        read.append(any("contracts" in sql for sql, _ in statements))
    assert read == [True, False]


@pytest.mark.parametrize("field", ["orders", "orderSummary"])
async def test_a_root_field_without_its_scope_leaves_the_others(client: Client, field: str) -> None:
    answer = await client.query(
        f"{{ viewer {{ kind }} {field} {{ __typename }} }}", granted=READ_SCOPES - ORDERS
    )
    assert answer.json["data"] == {"viewer": {"kind": "API_CLIENT"}, field: None}
    assert_forbidden(answer, ([field], "orders:read"))


async def test_aliases_fragments_and_variables_lead_around_nothing(client: Client) -> None:
    answer = await client.query(
        """
        query ($yes: Boolean = true) { a: orders { nodes { ...F } } }
        fragment F on Order { id: dealerId ... on Node { ... on Order @include(if: $yes)
          { c: contract { number } } } }
        """,
        granted=ORDERS,
    )
    nodes = answer.json["data"]["a"]["nodes"]
    assert nodes
    assert all(node == {"id": None, "c": None} for node in nodes)
    assert set(answer.codes) == {"FORBIDDEN"}


async def test_another_operation_of_the_document_takes_nothing_away(client: Client) -> None:
    document = "query A { orders { totalCount } } query B { offers { totalCount } }"
    response = await client.http.post(
        "/graphql",
        json={"query": document, "operationName": "A"},
        headers={"Authorization": f"Bearer {await client.key('M-10001', ORDERS)}"},
    )
    assert "errors" not in response.json()


async def test_node_and_nodes_need_the_scope_of_what_the_id_names(
    client: Client, partners: Partners
) -> None:
    own, foreign = partners.partner, partners.stranger
    numbers = {"o": own.order.number, "c": own.contract.number}
    ids = (
        await client.query(
            "query ($o: String!, $c: String!)"
            " { order(number: $o) { id } contract(number: $c) { id } }",
            numbers,
        )
    ).data
    theirs = await client.query(
        "query ($c: String!) { contract(number: $c) { id } }",
        {"c": foreign.contract.number},
        tenant=foreign.tenant.number,
    )
    order_id, contract_id = ids["order"]["id"], ids["contract"]["id"]
    foreign_id = theirs.data["contract"]["id"]
    answer = await client.query(
        "query ($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id } }",
        {"id": contract_id, "ids": [order_id, contract_id, foreign_id, "ctr_x"]},
        granted=ORDERS,
    )
    assert answer.json["data"] == {"node": None, "nodes": [{"id": order_id}, None, None, None]}
    # A foreign contract is refused in the words that an own one is.
    assert_forbidden(
        answer,
        (["node"], "contracts:read"),
        (["nodes", 1], "contracts:read"),
        (["nodes", 2], "contracts:read"),
    )


async def test_personal_data_is_not_part_of_what_a_key_usually_reads(
    client: Client, partners: Partners
) -> None:
    answer = await client.query(
        """
        query ($number: String!) {
          order(number: $number) {
            dealerId notes { author text } tenant { email } customer { name email }
            offer { createdBy { name } consents { givenBy name email } }
          }
        }
        """,
        {"number": partners.partner.order.number},
        granted=DEFAULT,
    )
    order = answer.json["data"]["order"]
    assert order["dealerId"] is not None
    assert order["notes"][0]["text"]
    assert order["customer"]["name"]
    assert {error["extensions"]["scope"] for error in answer.errors} == {"personal-data:read"}
    assert order["notes"][0]["author"] is None
    assert order["tenant"] == {"email": None}
    assert order["customer"]["email"] is None
    assert order["offer"]["createdBy"] is None
    assert all(c["name"] is None and c["email"] is None for c in order["offer"]["consents"])


async def test_the_viewer_tells_what_the_credential_is_good_for(client: Client) -> None:
    answer = await client.query(
        "{ viewer { kind clientName tokenId scopes expiresAt tenantNumber } }", granted=ORDERS
    )
    viewer = answer.data["viewer"]
    assert viewer["scopes"] == ["orders:read"]
    assert viewer["tokenId"].startswith("pgk_")
    assert (viewer["kind"], viewer["expiresAt"]) == ("API_CLIENT", None)
    assert viewer["tenantNumber"] == "M-10001"


def test_every_field_that_needs_a_scope_can_be_null() -> None:
    built = schema.build_schema()
    fields = [
        (kind, place[1])
        for place in schema.needs(built)
        if isinstance(kind := built._schema.type_map[place[0]], GraphQLObjectType)
        and len(place) == 2
    ]
    assert len(fields) > 30
    assert [
        (kind.name, field) for kind, field in fields if is_non_null_type(kind.fields[field].type)
    ] == []


def test_every_kind_of_document_needs_a_scope() -> None:
    built = schema.build_schema()
    node = built._schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    possible = built._schema.get_possible_types(node)
    assert [kind.name for kind in possible if not needed_by(kind)] == ["Product"]


def test_every_permission_to_read_or_write_is_used_in_the_schema() -> None:
    reading, writing = set[str](), set[str]()
    for (kind, *_), scopes in schema.needs(schema.build_schema()).items():
        (writing if kind == "Mutation" else reading).update(scopes)
    assert reading == {permission.value for permission in READ_SCOPES}
    assert writing == {OAuthScope.ORDERS_COMMENT.value}
