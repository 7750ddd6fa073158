"""The cost of the product's operations, and which fields must state one."""

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
)

import schema
from bench import scenarios
from execution.cost_model import ListSize, directives_of
from execution.documents import DocumentCache
from resolvers.orders import MOST_REFERENCES
from server.limits import ServerLimits
from tests.graph.client import Client
from tests.graph.factory import Factory

EXAMPLES = sorted((Path(__file__).parents[2] / "web/graphiql/examples").glob("*.graphql"))
MEASURED = [
    value
    for value in vars(scenarios).values()
    if isinstance(value, str) and value.startswith("query")
]
LARGEST: dict[str, Any] = {
    "references": ["A-10001"] * MOST_REFERENCES,
    "first": 250,
    "number": "A-10001",
}

EVERY_PART = """\
query Everything($first: Int) { orders(first: $first) { nodes { number
  customer { name } site { id } product { number } offer { number } contract { number }
  milestones { kind } delays { reason } history { phase } externalIds { value } notes { text }
  documents { url } items { position prices { net { amount } } characteristics { name } }
} } }"""


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    """Three customers with four orders each, every second one with a contract."""
    book = Factory()
    tenant = book.tenant()
    product = book.product()
    for _ in range(3):
        customer = book.customer(tenant)
        for number in range(4):
            contract = book.contract(customer) if number % 2 else None
            order = book.order(customer, contract=contract)
            book.item(order, product=product)
    await empty_client.fill(book)
    return empty_client


def cost(answer: Any) -> tuple[int, int]:
    """The requested and the actual cost."""
    stated = answer.json["extensions"]["cost"]
    return stated["requested"], stated["actual"]


def test_every_list_of_objects_states_its_size() -> None:
    unstated = []
    for name, kind in schema.build_schema()._schema.type_map.items():
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        for field_name, field in kind.fields.items():
            bare = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            target = get_named_type(field.type)
            a_list = isinstance(bare, GraphQLList) and is_composite_type(target)
            # Lists of a page have the size that the connection field states.
            if (a_list and not name.endswith("Connection")) or target.name.endswith("Connection"):
                stated = [each for each in directives_of(field) if isinstance(each, ListSize)]
                if not stated:
                    unstated.append(f"{name}.{field_name}")
    assert unstated == []


@pytest.mark.parametrize(
    "document", [*(path.read_text() for path in EXAMPLES), *MEASURED, EVERY_PART]
)
def test_what_partners_usually_ask_for_is_far_below_the_maximum(document: str) -> None:
    prepared = DocumentCache(schema.build_schema(), ServerLimits()).get(document)
    assert prepared.errors == ()
    operation = prepared.operation(None).cost
    assert operation is not None
    first = {"first": 50} if document == EVERY_PART else {}
    assert operation.requested(LARGEST | first) < 0.9 * ServerLimits().cost


@pytest.mark.parametrize(
    ("document", "variables", "requested", "actual"),
    [
        ("{ viewer { clientName } }", {}, 1, 1),
        ("{ orders { nodes { number } } }", {}, 1 + 50, 1 + 12),
        ("{ orders(first: 2) { nodes { number } } }", {}, 1 + 2, 1 + 2),
        ("{ orders(last: 2) { edges { node { number } } } }", {}, 1 + 2, 1 + 2),
        ("{ orders { totalCount } }", {}, 1 + 50 + 5, 1 + 50 + 5),
        (
            "{ orders(first: 20) { nodes { customer { name } contract { number } } } }",
            {},
            1 + 20 * 3,
            1 + 12 * 2 + 6,
        ),
        (
            """query($customers: Int = 10, $orders: Int!) { customers(first: $customers) {
                nodes { orders(first: $orders) { nodes { number customer { number } } } } } }""",
            {"orders": 2},
            1 + 10 * (1 + 2 * 2),
            1 + 3 * (1 + 2 * 2),
        ),
        (
            """query($references: [String!]!) {
                ordersByReference(references: $references) { reference orders { number } } }""",
            {"references": ["A-unknown", "A-none"]},
            1 + 2 * (1 + 10),
            1 + 2,
        ),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x", "y"]}, 1 + 2, 1),
    ],
)
async def test_the_cost_of_an_operation_is_reported(
    client: Client, document: str, variables: dict[str, Any], requested: int, actual: int
) -> None:
    assert cost(await client.query(document, variables)) == (requested, actual)


async def test_before_without_first_costs_a_usual_page(client: Client) -> None:
    page = await client.query("{ orders(last: 3) { pageInfo { startCursor } nodes { id } } }")
    document = "query($before: String) { orders(before: $before) { nodes { id } } }"
    before = page.data["orders"]["pageInfo"]["startCursor"]
    assert cost(await client.query(document, {"before": before})) == (1 + 50, 1 + 9)


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ customers(first: 250) { nodes { orders { nodes { id } } } } }", {}),
        ("{ customers(first: 250) { nodes { orders(last: 50) { pageInfo { endCursor } } } } }", {}),
        (
            "query($f: Int = 250) { orders(first: $f) { nodes { items { prices { kind } } } } }",
            {"f": 1000},
        ),
        (
            """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer {
                contracts(first: 200) { edges { cursor } } } } }""",
            {"ids": ["x"] * 100},
        ),
    ],
)
async def test_too_dear_an_operation_is_refused_before_any_statement(
    client: Client, document: str, variables: dict[str, Any]
) -> None:
    answer = await client.query(document, variables)
    [error] = answer.errors
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert error["extensions"]["limit"] == "cost"
    assert error["extensions"]["maximum"] == 10_000
    assert error["extensions"]["actual"] > 10_000
    assert answer.statements == 0
