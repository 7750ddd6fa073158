"""Every relation, in both directions, leads to the related rows and to no others.

Two branches of one partner have the same documents. Each relation is asked for from both at once,
so that one which mixed up its keys, or forgot them, would show.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import getitem
from typing import Any

import pytest

from db.enums import ConsentBy, OrderPhase
from tests.graph.client import Client
from tests.graph.factory import NOW, Factory

Branch = dict[str, Any]
"""The rows of a branch by the names that `TO_ONE` and `TO_MANY` use."""


@dataclass(frozen=True)
class Dataset:
    client: Client
    branches: tuple[Branch, Branch]

    async def ask(self, root: str, selection: str) -> list[tuple[Branch, Any]]:
        """Ask for the object of that name from both branches in one operation."""
        field = FIELDS.get(root, root)
        answer = await self.client.query(
            "{ "
            + " ".join(
                f'b{place}: {field}(number: "{branch[root].number}") {{ {selection} }}'
                for place, branch in enumerate(self.branches)
            )
            + " }"
        )
        return [(branch, answer.data[f"b{place}"]) for place, branch in enumerate(self.branches)]


# How an object of the branch is asked for, where it is not by its own name.
FIELDS = {
    "branch": "tenant",
    "twig": "tenant",
    "partner": "tenant",
    "prospect": "customer",
    "earlier": "order",
    "bare": "order",
    "predecessor": "contract",
    "lone": "offer",
}


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    book = Factory()
    partner = book.tenant(number="M-10001")
    branches = (_branch(book, partner), _branch(book, partner))
    await empty_client.fill(book)
    return Dataset(empty_client, branches)


def _branch(book: Factory, partner: Any) -> Branch:
    tenant = book.tenant(partner)
    twig = book.tenant(tenant)
    customer, prospect = book.customer(tenant), book.customer(tenant)
    twigs_customer = book.customer(twig)
    product, other = book.product(), book.product()
    site = book.site(customer)
    second_site = book.site(customer)
    user = book.portal_user(tenant)
    used = {"site_id": site.id, "product_id": product.id}
    predecessor = book.contract(customer, **used)
    contract = book.contract(customer, **used, predecessor_id=predecessor.id)
    twigs_contract = book.contract(twigs_customer)
    cart = book.cart(customer, site_id=site.id, contract_id=contract.id)
    basket = book.cart(customer)
    offer = book.offer(customer, cart=cart, created_by_id=user.id)
    lone = book.offer(prospect)
    twigs_offer = book.offer(twigs_customer)
    order = book.order(
        customer,
        phase=OrderPhase.COMPLETED,
        offer=offer,
        contract=contract,
        product=product,
        site_id=site.id,
        confirmed_by_id=user.id,
    )
    later = book.order(customer, contract=contract, product=other, site_id=site.id)
    earlier = book.order(customer, contract=predecessor, product=product)
    bare = book.order(prospect)
    twigs_order = book.order(twigs_customer)
    for each in (order, later):
        _parts(book, each, product, other)
    for each_cart in (cart, basket):
        book.cart_item(each_cart, product_id=product.id)
        book.cart_item(each_cart, product_id=other.id)
    for each_contract in (contract, predecessor):
        book.contract_item(each_contract, product_id=product.id)
        book.contract_item(each_contract)
    book.consent(offer, given_by=ConsentBy.CARRIER, given_at=NOW - timedelta(days=2))
    book.consent(offer, given_by=ConsentBy.CUSTOMER, given_at=NOW - timedelta(days=3))
    return {
        "branch": tenant,
        "partner": partner,
        "twig": twig,
        "customer": customer,
        "prospect": prospect,
        "twigs_customer": twigs_customer,
        "product": product,
        "other": other,
        "site": site,
        "second_site": second_site,
        "user": user,
        "predecessor": predecessor,
        "contract": contract,
        "twigs_contract": twigs_contract,
        "cart": cart,
        "basket": basket,
        "offer": offer,
        "lone": lone,
        "twigs_offer": twigs_offer,
        "order": order,
        "later": later,
        "earlier": earlier,
        "bare": bare,
        "twigs_order": twigs_order,
    }


def _parts(book: Factory, order: Any, product: Any, other: Any) -> None:
    items = [book.item(order, product=each) for each in (product, None, other)]
    for item in (items[2], items[0], None, items[0], None):
        book.price(order, item=item)
    for _ in range(3):
        book.external_id(order)
        book.milestone(order)
        book.delay(order, resolved_at=NOW)
        book.note(order)
        book.document(order)


TO_ONE: dict[str, dict[str, str | None]] = {
    "order": {
        "tenant": "branch",
        "customer": "customer",
        "site": "site",
        "product": "product",
        "offer": "offer",
        "contract": "contract",
        "contract { predecessor": "predecessor",
        "site { customer": "customer",
        "site { tenant": "branch",
    },
    "earlier": {"offer": None, "site": None, "product": "product", "contract": "predecessor"},
    "bare": {
        "tenant": "branch",
        "customer": "prospect",
        "site": None,
        "product": None,
        "offer": None,
        "contract": None,
    },
    "offer": {
        "tenant": "branch",
        "customer": "customer",
        "cart": "cart",
        "order": "order",
        "cart { tenant": "branch",
        "cart { customer": "customer",
        "cart { site": "site",
        "cart { contract": "contract",
        "cart { offer": "offer",
        "order { offer": "offer",
    },
    "lone": {"cart": None, "order": None, "customer": "prospect"},
    "contract": {
        "tenant": "branch",
        "customer": "customer",
        "site": "site",
        "product": "product",
        "predecessor": "predecessor",
        "successor": None,
    },
    "predecessor": {
        "predecessor": None,
        "successor": "contract",
        "successor { predecessor": "predecessor",
    },
    "customer": {"tenant": "branch"},
    "branch": {"parent": "partner"},
    "twig": {"parent": "branch", "parent { parent": "partner"},
    "partner": {"parent": None},
}
TO_MANY: dict[str, dict[str, list[str]]] = {
    "contract": {"orders": ["order", "later"], "carts": ["cart"]},
    "predecessor": {"orders": ["earlier"], "carts": []},
    "customer": {
        "orders": ["order", "later", "earlier"],
        "offers": ["offer"],
        "contracts": ["contract", "predecessor"],
        "sites": ["site", "second_site"],
        "carts": ["cart", "basket"],
    },
    "prospect": {
        "orders": ["bare"],
        "offers": ["lone"],
        "contracts": [],
        "sites": [],
        "carts": [],
    },
    "branch": {
        "children": ["twig"],
        "customers": ["customer", "prospect"],
        "sites": ["site", "second_site"],
        "carts": ["cart", "basket"],
        "orders": ["order", "later", "earlier", "bare"],
        "offers": ["offer", "lone"],
        "contracts": ["contract", "predecessor"],
    },
    "twig": {
        "children": [],
        "customers": ["twigs_customer"],
        "sites": [],
        "carts": [],
        "orders": ["twigs_order"],
        "offers": ["twigs_offer"],
        "contracts": ["twigs_contract"],
    },
    "product": {"orders": ["order", "earlier"], "contracts": ["contract", "predecessor"]},
    "order": {
        "site { orders": ["order", "later"],
        "site { contracts": ["contract", "predecessor"],
        "site { carts": ["cart"],
        "contract { orders": ["order", "later"],
        "customer { orders": ["order", "later", "earlier"],
    },
}


def asked(way: str, selection: str) -> str:
    return f"{way} {{ {selection} }}" + " }" * way.count("{")


@pytest.mark.parametrize(
    ("root", "way", "expected"),
    [(root, way, name) for root, ways in TO_ONE.items() for way, name in ways.items()],
)
async def test_a_relation_leads_to_its_object(
    dataset: Dataset, root: str, way: str, expected: str | None
) -> None:
    for branch, answer in await dataset.ask(root, asked(way, "number")):
        found = reduce(getitem, way.split(" { "), answer)
        assert found == (None if expected is None else {"number": branch[expected].number})


@pytest.mark.parametrize(
    ("root", "way", "expected"),
    [(root, way, names) for root, ways in TO_MANY.items() for way, names in ways.items()],
)
async def test_a_relation_leads_to_all_its_objects(
    dataset: Dataset, root: str, way: str, expected: list[str]
) -> None:
    for branch, answer in await dataset.ask(root, asked(way, "totalCount nodes { number }")):
        found = reduce(getitem, way.split(" { "), answer)
        numbers = [node["number"] for node in found["nodes"]]
        assert sorted(numbers) == sorted(branch[name].number for name in expected)
        assert found["totalCount"] == len(expected)


async def test_a_partner_has_its_branches_below_it(dataset: Dataset) -> None:
    for _, found in await dataset.ask("partner", "children { nodes { number } }"):
        numbers = [node["number"] for node in found["children"]["nodes"]]
        assert sorted(numbers) == sorted(each["branch"].number for each in dataset.branches)


async def test_whoever_sees_a_branch_alone_sees_no_parent(dataset: Dataset) -> None:
    number = dataset.branches[0]["branch"].number
    document = "query($number: String!) { tenant(number: $number) { parent { number } } }"
    answer = await dataset.client.query(document, {"number": number}, tenant=number)
    assert answer.data == {"tenant": {"parent": None}}


async def test_the_people_behind_an_order_and_an_offer_are_told(dataset: Dataset) -> None:
    for branch, order in await dataset.ask("order", "confirmedBy { name email }"):
        person = {"name": branch["user"].name, "email": branch["user"].email}
        assert order["confirmedBy"] == person
    for branch, offer in await dataset.ask("offer", "createdBy { name } consents { givenBy name }"):
        assert offer["createdBy"] == {"name": branch["user"].name}
        assert [consent["givenBy"] for consent in offer["consents"]] == ["CUSTOMER", "CARRIER"]
    for _, order in await dataset.ask("bare", "confirmedBy { name }"):
        assert order["confirmedBy"] is None


async def test_items_of_carts_and_contracts_lead_to_their_products(dataset: Dataset) -> None:
    items = "items { position product { number } }"
    for branch, found in await dataset.ask(
        "offer", f"cart {{ {items} }} order {{ contract {{ {items} }} }}"
    ):
        product, other = ({"number": branch[each].number} for each in ("product", "other"))
        assert found["cart"]["items"] == [
            {"position": 1, "product": product},
            {"position": 2, "product": other},
        ]
        assert found["order"]["contract"]["items"] == [
            {"position": 1, "product": product},
            {"position": 2, "product": None},
        ]


async def test_a_product_has_its_own_documents(dataset: Dataset) -> None:
    for branch, product in await dataset.ask("product", "name documents { title }"):
        digits = branch["product"].number.removeprefix("P-")
        assert product["documents"] == [{"title": f"Produktblatt {digits}"}]


PARTS = """
contract { orders(orderBy: {field: NUMBER, direction: ASC}) { nodes {
  number
  items { position product { number } prices { name } }
  totalPrices { name }
  externalIds { value }
  milestones { message }
  delays { reason }
  notes { text }
  documents { title }
  history { sequence phase }
} } }
"""


async def test_an_order_has_its_own_parts_in_their_order(dataset: Dataset) -> None:
    seen: list[str] = []
    for branch, found in await dataset.ask("order", PARTS):
        orders = found["contract"]["orders"]["nodes"]
        assert [each["number"] for each in orders] == [
            branch[name].number for name in ("order", "later")
        ]
        for order in orders:
            product, other = ({"number": branch[each].number} for each in ("product", "other"))
            assert [item["product"] for item in order["items"]] == [product, None, other]
            assert [len(item["prices"]) for item in order["items"]] == [2, 0, 1]
            assert len(order["totalPrices"]) == 2
            prices = [price for item in order["items"] for price in item["prices"]]
            seen += [price["name"] for price in prices + order["totalPrices"]]
            for name in ("externalIds", "milestones", "delays", "notes", "documents"):
                values = [value for part in order[name] for value in part.values()]
                assert len(values) == 3
                # The factories count up.
                assert values == sorted(values)
                seen += values
    assert len(seen) == len({*seen}) == 4 * (5 + 5 * 3)


async def test_an_order_has_its_own_history(dataset: Dataset) -> None:
    for _, order in await dataset.ask("order", "history { sequence phase }"):
        phases = [entry["phase"] for entry in order["history"]]
        assert phases == ["RECEIVED", "ACCEPTED", "CONFIRMED", "PROVISIONING", "COMPLETED"]
        assert [entry["sequence"] for entry in order["history"]] == [1, 2, 3, 4, 5]
    for _, order in await dataset.ask("bare", "history { sequence phase }"):
        assert order["history"] == [{"sequence": 1, "phase": "RECEIVED"}]
