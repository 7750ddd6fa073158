"""What is asked of the server: the partner's real tasks, with values of the seeded order book."""

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
    """One kind of request: an operation, and the variables that requests use in turn."""

    name: str
    """Of the operation, by which the server's log knows it."""
    title: str
    query: str
    variables: tuple[dict[str, Any], ...]

    @property
    def bodies(self) -> tuple[str, ...]:
        return tuple(
            orjson.dumps(
                {"query": self.query, "operationName": self.name, "variables": each}
            ).decode()
            for each in self.variables
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

ORDER_FIELDS = """{
      number status phase receivedAt
      customer { number name kind createdAt }
      tenant { number name email createdAt }
      offer { number status businessCase createdAt }
      contract { number status createdAt version }
    }"""

FIFTY_ORDERS = f"""\
query FiftyOrders {{
  orders(first: 50) {{
    nodes {ORDER_FIELDS}
  }}
}}"""

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

_PAGE_FIELDS = "{ nodes { number status receivedAt } pageInfo { hasNextPage endCursor } }"

FIRST_PAGE = f"query FirstPage {{ orders(first: {PAGE}) {_PAGE_FIELDS} }}"
DEEP = f"query DeepPage($after: String) {{ orders(first: {PAGE}, after: $after) {_PAGE_FIELDS} }}"

_SAMPLE = """\
query Sample($after: String) {
  orders(first: 250, after: $after) {
    nodes { number offer { number } contract { number } externalIds { value } }
    pageInfo { endCursor hasNextPage }
  }
}"""

_WALK = """\
query Walk($first: Int!, $after: String) {
  orders(first: $first, after: $after) { pageInfo { endCursor hasNextPage } }
}"""


@dataclass(frozen=True, slots=True)
class Questions:
    """All that is measured, and how deep the deep page of it lies."""

    tasks: tuple[Scenario, ...]
    first_page: Scenario
    deep_page: Scenario
    deep: int


def questions(client: httpx.Client) -> Questions:
    """The scenarios, their values taken from the server itself."""
    sample = list(_sample(client))
    numbers = tuple({"number": order["number"]} for order in sample[:LOOK_UPS])
    references = tuple({"references": each} for each in _references(sample))
    first_page, deep_page, deep = pages(client)
    return Questions(
        tasks=(
            Scenario("OneOrder", "one order with customer, offer and contract", ONE_ORDER, numbers),
            Scenario(
                "FiftyOrders",
                "50 orders with customer, tenant, offer and contract",
                FIFTY_ORDERS,
                ({},),
            ),
            Scenario(
                "ByReference", f"`ordersByReference` with {REFERENCES}", BY_REFERENCE, references
            ),
            Scenario("Summary", "`orderSummary`", SUMMARY, ({},)),
            Scenario("Nested", "20 customers with 5 orders each", NESTED, ({},)),
        ),
        first_page=first_page,
        deep_page=deep_page,
        deep=deep,
    )


def one_order(client: httpx.Client) -> Scenario:
    """The usual request of a careful client: one order, each time another one."""
    page = ask(client, FIRST_PAGE, {})["orders"]["nodes"]
    numbers = tuple({"number": order["number"]} for order in page)
    return Scenario("OneOrder", "one order", ONE_ORDER, numbers)


def pages(client: httpx.Client) -> tuple[Scenario, Scenario, int]:
    """The first page of orders, and one that lies deep, with its number."""
    deep, cursor = _walk(client)
    return (
        Scenario("FirstPage", f"page 1 of {PAGE} orders", FIRST_PAGE, ({},)),
        Scenario("DeepPage", f"page {deep:,}", DEEP, ({"after": cursor},)),
        deep,
    )


def ask(client: httpx.Client, query: str, variables: dict[str, Any]) -> Any:
    """The data of an answer, which must have no errors."""
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
    """Of each kind some, as a partner's own list has them, and some that nobody knows."""
    kinds = [
        [order["number"] for order in orders],
        [order["offer"]["number"] for order in orders if order["offer"]],
        [order["contract"]["number"] for order in orders if order["contract"]],
        [each["value"] for order in orders for each in order["externalIds"]],
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


def _walk(client: httpx.Client) -> tuple[int, str | None]:
    """The deep page, or the deepest that is surely full, and the cursor after which it starts."""
    wanted = (DEEP_PAGE - 1) * PAGE
    rows, cursor = 0, None
    last = rows, cursor
    while rows < wanted:
        first = min(250, wanted - rows)
        info = ask(client, _WALK, {"first": first, "after": cursor})["orders"]["pageInfo"]
        if not info["hasNextPage"]:
            rows, cursor = last
            break
        last = rows, cursor
        rows, cursor = rows + first, info["endCursor"]
    return rows // PAGE + 1, cursor
