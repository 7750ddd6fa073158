"""A connection below another object is the root connection, limited to that object."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from db.enums import BusinessCase, CartStatus, OrderPhase
from db.models import Offer, Order, Tenant
from tests.graph.client import Client
from tests.graph.factory import NOW, Factory
from tests.graph.pages import ask, backward, forward, joined, numbers, page

# Below each kind of parent that has a number of its own: the lists that can be sorted.
PARENTS = {
    "contract": ["orders"],
    "customer": ["orders", "offers", "contracts"],
    "product": ["orders", "contracts"],
    "tenant": ["children", "customers", "orders", "offers", "contracts"],
}
SORTS = {
    "orders": ["RECEIVED_AT", "UPDATED_AT", "EXPECTED_COMPLETION_DATE", "NUMBER"],
    "contracts": ["CREATED_AT", "UPDATED_AT", "TERM_END", "NUMBER"],
    "offers": ["CREATED_AT", "UPDATED_AT", "NUMBER"],
    "customers": ["NAME", "NUMBER", "CREATED_AT"],
    "children": ["NAME", "NUMBER"],
}
ROOTS = {"children": "tenants"}
NESTED = [
    pytest.param(parent, field, sort, direction, id=f"{parent}.{field}-{sort}-{direction}")
    for parent, lists in PARENTS.items()
    for field in lists
    for sort in SORTS[field]
    for direction in ("ASC", "DESC")
]


@dataclass(frozen=True)
class Dataset:
    """One of two parents of each kind, and its rows by the name of the list."""

    client: Client
    parents: dict[str, Any]
    rows: dict[str, list[Any]]

    def below(self, parent: str) -> str:
        return f'{parent}(number: "{self.parents[parent].number}")'


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    book = Factory()
    partner = book.tenant(number="M-10001")
    parents: dict[str, Any] = {}
    rows: dict[str, list[Any]] = {}
    # The one that is asked for comes last, so that no list of it is a list of what comes first.
    for _ in range(2):
        tenant = book.tenant(partner)
        customer, product = book.customer(tenant, name="Kundschaft 0"), book.product()
        contract = book.contract(customer, term_end=None, product_id=product.id)
        parents = {
            "tenant": tenant,
            "customer": customer,
            "product": product,
            "contract": contract,
        }
        rows = _seven_of_each(book, parents)
    await empty_client.fill(book)
    return Dataset(empty_client, parents, rows)


def _seven_of_each(book: Factory, parents: dict[str, Any]) -> dict[str, list[Any]]:
    tenant, customer = parents["tenant"], parents["customer"]
    product, contract = parents["product"], parents["contract"]
    orders: list[Order] = []
    offers: list[Offer] = []
    contracts = [contract]
    customers = [customer]
    children: list[Tenant] = []
    for n in range(7):
        tied = timedelta(days=n % 2)
        orders.append(
            book.order(
                customer,
                phase=OrderPhase.COMPLETED if n % 2 else OrderPhase.RECEIVED,
                product=product,
                contract=contract,
                received_at=NOW - timedelta(days=5) + tied,
                updated_at=NOW - tied,
                expected_completion_date=NOW + tied if n % 3 else None,
            )
        )
        offers.append(book.offer(customer, created_at=NOW - tied, updated_at=NOW + tied))
        if n:
            contracts.append(
                book.contract(
                    customer,
                    product_id=product.id,
                    created_at=NOW - tied,
                    updated_at=NOW + tied,
                    term_end=date(2027, 1, 1 + n % 2) if n % 3 else None,
                )
            )
            customers.append(
                book.customer(tenant, name=f"Kundschaft {n % 2}", created_at=NOW - tied)
            )
        children.append(book.tenant(tenant, name=f"Zweig {n % 2}"))
        book.site(customer)
        book.cart(customer, created_at=NOW - tied)
    return {
        "orders": orders,
        "offers": offers,
        "contracts": contracts,
        "customers": customers,
        "children": children,
    }


@pytest.mark.parametrize(("parent", "field", "sort", "direction"), NESTED)
async def test_a_nested_list_has_the_order_of_the_root_list_and_is_paged_without_loss(
    dataset: Dataset, parent: str, field: str, sort: str, direction: str
) -> None:
    order = {"field": sort, "direction": direction}
    own = {row.number for row in dataset.rows[field]}
    everything = await numbers(dataset.client, ROOTS.get(field, field), orderBy=order, first=250)
    expected = [number for number in everything if number in own]
    assert len(expected) == 7

    pages = await forward(dataset.client, field, 3, below=dataset.below(parent), orderBy=order)
    assert joined(pages) == expected
    assert [len(each.numbers) for each in pages] == [3, 3, 1]


@pytest.mark.parametrize(
    ("parent", "field"), [(parent, field) for parent, lists in PARENTS.items() for field in lists]
)
async def test_a_nested_list_is_paged_backward_without_loss(
    dataset: Dataset, parent: str, field: str
) -> None:
    below = dataset.below(parent)
    everything = await numbers(dataset.client, field, below=below)
    assert {*everything} == {row.number for row in dataset.rows[field]}
    pages = await backward(dataset.client, field, 3, below=below)
    assert joined(pages[::-1]) == everything
    assert [len(each.numbers) for each in pages] == [3, 3, 1]


@pytest.mark.parametrize("field", ["sites", "carts"])
async def test_a_list_of_one_order_is_paged_without_loss(dataset: Dataset, field: str) -> None:
    below = dataset.below("customer")
    everything = await numbers(dataset.client, field, below=below)
    assert len({*everything}) == 7
    assert joined(await forward(dataset.client, field, 2, below=below)) == everything
    assert joined((await backward(dataset.client, field, 2, below=below))[::-1]) == everything


async def test_a_cursor_of_the_root_list_is_good_below_an_object(dataset: Dataset) -> None:
    own = [row.number for row in dataset.rows["orders"]]
    everything = await page(dataset.client, "orders", first=250)
    place = next(n for n, number in enumerate(everything.numbers) if number in own)
    rest = await numbers(
        dataset.client, "orders", below=dataset.below("customer"), after=everything.cursors[place]
    )
    assert rest == [number for number in everything.numbers[place + 1 :] if number in own]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 251}, "LIMIT_EXCEEDED"),
        ({"last": 251}, "LIMIT_EXCEEDED"),
        ({"first": -1}, "BAD_USER_INPUT"),
        ({"first": 1, "last": 1}, "BAD_USER_INPUT"),
        ({"after": "nonsense"}, "BAD_USER_INPUT"),
        ({"before": "nonsense"}, "BAD_USER_INPUT"),
        ({"filter": {"search": "x" * 201}}, "BAD_USER_INPUT"),
    ],
    ids=str,
)
async def test_a_nested_list_has_the_limits_of_the_root_list(
    dataset: Dataset, arguments: dict[str, Any], code: str
) -> None:
    answer = await ask(dataset.client, "orders", arguments, below=dataset.below("customer"))
    assert answer.codes == [code]
    assert answer.errors[0]["path"] == ["customer", "orders"]


async def test_a_nested_page_of_none_says_whether_there_are_any(dataset: Dataset) -> None:
    below = dataset.below("customer")
    first = await page(dataset.client, "orders", below=below, first=0)
    last = await page(dataset.client, "orders", below=below, last=0)
    assert (first.numbers, first.has_next, first.has_previous) == ([], True, False)
    assert (last.numbers, last.has_next, last.has_previous) == ([], False, True)


NEWEST_OF_EACH = """
query($first: Int, $last: Int, $after: String, $before: String, $filter: OrderFilter,
      $orderBy: OrderSort) {
  customers(first: 20) {
    nodes {
      number
      orders(first: $first, last: $last, after: $after, before: $before, filter: $filter,
             orderBy: $orderBy) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { number }
        edges { cursor }
      }
    }
  }
}
"""


@dataclass(frozen=True)
class Company:
    """Three customers with five orders, two and none; each order on another day."""

    client: Client
    orders: dict[str, list[str]]
    """Numbers by customer, the newest first."""

    async def ask(self, **arguments: Any) -> dict[str, dict[str, Any]]:
        data = (await self.client.query(NEWEST_OF_EACH, arguments)).data
        return {each["number"]: each["orders"] for each in data["customers"]["nodes"]}

    async def numbers(self, **arguments: Any) -> dict[str, list[str]]:
        return {
            customer: [node["number"] for node in orders["nodes"]]
            for customer, orders in (await self.ask(**arguments)).items()
        }


@pytest.fixture
async def company(client: Client) -> Company:
    book = Factory()
    partner = book.tenant()
    orders: dict[str, list[str]] = {}
    for name, many in (("K-FIVE", 5), ("K-TWO", 2), ("K-NONE", 0)):
        customer = book.customer(partner, number=name)
        orders[name] = [
            book.order(
                customer,
                received_at=NOW - timedelta(days=n),
                business_case=BusinessCase.REORDER if n % 2 else BusinessCase.NEW_ORDER,
            ).number
            for n in range(many)
        ]
    await client.fill(book)
    return Company(client, orders)


async def test_each_parent_has_a_page_of_its_own(company: Company) -> None:
    assert await company.numbers(first=3) == {
        customer: orders[:3] for customer, orders in company.orders.items()
    }
    assert await company.numbers(last=3) == {
        customer: orders[-3:] for customer, orders in company.orders.items()
    }
    oldest_first = {"field": "RECEIVED_AT", "direction": "ASC"}
    assert await company.numbers(first=2, orderBy=oldest_first) == {
        customer: orders[::-1][:2] for customer, orders in company.orders.items()
    }


async def test_each_parent_says_by_itself_whether_there_are_more(company: Company) -> None:
    found = await company.ask(first=2)
    info = {customer: orders["pageInfo"] for customer, orders in found.items()}
    assert {customer: each["hasNextPage"] for customer, each in info.items()} == {
        "K-FIVE": True,
        "K-TWO": False,
        "K-NONE": False,
    }
    assert not any(each["hasPreviousPage"] for each in info.values())
    assert info["K-NONE"]["startCursor"] is info["K-NONE"]["endCursor"] is None
    for customer in ("K-FIVE", "K-TWO"):
        cursors = [edge["cursor"] for edge in found[customer]["edges"]]
        assert [info[customer]["startCursor"], info[customer]["endCursor"]] == cursors


async def test_each_parent_counts_its_own_whatever_the_page(company: Company) -> None:
    found = await company.ask(first=1)
    assert {customer: orders["totalCount"] for customer, orders in found.items()} == {
        "K-FIVE": 5,
        "K-TWO": 2,
        "K-NONE": 0,
    }


async def test_a_nested_filter_holds_for_pages_and_counts_of_each_parent(
    company: Company,
) -> None:
    found = await company.ask(first=1, filter={"businessCase": ["REORDER"]})
    assert {customer: orders["totalCount"] for customer, orders in found.items()} == {
        "K-FIVE": 2,
        "K-TWO": 1,
        "K-NONE": 0,
    }
    assert await company.numbers(filter={"businessCase": ["REORDER"]}) == {
        customer: orders[1::2] for customer, orders in company.orders.items()
    }
    assert await company.numbers(filter={"customer": "K-TWO"}) == {
        "K-FIVE": [],
        "K-TWO": company.orders["K-TWO"],
        "K-NONE": [],
    }


async def test_one_cursor_divides_the_pages_of_every_parent_alike(company: Company) -> None:
    found = await company.ask(first=2)
    # The second newest order of K-FIVE: those of K-TWO tie with it by time, not by identity.
    cursor = found["K-FIVE"]["pageInfo"]["endCursor"]
    after, before = await company.numbers(after=cursor), await company.numbers(before=cursor)
    assert after["K-FIVE"] == company.orders["K-FIVE"][2:]
    assert before["K-FIVE"] == company.orders["K-FIVE"][:1]
    assert before["K-TWO"] + after["K-TWO"] == company.orders["K-TWO"]


async def test_the_same_list_can_be_asked_for_several_times_with_other_arguments(
    company: Company,
) -> None:
    answer = await company.client.query(
        """{ customer(number: "K-FIVE") {
          newest: orders(first: 1) { nodes { number } }
          oldest: orders(last: 1) { nodes { number } }
          reorders: orders(filter: {businessCase: [REORDER]}) { totalCount }
          all: orders { totalCount }
        } }"""
    )
    orders = company.orders["K-FIVE"]
    assert answer.data["customer"] == {
        "newest": {"nodes": [{"number": orders[0]}]},
        "oldest": {"nodes": [{"number": orders[-1]}]},
        "reorders": {"totalCount": 2},
        "all": {"totalCount": 5},
    }


async def test_counts_cost_one_statement_and_only_when_asked_for(company: Company) -> None:
    document = "{ customers { nodes { orders(first: 1) { %s } } } }"
    without = await company.client.query(document % "nodes { number }")
    counted = await company.client.query(document % "totalCount nodes { number }")
    assert (without.statements, counted.statements) == (2, 3)


async def test_carts_are_filtered_by_status_and_business_case(client: Client) -> None:
    book = Factory()
    customer = book.customer(book.tenant(), number="K-1")
    book.cart(customer, number="W-OPEN")
    book.cart(customer, number="W-FROZEN", status=CartStatus.FROZEN)
    book.cart(customer, number="W-REORDER", business_case=BusinessCase.REORDER)
    await client.fill(book)
    for wanted, expected in (
        ({"status": ["FROZEN"]}, {"W-FROZEN"}),
        ({"status": ["OPEN"]}, {"W-OPEN", "W-REORDER"}),
        ({"businessCase": ["REORDER"]}, {"W-REORDER"}),
        ({"status": ["OPEN"], "businessCase": ["NEW_ORDER"]}, {"W-OPEN"}),
        ({"status": []}, set()),
    ):
        below = 'customer(number: "K-1")'
        assert {*await numbers(client, "carts", below=below, filter=wanted)} == expected
