"""Single objects by their business number."""

from dataclasses import dataclass

import pytest

from tests.graph.client import Answer, Client
from tests.graph.partners import Documents, Partners, two_partners

FIELDS = ("order", "offer", "contract", "customer", "tenant")
EVERYBODYS = "product"
ODD = ["A-ß/1 ä", "A-'; DROP", 'A-"q"', "A-%", "10", "1e1", "A-" + "9" * 190]


@dataclass(frozen=True)
class Dataset:
    client: Client
    partners: Partners

    async def look_up(self, field: str, number: str, *, tenant: str | None = None) -> Answer:
        query = f"query ($n: String!) {{ found: {field}(number: $n) {{ __typename number }} }}"
        return await self.client.query(query, {"n": number}, tenant=tenant)

    async def found(self, field: str, number: str, *, tenant: str | None = None) -> object:
        return (await self.look_up(field, number, tenant=tenant)).data["found"]


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    partners = two_partners()
    customer = partners.partner.customer
    for number in ODD:
        partners.book.order(customer, number=number)
    # Numbers are unique within a partner only.
    for documents in (partners.partner, partners.stranger):
        partners.book.order(documents.customer, number="A-BOTH", category=documents.tenant.number)
    await empty_client.fill(partners.book)
    return Dataset(empty_client, partners)


def number_of(documents: Documents, field: str) -> str:
    number: str = getattr(documents, field).number
    return number


@pytest.mark.parametrize("field", FIELDS)
async def test_an_object_is_found_by_its_number(dataset: Dataset, field: str) -> None:
    number = number_of(dataset.partners.partner, field)
    assert await dataset.found(field, number) == {
        "__typename": field.capitalize(),
        "number": number,
    }


@pytest.mark.parametrize("field", FIELDS)
async def test_a_partner_finds_what_belongs_to_the_tenants_below(
    dataset: Dataset, field: str
) -> None:
    for documents in (dataset.partners.branch, dataset.partners.nested, dataset.partners.sibling):
        assert await dataset.found(field, number_of(documents, field))


@pytest.mark.parametrize("field", FIELDS)
async def test_a_branch_finds_nothing_above_or_beside_it(dataset: Dataset, field: str) -> None:
    branch = dataset.partners.branch.tenant.number
    for documents in (dataset.partners.partner, dataset.partners.sibling):
        assert await dataset.found(field, number_of(documents, field), tenant=branch) is None
    assert await dataset.found(field, number_of(dataset.partners.nested, field), tenant=branch)


@pytest.mark.parametrize("field", FIELDS)
async def test_a_number_of_another_partner_answers_byte_by_byte_like_an_unknown_one(
    dataset: Dataset, field: str
) -> None:
    foreign = number_of(dataset.partners.stranger, field)
    theirs = await dataset.look_up(field, foreign)
    nobodys = await dataset.look_up(field, "X" * len(foreign))
    assert theirs.response.content == nobodys.response.content
    assert nobodys.data == {"found": None}
    assert theirs.statements == nobodys.statements == 1
    stranger = dataset.partners.stranger.tenant.number
    assert await dataset.found(field, foreign, tenant=stranger)


async def test_a_product_is_everybodys(dataset: Dataset) -> None:
    number = dataset.partners.product.number
    for documents in dataset.partners.all:
        found = await dataset.found("product", number, tenant=documents.tenant.number)
        assert found == {"__typename": "Product", "number": number}
    assert await dataset.found("product", "P-0") is None


@pytest.mark.parametrize("change", [" {}", "{} ", "{}\n", "\u200b{}", "{}\u00a0"])
@pytest.mark.parametrize("field", [*FIELDS, EVERYBODYS])
async def test_a_number_is_taken_as_it_stands(dataset: Dataset, field: str, change: str) -> None:
    owner = dataset.partners if field == EVERYBODYS else dataset.partners.partner
    number: str = getattr(owner, field).number
    assert await dataset.found(field, number)
    assert await dataset.found(field, change.format(number)) is None
    assert await dataset.found(field, number.lower()) is None
    assert await dataset.found(field, number[:-1]) is None


@pytest.mark.parametrize("number", ["", " ", "%", "_", "*", "0", "null", "😀", "A-____", "x" * 200])
@pytest.mark.parametrize("field", [*FIELDS, EVERYBODYS])
async def test_odd_numbers_are_unknown_ones(dataset: Dataset, field: str, number: str) -> None:
    assert await dataset.found(field, number) is None


@pytest.mark.parametrize("number", ODD)
async def test_odd_numbers_that_exist_are_found_and_nothing_else_is(
    dataset: Dataset, number: str
) -> None:
    assert await dataset.found("order", number) == {"__typename": "Order", "number": number}


@pytest.mark.parametrize("field", [*FIELDS, EVERYBODYS])
async def test_what_is_longer_than_any_number_is_bad_input(dataset: Dataset, field: str) -> None:
    answer = await dataset.look_up(field, "x" * 201)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["message"] == "`number` must not be longer than 200 characters."
    assert answer.json["data"] == {"found": None}


async def test_a_number_that_two_partners_use_names_each_its_own(dataset: Dataset) -> None:
    query = '{ order(number: "A-BOTH") { category } }'
    for documents in (dataset.partners.partner, dataset.partners.stranger):
        tenant = documents.tenant.number
        order = (await dataset.client.query(query, tenant=tenant)).data["order"]
        assert order == {"category": tenant}


async def test_look_ups_of_one_kind_share_a_statement_and_keep_their_order(
    dataset: Dataset,
) -> None:
    numbers = [dataset.partners.nested.order.number, "A-0", dataset.partners.partner.order.number]
    query = "query ($a: String!, $b: String!, $c: String!) { a: order(number: $a) { number } "
    query += "b: order(number: $b) { number } c: order(number: $c) { number } }"
    answer = await dataset.client.query(query, dict(zip("abc", numbers, strict=True)))
    assert answer.data == {
        "a": {"number": numbers[0]},
        "b": None,
        "c": {"number": numbers[2]},
    }
    assert answer.statements == 1


async def test_one_bad_look_up_leaves_the_others_standing(dataset: Dataset) -> None:
    query = "query ($bad: String!, $good: String!) { bad: order(number: $bad) { number } "
    query += "good: contract(number: $good) { number } }"
    good = dataset.partners.partner.contract.number
    answer = await dataset.client.query(query, {"bad": "x" * 300, "good": good})
    assert answer.json["data"] == {"bad": None, "good": {"number": good}}
    assert answer.errors[0]["path"] == ["bad"]


async def test_a_number_that_is_no_string_is_bad_input(dataset: Dataset) -> None:
    query = "query ($n: String!) { order(number: $n) { number } }"
    for number in (10, None, ["A-1"], {"number": "A-1"}):
        assert (await dataset.client.query(query, {"n": number})).codes == ["BAD_USER_INPUT"]
