"""A search and a look-up by reference compare only with texts that the credential may read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest

from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.base import Base
from db.search import SEARCH_COLUMNS
from tests.graph.client import Answer, Client
from tests.graph.factory import Factory

ORDERS, OFFERS = OAuthScope.ORDERS_READ, OAuthScope.OFFERS_READ
CONTRACTS, CUSTOMERS = OAuthScope.CONTRACTS_READ, OAuthScope.CUSTOMERS_READ

OWN = {"orders": ORDERS, "offers": OFFERS, "contracts": CONTRACTS, "customers": CUSTOMERS}
"""The scope that each list itself needs."""
FOREIGN = {
    "orders": (OFFERS, CONTRACTS, CUSTOMERS),
    "offers": (CUSTOMERS,),
    "contracts": (CUSTOMERS,),
    "customers": (),
}
"""The scopes of the other texts that a search of the list looks in."""

UNKNOWN = "qqqqqq"
LIST = """
{ pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
  edges { cursor node { number } } nodes { number } }
"""
REFERENCES = """
query ($references: [String!]!) {
  ordersByReference(references: $references) { reference state matchedBy orders { number } }
}
"""

Texts = Mapping[OAuthScope, Sequence[str]]


@dataclass(frozen=True)
class Dataset:
    """An order book, and what each of its documents can be found by."""

    client: Client
    documents: dict[str, dict[str, Texts]] = field(
        default_factory=lambda: {name: {} for name in OWN}
    )
    """By the name of their list, and by number."""

    def expected(self, name: str, words: str, scopes: frozenset[OAuthScope]) -> set[str]:
        """The documents that a search finds: a model of it in plain Python."""
        return {
            number
            for number, texts in self.documents[name].items()
            if all(
                any(word in text for scope in scopes for text in texts.get(scope, ()))
                for word in words.lower().split()
            )
        }

    async def search(self, name: str, words: str, scopes: frozenset[OAuthScope]) -> Answer:
        document = f"query ($words: String) {{ {name}(filter: {{search: $words}}) {LIST} }}"
        return await self.client.query(document, {"words": words}, granted=scopes)

    async def found(
        self, name: str, searches: Sequence[str], scopes: frozenset[OAuthScope]
    ) -> dict[str, set[str]]:
        """What each search finds, all of them in one operation."""
        fields = " ".join(
            f"w{place}: {name}(filter: {{search: {json.dumps(words, ensure_ascii=False)}}})"
            " { totalCount nodes { number } }"
            for place, words in enumerate(searches)
        )
        data = (await self.client.query(f"{{ {fields} }}", granted=scopes)).data
        found = [{node["number"] for node in each["nodes"]} for each in data.values()]
        assert [each["totalCount"] for each in data.values()] == list(map(len, found))
        return dict(zip(searches, found, strict=True))

    async def look_up(self, references: Sequence[str], scopes: frozenset[OAuthScope]) -> Answer:
        return await self.client.query(REFERENCES, {"references": references}, granted=scopes)

    async def result(self, reference: str, scopes: frozenset[OAuthScope]) -> dict[str, Any]:
        (result,) = (await self.look_up([reference], scopes)).data["ordersByReference"]
        return dict(result)


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    """Six customers, of which every other has an offer and two in three have a contract. Numbers
    of different kinds share digits."""
    dataset, book = Dataset(empty_client), Factory()
    partner = book.tenant(number="M-10001")
    names = ["Müller Bau", "Nord Bau", "Müller 301", "Nord 201", "Süd Elf", "West 2000"]
    for digit, name in enumerate(names):
        customer = book.customer(partner, number=f"K-{digit}11", name=name)
        offer = book.offer(customer, number=f"AN-2{digit}1") if digit % 2 else None
        contract = book.contract(customer, number=f"V-3{digit}1") if digit % 3 else None
        external_ids = [f"PO-{digit}00", f"CRM {digit}22"]
        order = book.order(
            *(customer,),
            number=f"A-{digit}00",
            offer=offer,
            contract=contract,
            external_ids=external_ids,
        )
        dataset.documents["customers"][customer.number] = {
            CUSTOMERS: (customer.number.lower(), name.lower())
        }
        of_customer = (name.lower(),)
        of_order = {
            ORDERS: (order.number.lower(), *map(str.lower, external_ids)),
            CUSTOMERS: of_customer,
        }
        if offer:
            of_order[OFFERS] = (offer.number.lower(),)
            dataset.documents["offers"][offer.number] = {
                OFFERS: (offer.number.lower(),),
                CUSTOMERS: of_customer,
            }
        if contract:
            of_order[CONTRACTS] = (contract.number.lower(),)
            dataset.documents["contracts"][contract.number] = {
                CONTRACTS: (contract.number.lower(),),
                CUSTOMERS: of_customer,
            }
        dataset.documents["orders"][order.number] = of_order
    # An order that states a contract's number as its own reference, and one of that contract.
    other = book.customer(partner, number="K-9", name="Zwei Wege")
    under = book.contract(other, number="W-7")
    book.order(other, number="W-1", contract=under)
    book.order(other, number="W-2", contract=under, external_ids=["W-7"])
    dataset.documents["customers"]["K-9"] = {CUSTOMERS: ("k-9", "zwei wege")}
    dataset.documents["contracts"]["W-7"] = {CONTRACTS: ("w-7",), CUSTOMERS: ("zwei wege",)}
    for number, external_id in (("W-1", ()), ("W-2", ("w-7",))):
        dataset.documents["orders"][number] = {
            ORDERS: (number.lower(), *external_id),
            CONTRACTS: ("w-7",),
            CUSTOMERS: ("zwei wege",),
        }
    await empty_client.fill(book)
    return dataset


def subsets(scopes: Sequence[OAuthScope]) -> Iterator[frozenset[OAuthScope]]:
    for size in range(len(scopes) + 1):
        yield from map(frozenset, combinations(scopes, size))


CREDENTIALS = [
    pytest.param(name, scopes | {OWN[name]}, id=f"{name} by {'+'.join(sorted(scopes)) or 'no'}")
    for name in OWN
    for scopes in subsets(FOREIGN[name])
]
WORDS = (
    *("a-100", "an-211", "v-311", "k-111", "po-1", "crm", "22", "müller", "bau", "nord", "w-7"),
    *("1", "11", "201", "301", "00", "2000", UNKNOWN),
    *("müller a-0", "bau v-311", "an-2 k-3", "nord an-21 a-1 v-3", "w-7 w-1", "elf 4", "an- v-"),
    *(f"bau {UNKNOWN}", "müller müller"),
)


@pytest.mark.parametrize(("name", "scopes"), CREDENTIALS)
async def test_every_word_must_be_found_in_a_text_that_the_credential_may_read(
    dataset: Dataset, name: str, scopes: frozenset[OAuthScope]
) -> None:
    for searches in (WORDS[::2], WORDS[1::2]):
        assert await dataset.found(name, searches, scopes) == {
            words: dataset.expected(name, words, scopes) for words in searches
        }


HIDDEN = [
    ("orders", OFFERS, "an-211"),
    ("orders", CONTRACTS, "v-311"),
    ("orders", CUSTOMERS, "müller"),
    ("offers", CUSTOMERS, "nord"),
    ("contracts", CUSTOMERS, "nord"),
]


@pytest.mark.parametrize(("name", "missing", "word"), HIDDEN)
async def test_a_hidden_word_is_answered_byte_by_byte_like_an_unknown_one(
    dataset: Dataset, name: str, missing: OAuthScope, word: str
) -> None:
    assert (await dataset.found(name, [word], READ_SCOPES))[word]
    hidden = await dataset.search(name, word, READ_SCOPES - {missing})
    unknown = await dataset.search(name, UNKNOWN, READ_SCOPES - {missing})
    assert hidden.errors == []
    assert hidden.response.content == unknown.response.content
    assert hidden.statements == unknown.statements


@pytest.mark.parametrize(
    "document",
    [
        "query ($words: String) { orderSummary(filter: {search: $words}) { total } }",
        """query ($words: String) { tenants { nodes { orders(filter: {search: $words})
        { totalCount nodes { number } } } } }""",
    ],
    ids=["counts", "a nested list"],
)
@pytest.mark.parametrize(
    ("missing", "word"), [(OFFERS, "an-211"), (CONTRACTS, "v-311"), (CUSTOMERS, "müller")]
)
async def test_counts_and_nested_lists_hide_the_same_words(
    dataset: Dataset, document: str, missing: OAuthScope, word: str
) -> None:
    async def content(words: str, scopes: frozenset[OAuthScope]) -> bytes:
        answer = await dataset.client.query(document, {"words": words}, granted=scopes)
        assert answer.errors == []
        return answer.response.content

    assert await content(word, READ_SCOPES) != await content(UNKNOWN, READ_SCOPES)
    granted = READ_SCOPES - {missing}
    assert await content(word, granted) == await content(UNKNOWN, granted)


KINDS = {
    "A-100": ("ORDER_NUMBER", ORDERS),
    "PO-100": ("EXTERNAL_ID", ORDERS),
    "AN-211": ("OFFER_NUMBER", OFFERS),
    "V-311": ("CONTRACT_NUMBER", CONTRACTS),
}


@pytest.mark.parametrize(
    "scopes", [frozenset({ORDERS}) | more for more in subsets((OFFERS, CONTRACTS))], ids=sorted
)
async def test_a_reference_is_found_by_numbers_that_the_credential_may_read(
    dataset: Dataset, scopes: frozenset[OAuthScope]
) -> None:
    answer = await dataset.look_up([*KINDS], scopes)
    assert [(each["state"], each["matchedBy"]) for each in answer.data["ordersByReference"]] == [
        ("FOUND", kind) if scope in scopes else ("NOT_FOUND", None)
        for kind, scope in KINDS.values()
    ]
    assert answer.statements == 2


@pytest.mark.parametrize(("missing", "number"), [(OFFERS, "AN-211"), (CONTRACTS, "V-311")])
async def test_a_hidden_number_is_answered_byte_by_byte_like_an_unknown_one(
    dataset: Dataset, missing: OAuthScope, number: str
) -> None:
    granted = READ_SCOPES - {missing}
    hidden = await dataset.look_up([number], granted)
    unknown = await dataset.look_up([UNKNOWN], granted)
    assert hidden.response.content.replace(number.encode(), UNKNOWN.encode()) == (
        unknown.response.content
    )
    assert hidden.statements == unknown.statements


async def test_a_reference_of_two_kinds_counts_by_those_that_the_credential_may_read(
    dataset: Dataset,
) -> None:
    full = await dataset.result("W-7", READ_SCOPES)
    assert full["matchedBy"] == "CONTRACT_NUMBER"
    assert {order["number"] for order in full["orders"]} == {"W-1", "W-2"}
    assert await dataset.result("W-7", frozenset({ORDERS, OFFERS, CUSTOMERS})) == {
        "reference": "W-7",
        "state": "FOUND",
        "matchedBy": "EXTERNAL_ID",
        "orders": [{"number": "W-2"}],
    }


def test_every_search_text_needs_a_scope() -> None:
    columns = {
        column.name
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.startswith("search_")
    }
    assert columns == set(SEARCH_COLUMNS.values())
    assert set(SEARCH_COLUMNS) == {ORDERS, OFFERS, CONTRACTS, CUSTOMERS}
