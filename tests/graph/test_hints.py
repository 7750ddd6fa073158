"""Errors give no hints about the schema, so that it cannot be guessed word by word."""

from typing import Any

import pytest

from tests.graph.client import Client
from tests.graph.factory import Factory

FILTERED = "query($filter: OrderFilter) { orders(filter: $filter) { totalCount } }"


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    book = Factory()
    book.tenant()
    await empty_client.fill(book)
    return empty_client


@pytest.mark.parametrize(
    ("document", "variables", "hidden"),
    [
        ("{ ordrs { totalCount } }", {}, "orders"),
        ("{ orders { totalCoun } }", {}, "totalCount"),
        ("{ orders(firs: 1) { totalCount } }", {}, "first"),
        ("{ orders @includ(if: true) { totalCount } }", {}, "include"),
        ("{ orders @include(iff: true) { totalCount } }", {}, "if:"),
        ("{ orders(filter: {statu: []}) { totalCount } }", {}, "status"),
        ("{ orders(filter: {status: [ERORR]}) { totalCount } }", {}, "ERROR"),
        ('{ orders(filter: {status: ["ERROR"]}) { totalCount } }', {}, "mean the enum"),
        ("query($s: [OrderStatu!]) { orders(filter: {status: $s}) { totalCount } }", {}, "Status"),
        ("{ node(id: 1) { ... on Ordr { number } } }", {}, "Order"),
        ("{ node(id: 1) { number } }", {}, "Contract"),
        (FILTERED, {"filter": {"statu": []}}, "status"),
        (FILTERED, {"filter": {"status": ["ERORR"]}}, "ERROR"),
        (FILTERED, {"filter": {"status": ["error"]}}, "ERROR"),
    ],
)
async def test_an_error_does_not_suggest_what_was_nearly_named(
    client: Client, document: str, variables: dict[str, Any], hidden: str
) -> None:
    [error, *_] = (await client.query(document, variables)).errors
    assert hidden not in error["message"]
    assert "mean" not in error["message"]


async def test_nobody_introspects_without_a_key(client: Client) -> None:
    response = await client.http.post("/graphql", json={"query": "{ __schema { types { name } } }"})
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
