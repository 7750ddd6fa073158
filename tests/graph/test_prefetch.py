"""Rows that an operation surely follows to are prefetched, where the database can do that."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from auth.oauth_scopes import READ_SCOPES, OAuthScope
from tests.graph.client import Client
from tests.graph.factory import Factory
from tests.support.databases import Engine
from tests.support.statements import sent

LINKED = """{
  number customer { number name } tenant { number } offer { number } contract { number version }
}"""


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    book = Factory()
    partner = book.tenant(number="M-1")
    branch = book.tenant(partner, number="M-2")
    for tenant, place in ((partner, 1), (branch, 2)):
        customer = book.customer(tenant, number=f"K-{place}", name=f"Kunde {place}")
        offer = book.offer(customer, number=f"O-{place}")
        contract = book.contract(customer, number=f"V-{place}", version=place)
        book.order(customer, number=f"A-{place}", offer=offer, contract=contract)
        book.order(customer, number=f"A-{place}-BARE")
    await empty_client.fill(book)
    return empty_client


@contextmanager
def tables_read() -> Iterator[list[set[str]]]:
    """For each statement the tables that it reads."""
    read: list[set[str]] = []
    with sent() as statements:
        yield read
    for sql, _ in statements:
        words = set(sql.replace(",", " ").split())
        read.append(words & {"orders", "customers", "tenants", "offers", "contracts"})


def expected(place: int, *, bare: bool) -> dict[str, object]:
    return {
        "number": f"A-{place}-BARE" if bare else f"A-{place}",
        "customer": {"number": f"K-{place}", "name": f"Kunde {place}"},
        "tenant": {"number": f"M-{place}"},
        "offer": None if bare else {"number": f"O-{place}"},
        "contract": None if bare else {"number": f"V-{place}", "version": place},
    }


ALL = [expected(place, bare=bare) for place in (1, 2) for bare in (False, True)]


@pytest.mark.parametrize(
    "orders",
    [
        f"orders {{ nodes {LINKED} }}",
        f"orders {{ edges {{ node {LINKED} }} }}",
        f'orders(filter: {{search: "kunde"}}) {{ nodes {LINKED} }}',
        f"orders {{ ...Page }} }} fragment Page on OrderConnection {{ nodes {LINKED}",
    ],
)
async def test_a_page_and_what_belongs_to_its_rows_is_one_statement(
    client: Client, engine: Engine, orders: str
) -> None:
    answer = await client.query(f"{{ {orders} }}", tenant="M-1")
    page = answer.data["orders"]
    nodes = page.get("nodes") or [edge["node"] for edge in page["edges"]]
    assert sorted(nodes, key=lambda node: node["number"]) == ALL
    assert answer.statements == (1 if engine == "postgresql" else 5)


async def test_one_order_and_what_belongs_to_it_is_one_statement(
    client: Client, engine: Engine
) -> None:
    for place, bare in ((1, False), (2, True)):
        number = expected(place, bare=bare)["number"]
        answer = await client.query(f'{{ order(number: "{number}") {LINKED} }}', tenant="M-1")
        assert answer.data["order"] == expected(place, bare=bare)
        sqlite = 3 if bare else 5
        assert answer.statements == (1 if engine == "postgresql" else sqlite)


async def test_a_page_below_each_parent_prefetches(client: Client, engine: Engine) -> None:
    document = (
        f"{{ customers(first: 5) {{ nodes {{ number orders(first: 5) {{ nodes {LINKED} }} }} }} }}"
    )
    answer = await client.query(document, tenant="M-1")
    found = [
        order
        for customer in answer.data["customers"]["nodes"]
        for order in customer["orders"]["nodes"]
    ]
    assert sorted(found, key=lambda order: order["number"]) == ALL
    # Here the customers are known by another statement, and asked for again with other columns.
    assert answer.statements == (2 if engine == "postgresql" else 6)


async def test_what_is_out_of_scope_is_null(client: Client) -> None:
    document = "{ tenants { nodes { number parent { number } } } }"
    answer = await client.query(document, tenant="M-1")
    partner, branch = sorted(answer.data["tenants"]["nodes"], key=lambda each: each["number"])
    assert partner["parent"] is None
    assert branch["parent"] == {"number": "M-1"}
    answer = await client.query(document, tenant="M-2")
    assert answer.data["tenants"]["nodes"] == [{"number": "M-2", "parent": None}]


async def test_what_a_client_may_not_read_is_not_prefetched(client: Client, engine: Engine) -> None:
    granted = READ_SCOPES - {OAuthScope.CONTRACTS_READ}
    await client.query("{ orders { nodes { number } } }", tenant="M-1", granted=granted)
    with tables_read() as read:
        answer = await client.query(
            f"{{ orders {{ nodes {LINKED} }} }}", tenant="M-1", granted=granted
        )
    assert answer.codes == ["FORBIDDEN"] * 4
    assert {
        node["contract"] and node["offer"] for node in answer.json["data"]["orders"]["nodes"]
    } == {None}
    assert all("contracts" not in tables for tables in read)
    # All else is.
    assert answer.statements == (1 if engine == "postgresql" else 4)


async def test_what_a_condition_excludes_is_not_prefetched(client: Client) -> None:
    document = """query Some($with: Boolean!) {
      orders { nodes { number contract @include(if: $with) { number } } }
    }"""
    with tables_read() as read:
        answer = await client.query(document, {"with": False}, tenant="M-1")
    assert answer.statements == 1
    assert all("contracts" not in tables for tables in read)
    answer = await client.query(document, {"with": True}, tenant="M-1")
    assert {str(node["contract"]) for node in answer.data["orders"]["nodes"]} == {
        "None",
        "{'number': 'V-1'}",
        "{'number': 'V-2'}",
    }


async def test_what_is_conditional_as_a_whole_is_prefetched(client: Client, engine: Engine) -> None:
    document = f"""query Some($with: Boolean!) {{
      orders @include(if: $with) {{ nodes {LINKED} }}
    }}"""
    answer = await client.query(document, {"with": True}, tenant="M-1")
    assert answer.statements == (1 if engine == "postgresql" else 5)


async def test_aliases_of_a_relation_share_prefetched_rows(client: Client, engine: Engine) -> None:
    document = "{ orders { nodes { a: customer { number } b: customer { name } } } }"
    answer = await client.query(document, tenant="M-1")
    assert {
        (node["a"]["number"], node["b"]["name"]) for node in answer.data["orders"]["nodes"]
    } == {
        ("K-1", "Kunde 1"),
        ("K-2", "Kunde 2"),
    }
    assert answer.statements == (1 if engine == "postgresql" else 2)
