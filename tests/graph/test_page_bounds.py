"""The bounds of a page: its arguments and their limits, `pageInfo`, and cursors."""

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db.models import Order
from tests.graph.client import CARRIER, Client
from tests.graph.factory import NOW, Factory
from tests.graph.pages import Page, ask, forward, joined, numbers, page

DEFAULT = 50
LARGEST = 250
BY_NUMBER = {"field": "NUMBER", "direction": "ASC"}


@dataclass(frozen=True)
class Dataset:
    client: Client
    newest_first: list[str]

    async def page(self, **arguments: Any) -> Page:
        return await page(self.client, "orders", **arguments)

    async def cursor(self, place: int) -> str:
        """Of the order in that place, from 0."""
        return (await self.page(first=LARGEST)).cursors[place]


@pytest.fixture(scope="module")
async def dataset(empty_client: Client) -> Dataset:
    """260 orders: more than a page can hold."""
    book = Factory()
    customer = book.customer(book.tenant())
    orders = [
        book.order(customer, received_at=NOW - timedelta(minutes=n)) for n in range(LARGEST + 10)
    ]
    await empty_client.fill(book)
    return Dataset(empty_client, [order.number for order in orders])


async def test_a_page_holds_fifty_objects_unless_told(dataset: Dataset) -> None:
    assert (await dataset.page()).numbers == dataset.newest_first[:DEFAULT]


async def test_a_page_holds_250_objects_at_most(dataset: Dataset) -> None:
    assert (await dataset.page(first=LARGEST)).numbers == dataset.newest_first[:LARGEST]
    assert (await dataset.page(last=LARGEST)).numbers == dataset.newest_first[-LARGEST:]


@pytest.mark.parametrize("argument", ["first", "last"])
async def test_a_larger_page_is_refused_and_the_limit_named(
    dataset: Dataset, argument: str
) -> None:
    answer = await ask(dataset.client, "orders", {argument: LARGEST + 1})
    (error,) = answer.errors
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "pageSize",
        "actual": 251,
        "maximum": 250,
    }
    assert "250" in error["message"]
    assert answer.statements == 0


@pytest.mark.parametrize("argument", ["first", "last"])
async def test_a_negative_size_is_refused(dataset: Dataset, argument: str) -> None:
    answer = await ask(dataset.client, "orders", {argument: -1})
    assert [error["message"] for error in answer.errors] == [f"`{argument}` must not be negative."]
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_first_and_last_together_are_refused(dataset: Dataset) -> None:
    answer = await ask(dataset.client, "orders", {"first": 1, "last": 1})
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_page_arguments_that_are_null_are_as_good_as_none(dataset: Dataset) -> None:
    arguments = {"first": None, "last": 2, "after": None, "before": None, "filter": None}
    assert (await dataset.page(**arguments, orderBy=None)).numbers == dataset.newest_first[-2:]


@pytest.mark.parametrize("argument", ["first", "last"])
async def test_a_page_of_none_says_whether_there_are_any(dataset: Dataset, argument: str) -> None:
    empty = await dataset.page(**{argument: 0})
    assert (empty.numbers, empty.start, empty.end) == ([], None, None)
    assert (empty.has_next, empty.has_previous) == (argument == "first", argument == "last")


async def test_a_list_without_objects_is_an_empty_page(client: Client) -> None:
    book = Factory()
    book.tenant()
    await client.fill(book)
    sizes: list[dict[str, Any]] = [{}, {"first": 0}, {"last": 5}]
    for arguments in sizes:
        empty = await page(client, "orders", **arguments)
        assert empty.raw == {
            "nodes": [],
            "edges": [],
            "pageInfo": {
                "hasNextPage": False,
                "hasPreviousPage": False,
                "startCursor": None,
                "endCursor": None,
            },
        }


async def test_the_cursors_of_a_page_are_those_of_its_first_and_last_edge(dataset: Dataset) -> None:
    for arguments in ({"first": 3}, {"last": 3}):
        found = await dataset.page(**arguments)
        assert [found.start, found.end] == [found.cursors[0], found.cursors[-1]]
        assert len({*found.cursors}) == 3
        assert [edge["node"]["number"] for edge in found.raw["edges"]] == found.numbers


async def test_after_and_first_give_what_follows(dataset: Dataset) -> None:
    found = await dataset.page(first=3, after=await dataset.cursor(4))
    assert found.numbers == dataset.newest_first[5:8]
    assert (found.has_previous, found.has_next) == (True, True)


async def test_before_and_last_give_what_precedes(dataset: Dataset) -> None:
    found = await dataset.page(last=3, before=await dataset.cursor(5))
    assert found.numbers == dataset.newest_first[2:5]
    assert (found.has_previous, found.has_next) == (True, True)


async def test_before_alone_gives_the_page_that_ends_there(dataset: Dataset) -> None:
    found = await dataset.page(before=await dataset.cursor(70))
    assert found.numbers == dataset.newest_first[20:70]
    assert (found.has_previous, found.has_next) == (True, True)


async def test_after_and_before_give_what_lies_between(dataset: Dataset) -> None:
    between = {"after": await dataset.cursor(3), "before": await dataset.cursor(8)}
    assert (await dataset.page(**between)).numbers == dataset.newest_first[4:8]
    assert (await dataset.page(**between, first=2)).numbers == dataset.newest_first[4:6]
    assert (await dataset.page(**between, last=2)).numbers == dataset.newest_first[6:8]


async def test_nothing_lies_between_a_cursor_and_itself(dataset: Dataset) -> None:
    cursor = await dataset.cursor(3)
    assert (await dataset.page(after=cursor, before=cursor)).numbers == []


async def test_the_first_page_has_none_before_it_and_the_last_page_none_after_it(
    dataset: Dataset,
) -> None:
    first, last = await dataset.page(first=5), await dataset.page(last=5)
    assert (first.has_previous, first.has_next) == (False, True)
    assert (last.has_previous, last.has_next) == (True, False)


async def test_a_page_that_ends_exactly_with_the_list_has_none_after_it(dataset: Dataset) -> None:
    cursor = await dataset.cursor(LARGEST - 1)
    exact = await dataset.page(first=10, after=cursor)
    assert (len(exact.numbers), exact.has_next) == (10, False)
    back = await dataset.page(last=LARGEST - 1, before=cursor)
    assert (len(back.numbers), back.has_previous) == (LARGEST - 1, False)


async def test_nothing_follows_the_last_object(dataset: Dataset) -> None:
    end = (await dataset.page(last=1)).end
    beyond = await dataset.page(first=5, after=end)
    assert (beyond.numbers, beyond.has_next, beyond.has_previous) == ([], False, True)


async def test_a_count_is_of_the_whole_list_whatever_the_page(dataset: Dataset) -> None:
    for arguments in ({"first": 1}, {"first": 0}, {"last": 2, "before": await dataset.cursor(1)}):
        answer = await ask(dataset.client, "orders", arguments, selection="totalCount")
        assert answer.data == {"orders": {"totalCount": LARGEST + 10}}


async def test_nothing_is_counted_unless_asked_for(dataset: Dataset) -> None:
    without = await ask(dataset.client, "orders", {"first": 1})
    counted = await ask(dataset.client, "orders", {"first": 1}, selection="totalCount nodes { id }")
    assert (without.statements, counted.statements) == (1, 2)


def _cursor(*parts: Any) -> str:
    plain = json.dumps(parts if len(parts) != 1 else parts[0]).encode()
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


_ID = "018f0000000070008000000000000001"
MALFORMED = {
    "empty": "",
    "not base64": "%%%",
    "not ASCII": "größe",
    "cut off": _cursor("received_at", NOW.isoformat(), _ID)[:-5],
    "not JSON": base64.urlsafe_b64encode(b"hello").decode(),
    "not UTF-8": base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "null": _cursor(None),
    "an offset": base64.urlsafe_b64encode(b"arrayconnection:5").decode(),
    "too short": _cursor("received_at", NOW.isoformat()),
    "deeply nested": base64.urlsafe_b64encode(b"[" * 5000).decode(),
    "no identity": _cursor("received_at", NOW.isoformat(), "1"),
    "a number as identity": _cursor("received_at", NOW.isoformat(), 7),
    "no instant": _cursor("received_at", "yesterday", _ID),
    "an instant without a zone": _cursor("received_at", "2026-11-20T14:00:00", _ID),
    "an instant after all instants": _cursor("received_at", "9999-12-31T23:59:59-14:00", _ID),
    "an instant before all instants": _cursor("received_at", "0001-01-01T00:00:00+14:00", _ID),
    "a number as instant": _cursor("received_at", 5, _ID),
    "an unknown order": _cursor("salary", NOW.isoformat(), _ID),
}


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize("kind", MALFORMED)
async def test_what_is_no_cursor_is_refused_without_a_word_about_the_inside(
    dataset: Dataset, kind: str, argument: str
) -> None:
    answer = await ask(dataset.client, "orders", {argument: MALFORMED[kind]})
    assert answer.codes == ["BAD_USER_INPUT"]
    (error,) = answer.errors
    assert (
        error["message"] == f"`{argument}` is not a valid cursor of this list with this `orderBy`."
    )
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert answer.response.status_code == 200


@pytest.mark.parametrize("value", ["\0", "\ud800"], ids=["NUL", "half a surrogate pair"])
async def test_a_cursor_with_text_that_no_database_keeps_is_refused(
    dataset: Dataset, value: str
) -> None:
    cursor = _cursor("number", value, _ID)
    answer = await ask(dataset.client, "orders", {"orderBy": BY_NUMBER, "after": cursor})
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_cursor_is_good_for_its_own_order_only(dataset: Dataset) -> None:
    cursor = await dataset.cursor(3)
    answer = await ask(dataset.client, "orders", {"orderBy": BY_NUMBER, "after": cursor})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["message"] == (
        "`after` is not a valid cursor of this list with this `orderBy`."
    )


async def test_rows_that_appear_between_pages_neither_repeat_nor_hide_older_ones(
    client: Client,
) -> None:
    book = Factory()
    customer = book.customer(book.tenant())
    old = [book.order(customer, received_at=NOW - timedelta(days=n)) for n in range(6)]
    await client.fill(book)
    first = await page(client, "orders", first=3)
    for hours in (-1, 12, 36, 12):
        book.order(customer, received_at=NOW - timedelta(hours=hours))
    late = book.order(customer, received_at=NOW - timedelta(days=3, hours=1))
    await client.fill(book)

    rest = await page(client, "orders", first=10, after=first.end)

    assert first.numbers == [order.number for order in old[:3]]
    # What was received before the end of the first page but is known only now still comes.
    assert rest.numbers == [old[3].number, late.number, old[4].number, old[5].number]


async def test_who_pages_by_change_sees_an_order_again_that_changes_meanwhile(
    client: Client,
) -> None:
    book = Factory()
    customer = book.customer(book.tenant())
    orders = [book.order(customer, updated_at=NOW - timedelta(days=9 - n)).number for n in range(5)]
    await client.fill(book)
    by_change = {"field": "UPDATED_AT", "direction": "ASC"}
    read = await page(client, "orders", first=2, orderBy=by_change)
    # The very order that the cursor names, and one that was not yet read.
    await _touch(client, orders[1], orders[3])

    rest = await numbers(client, "orders", after=read.end, orderBy=by_change)

    assert read.numbers == orders[:2]
    assert rest == [orders[2], orders[4], orders[1], orders[3]]


async def _touch(client: Client, *touched: str) -> None:
    async with client.database.write(CARRIER) as session:
        rows = await session.entities(select(Order).where(Order.number.in_(touched)))
        for place, order in enumerate(sorted(rows, key=lambda row: row.number)):
            order.updated_at = NOW + timedelta(seconds=place)
            order.version += 1


async def test_cursors_tell_instants_apart_that_differ_by_a_microsecond(client: Client) -> None:
    book = Factory()
    customer = book.customer(book.tenant())
    moments = [NOW + timedelta(microseconds=n) for n in (0, 1, 10, 999_999, 1_000_000)]
    orders = [book.order(customer, received_at=moment).number for moment in moments]
    await client.fill(book)
    assert joined(await forward(client, "orders", 1)) == orders[::-1]


async def test_a_cursor_holds_any_name(client: Client) -> None:
    book = Factory()
    partner = book.tenant()
    names = ['"Zum Anker" \\ 100 %', "Ärzte & Söhne", "株式会社", "O'Hara", "😀 GmbH", " ", "a\nb"]
    by_code_point = [book.customer(partner, name=name).number for name in names]
    await client.fill(book)
    pages = await forward(client, "customers", 1)
    expected = sorted(zip(names, by_code_point, strict=True))
    assert joined(pages) == [number for _, number in expected]


async def test_pages_stay_within_their_filter(dataset: Dataset) -> None:
    wanted = {"received": {"from": (NOW - timedelta(minutes=6)).isoformat()}}
    assert (
        joined(await forward(dataset.client, "orders", 3, filter=wanted))
        == dataset.newest_first[:7]
    )
    assert (
        await numbers(dataset.client, "orders", last=2, filter=wanted) == dataset.newest_first[5:7]
    )
