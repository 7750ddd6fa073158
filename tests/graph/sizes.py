"""One order book in two sizes: with one row of each kind, and with many."""

from dataclasses import dataclass
from typing import Any

from db.models import Order, Product
from resolvers.ids import global_id
from tests.graph import walk
from tests.graph.client import Answer, Client
from tests.graph.factory import NOW, Factory
from tests.graph.partners import Documents, one_of_everything
from tests.graph.walk import Lesson, Place, Question, Variant

MANY = 50
REFERENCE = "PO of all"


@dataclass(frozen=True)
class Library:
    """A client over one of the order books, with arguments that match rows in it."""

    client: Client
    lesson: Lesson

    async def variants(self, place: Place) -> list[Variant]:
        """The field with every argument, including cursors of its own objects."""
        lesson = self.lesson
        if place.is_connection:
            first, last = await self._cursors(place)
            lesson |= {"after": [first], "before": [last]}
        return lesson.variants(place)

    async def ask(self, question: Question) -> Answer:
        return await self.client.query(question.document, question.variables)

    async def _cursors(self, place: Place) -> tuple[str, str]:
        """The first and the last object of the longest page."""
        assert place.target is not None
        (question,) = walk.questions(place, [self.lesson.plain(place)], self.lesson, _CURSORS)
        answer = await self.ask(question)
        pages = [page for page in _pages(answer.data, (*place.way, "a0")) if page["nodes"]]
        info = max(pages, key=lambda page: len(page["nodes"]))["pageInfo"]
        return info["startCursor"], info["endCursor"]


_CURSORS = "nodes { __typename } pageInfo { startCursor endCursor }"


def _pages(data: Any, way: tuple[str, ...]) -> list[Any]:
    level = [data]
    for name in way:
        found = [each[name] for each in level if each[name] is not None]
        level = [child for each in found for child in (each if isinstance(each, list) else [each])]
    return level


async def fill(client: Client, size: int) -> Library:
    """`size` branches with one of everything each; the first has as many of everything."""
    book = Factory()
    partner = book.tenant()
    every: list[Documents] = []
    products: list[Product] = []
    for _ in range(size):
        products.append(book.product())
        every.append(one_of_everything(book, book.tenant(partner), products[-1]))
    first, product = every[0], products[0]
    for _ in range(size - 1):
        _add_to_each(book, first, product)
    for order in [row for row in book.rows if isinstance(row, Order)]:
        book.external_id(order, value=REFERENCE)
    values = _values(every, product, partner.number)
    library = Library(client, Lesson(values, "tests/graph/sizes.py"))
    await client.fill(book)
    return library


def _add_to_each(book: Factory, first: Documents, product: Product) -> None:
    """One more of each kind for the first tenant, customer, site, contract and order."""
    customer, contract, order = first.customer, first.contract, first.order
    used = {"site_id": first.site.id, "product_id": product.id}
    book.customer(first.tenant)
    book.site(customer)
    cart = book.cart(customer, site_id=first.site.id, contract_id=contract.id)
    book.cart_item(cart, product_id=product.id)
    book.cart_item(first.cart, product_id=product.id)
    book.consent(book.offer(customer))
    book.contract_item(contract, product_id=product.id)
    book.contract_item(book.contract(customer, **used), product_id=product.id)
    book.order(customer, contract=contract, product=product, site_id=first.site.id)
    book.order(customer, product=product, site_id=first.site.id)
    book.price(order, item=book.item(order, product=product))
    book.milestone(order)
    book.delay(order, resolved_at=NOW)
    book.note(order)
    book.document(order)
    book.audit_entry(first.tenant, actor=first.entry.actor)


def _values(every: list[Documents], product: Product, partner: str) -> dict[str, list[Any]]:
    first = every[0]
    one_of_each = (
        first.order,
        first.contract,
        first.offer,
        first.cart,
        first.customer,
        first.site,
        first.tenant,
        product,
    )
    ids = [global_id(row) for row in one_of_each]
    return {
        "number": [row.number for row in one_of_each],
        "id": ids,
        "ids": [*ids, *(global_id(each.order) for each in every[1:])],
        "references": [each.order.number for each in every],
        "customer": [first.customer.number],
        "tenant": [partner],
        "product": [product.number],
        "externalId": [REFERENCE],
        "actor": [first.entry.actor],
        # A prefix of the names of all customers and tenants.
        "search": ["kundschaft"],
        "TenantFilter.search": ["partner"],
        # No other value changes the number of statements.
        "Boolean": [True],
        "Direction": ["ASC"],
    }
