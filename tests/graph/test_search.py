"""Search finds parts of numbers and names."""

from dataclasses import dataclass

import pytest

from tests.graph.client import Client
from tests.graph.factory import Factory
from tests.graph.pages import ask, numbers


@dataclass(frozen=True)
class Dataset:
    client: Client

    async def found(self, search: str, field: str = "orders") -> set[str]:
        return {*await numbers(self.client, field, filter={"search": search})}


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    """Four customers, each with an order, an offer and a contract of the same digits."""
    book = Factory()
    partner = book.tenant(number="M-10001", name="Telefonbau Größe & Söhne GmbH")
    names = {
        "1": "Bäckerei Müller & Söhne GmbH",
        "2": "Straßenbau 100% AG",
        "3": "ÄRZTEHAUS unter_strich \\ Rückstrich KG",
        "4": "BAECKEREI Mueller, 1000 GmbH",
    }
    for digit, name in names.items():
        customer = book.customer(partner, number=f"K-{digit * 4}", name=name)
        book.order(
            customer,
            number=f"A-{digit * 4}",
            offer=book.offer(customer, number=f"AN-{digit * 5}"),
            contract=book.contract(customer, number=f"V-{digit * 6}"),
            external_ids=[f"CRM/{digit}x{digit}", f"Bestell-Nr. {digit}y{digit}"],
        )
    book.tenant(partner, number="M-20000", name="ÖSTLICHE STRASSENTECHNIK")
    book.tenant(partner, number="M-30000", name="Éclair_Netz 100% \\ AG")
    await empty_client.fill(book)
    return Dataset(empty_client)


@pytest.mark.parametrize(
    "search",
    ["A-1111", "a-11", "AN-11111", "V-111111", "v-1111", "1111", "crm/1x1", "1x", "Bestell-Nr. 1y"],
)
async def test_an_order_is_found_by_a_part_of_any_of_its_numbers(
    dataset: Dataset, search: str
) -> None:
    assert await dataset.found(search) == {"A-1111"}


@pytest.mark.parametrize(
    "search",
    ["Müller", "müller", "MÜLLER", "mülle", "söhne bäcker", "SÖHNE", "  Müller \t & ", "bäckerei"],
)
async def test_an_order_is_found_by_its_customers_name_in_any_case(
    dataset: Dataset, search: str
) -> None:
    assert await dataset.found(search) == {"A-1111"}


@pytest.mark.parametrize("search", ["Straßenbau", "strassenbau", "STRASSENBAU", "STRAẞENBAU", "aß"])
async def test_sharp_s_and_double_s_are_the_same(dataset: Dataset, search: str) -> None:
    assert await dataset.found(search) == {"A-2222"}


async def test_letters_that_were_typed_as_two_characters_are_found(dataset: Dataset) -> None:
    assert await dataset.found("Mu\u0308ller") == {"A-1111"}
    assert await dataset.found("a\u0308rzte") == {"A-3333"}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("%", {"A-2222"}),
        ("100%", {"A-2222"}),
        ("1%0", set()),
        ("_", {"A-3333"}),
        ("unter_strich", {"A-3333"}),
        ("A_1111", set()),
        ("\\", {"A-3333"}),
        ("\\%", set()),
        ("\\_", set()),
        ("\\\\", set()),
        ("'", set()),
        ('"; --', set()),
    ],
)
async def test_characters_with_a_meaning_in_patterns_stand_for_themselves(
    dataset: Dataset, search: str, expected: set[str]
) -> None:
    assert await dataset.found(search) == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("gmbh a-", {"A-1111", "A-4444"}),
        ("gmbh müller", {"A-1111"}),
        ("müller v-1111 crm/1x1 AN-1", {"A-1111"}),
        ("müller v-2222", set()),
        ("1111 2222", set()),
        ("müller müller", {"A-1111"}),
    ],
)
async def test_every_word_must_be_found_somewhere(
    dataset: Dataset, search: str, expected: set[str]
) -> None:
    assert await dataset.found(search) == expected


@pytest.mark.parametrize("search", ["", " ", "\n\t"])
async def test_a_search_without_words_finds_everything(dataset: Dataset, search: str) -> None:
    assert len(await dataset.found(search)) == 4


async def test_a_search_may_be_200_characters_of_words(dataset: Dataset) -> None:
    assert await dataset.found("a " * 100) == await dataset.found("a")


async def test_no_word_reaches_from_one_number_into_the_next(dataset: Dataset) -> None:
    assert await dataset.found("1111an-1") == set()


async def test_contracts_are_found_by_number_and_customer(dataset: Dataset) -> None:
    assert await dataset.found("v-11", "contracts") == {"V-111111"}
    assert await dataset.found("STRASSEN ag", "contracts") == {"V-222222"}
    assert await dataset.found("crm/1x1", "contracts") == set()


async def test_offers_are_found_by_number_and_customer(dataset: Dataset) -> None:
    assert await dataset.found("an-33", "offers") == {"AN-33333"}
    assert await dataset.found("ärztehaus", "offers") == {"AN-33333"}
    assert await dataset.found("v-1", "offers") == set()


async def test_customers_are_found_by_number_and_name(dataset: Dataset) -> None:
    assert await dataset.found("k-44", "customers") == {"K-4444"}
    assert await dataset.found("Söhne", "customers") == {"K-1111"}
    assert await dataset.found("100%", "customers") == {"K-2222"}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("m-2", {"M-20000"}),
        ("größe", {"M-10001"}),
        ("GRÖSSE", {"M-10001"}),
        ("söhne telefon", {"M-10001"}),
        ("östlich", {"M-20000"}),
        ("straßen", {"M-20000"}),
        ("éclair", {"M-30000"}),
        ("100%", {"M-30000"}),
        ("_", {"M-30000"}),
        ("\\", {"M-30000"}),
        ("m-2 größe", set()),
        ("", {"M-10001", "M-20000", "M-30000"}),
    ],
)
async def test_tenants_are_found_by_number_and_name(
    dataset: Dataset, search: str, expected: set[str]
) -> None:
    assert await dataset.found(search, "tenants") == expected


async def test_a_count_obeys_the_search(dataset: Dataset) -> None:
    arguments = {"filter": {"search": "gmbh"}, "first": 1}
    answer = await ask(dataset.client, "orders", arguments, selection="totalCount nodes { id }")
    assert answer.data["orders"]["totalCount"] == 2
