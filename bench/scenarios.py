"""The operations to be measured: typical tasks of partners, with values of the order book."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

PAGE = 50
DEEP_PAGE = 1_000
LOOK_UPS = 500
REFERENCE_LISTS = 20
REFERENCES = 100


@dataclass(frozen=True, slots=True)
class Scenario:
    """An operation, and the variables that its requests use in turn."""

    name: str
    """Name of the operation, which the server's log contains."""
    title: str
    query: str
    variables: tuple[dict[str, Any], ...]

    @property
    def bodies(self) -> tuple[str, ...]:
        return tuple(
            orjson.dumps(
                {"query": self.query, "operationName": self.name, "variables": variables}
            ).decode()
            for variables in self.variables
        )


ONE_ORDER = """\
query OneOrder($number: String!) {
  order(number: $number) {
    number status phase receivedAt
    customer { number name kind createdAt }
    offer { number status businessCase createdAt }
    contract { number status createdAt term { start end } }
  }
}"""

FIFTY_ORDERS = """\
query FiftyOrders {
  orders(first: 50) {
    nodes {
      number status phase receivedAt
      customer { number name kind createdAt }
      tenant { number name email createdAt }
      offer { number status businessCase createdAt }
      contract { number status createdAt version }
    }
  }
}"""

BY_REFERENCE = """\
query ByReference($references: [String!]!) {
  ordersByReference(references: $references) {
    reference state matchedBy
    orders { number status updatedAt }
  }
}"""

SUMMARY = """\
query Summary {
  orderSummary {
    total needingAction delayed
    byStatus { status count }
    byPhase { phase count }
    byBusinessCase { businessCase count }
  }
}"""

NESTED = """\
query Nested {
  customers(first: 20) {
    nodes {
      number name
      orders(first: 5) { nodes { number status receivedAt } }
    }
  }
}"""

SEARCH = """\
query Search($words: String!) {
  orders(first: 20, filter: { search: $words }) { nodes { number status receivedAt } }
}"""

_PAGE_FIELDS = "{ nodes { number status receivedAt } pageInfo { hasNextPage endCursor } }"

FIRST_PAGE = f"query FirstPage {{ orders(first: {PAGE}) {_PAGE_FIELDS} }}"
DEEP = f"query DeepPage($after: String) {{ orders(first: {PAGE}, after: $after) {_PAGE_FIELDS} }}"

_SAMPLE = """\
query Sample($after: String) {
  orders(first: 250, after: $after) {
    nodes { number customer { name } offer { number } contract { number } externalIds { value } }
    pageInfo { endCursor hasNextPage }
  }
}"""

_WALK = """\
query Walk($first: Int!, $after: String) {
  orders(first: $first, after: $after) { pageInfo { endCursor hasNextPage } }
}"""


@dataclass(frozen=True, slots=True)
class Questions:
    """All scenarios of the load benchmark."""

    tasks: tuple[Scenario, ...]
    first_page: Scenario
    deep_page: Scenario
    deep: int
    """Number of the deep page."""


def questions(client: httpx.Client) -> Questions:
    """Return the scenarios, with values that the server itself answers."""
    sample = list(_sample(client))
    numbers = tuple({"number": order["number"]} for order in sample[:LOOK_UPS])
    references = tuple({"references": values} for values in _references(sample))
    first_page, deep_page, deep = pages(client)
    return Questions(
        tasks=(
            Scenario("OneOrder", "one order with customer, offer and contract", ONE_ORDER, numbers),
            fifty_orders(),
            Scenario(
                "ByReference", f"`ordersByReference` with {REFERENCES}", BY_REFERENCE, references
            ),
            Scenario("Summary", "`orderSummary`", SUMMARY, ({},)),
            Scenario("Nested", "20 customers with 5 orders each", NESTED, ({},)),
            Scenario("Search", "20 orders by a word", SEARCH, tuple(_words(sample))),
        ),
        first_page=first_page,
        deep_page=deep_page,
        deep=deep,
    )


def one_order(client: httpx.Client) -> Scenario:
    """Return the scenario that asks for one order, another one each time."""
    page = ask(client, FIRST_PAGE, {})["orders"]["nodes"]
    numbers = tuple({"number": order["number"]} for order in page)
    return Scenario("OneOrder", "one order", ONE_ORDER, numbers)


def fifty_orders() -> Scenario:
    """Return the scenario that asks for 50 orders and the objects that belong to them."""
    title = "50 orders with customer, tenant, offer and contract"
    return Scenario("FiftyOrders", title, FIFTY_ORDERS, ({},))


def pages(client: httpx.Client) -> tuple[Scenario, Scenario, int]:
    """Return the first page of orders, a deep page, and the number of the deep page."""
    deep, cursor = _walk(client)
    return (
        Scenario("FirstPage", f"page 1 of {PAGE} orders", FIRST_PAGE, ({},)),
        Scenario("DeepPage", f"page {deep:,}", DEEP, ({"after": cursor},)),
        deep,
    )


def ask(client: httpx.Client, query: str, variables: dict[str, Any]) -> Any:
    """Send an operation and return its data. Fails if there are errors."""
    response = client.post("/graphql", json={"query": query, "variables": variables})
    answer = response.json()
    assert response.status_code == 200, answer
    assert "errors" not in answer, answer
    return answer["data"]


def _sample(client: httpx.Client) -> Iterator[dict[str, Any]]:
    after = None
    for _ in range(8):
        page = ask(client, _SAMPLE, {"after": after})["orders"]
        yield from page["nodes"]
        after = page["pageInfo"]["endCursor"]


def _references(orders: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """Yield lists that mix all kinds of references, and some unknown ones."""
    kinds = [
        [order["number"] for order in orders],
        [order["offer"]["number"] for order in orders if order["offer"]],
        [order["contract"]["number"] for order in orders if order["contract"]],
        [external["value"] for order in orders for external in order["externalIds"]],
        [f"unknown-{number}" for number in range(len(orders))],
    ]
    shares = (40, 20, 20, 15, 5)
    for i in range(REFERENCE_LISTS):
        chosen = [
            kind[(i * share + j) % len(kind)]
            for kind, share in zip(kinds, shares, strict=True)
            if kind
            for j in range(share)
        ]
        yield (chosen * 2)[:REFERENCES]


def _words(orders: Sequence[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield the variables of searches by words of names, and by numbers."""
    for order in orders[:100]:
        yield {"words": order["customer"]["name"].split()[0]}
        yield {"words": order["number"]}


def _walk(client: httpx.Client) -> tuple[int, str | None]:
    """Return the number of the deep page, or of the last full one, and the cursor before it."""
    target = (DEEP_PAGE - 1) * PAGE
    rows, cursor = 0, None
    last = rows, cursor
    while rows < target:
        first = min(250, target - rows)
        info = ask(client, _WALK, {"first": first, "after": cursor})["orders"]["pageInfo"]
        if not info["hasNextPage"]:
            rows, cursor = last
            break
        last = rows, cursor
        rows, cursor = rows + first, info["endCursor"]
    return rows // PAGE + 1, cursor
