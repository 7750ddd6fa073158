"""The number of statements depends on the shape of a query, never on the number of rows.

Every field of the schema that leads to objects or takes arguments is asked for, with every
argument, in a book with one row of everything and in one with fifty: below as many parents, and
for connections below a parent with as many children.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.graph import walk
from tests.graph.client import BOUNDLESS, Answer, serve
from tests.graph.sizes import MANY, Library, fill
from tests.graph.walk import Lesson, Place, Question
from tests.support.databases import Databases, Engine

pytestmark = pytest.mark.long

# Of these there are as many as the schema says, however large the book is.
CONSTANT = {
    "BusinessCaseCount",
    "OrderSummary",
    "PageInfo",
    "PhaseCount",
    "PhaseGuide",
    "StatusCount",
    "StatusGuide",
    "Viewer",
}

# No key is bound to a single customer.
NOBODYS = {"Viewer.customer"}


@pytest.fixture(scope="module")
async def small(databases: Databases, engine: Engine) -> AsyncIterator[Library]:
    async with _library(databases, engine, 1) as library:
        yield library


@pytest.fixture(scope="module")
async def large(databases: Databases, engine: Engine) -> AsyncIterator[Library]:
    async with _library(databases, engine, MANY) as library:
        yield library


@asynccontextmanager
async def _library(databases: Databases, engine: Engine, size: int) -> AsyncIterator[Library]:
    with databases.empty(engine) as url:
        async with serve(url, limits=BOUNDLESS) as client:
            yield await fill(client, size)


@pytest.mark.parametrize("place", walk.places(), ids=str)
async def test_a_field_costs_as_many_statements_for_one_row_as_for_fifty(
    small: Library, large: Library, place: Place
) -> None:
    one, fifty = await _count(small, place), await _count(large, place)
    assert one.statements == fifty.statements
    if str(place) not in NOBODYS:
        _require_one(one)
    _require_many(place, fifty)


def test_every_type_of_the_schema_is_asked_for() -> None:
    assert walk.unreached() == set()


def test_an_argument_that_nobody_taught_a_value_is_not_left_out_in_silence() -> None:
    orders = next(place for place in walk.places() if str(place) == "Query.orders")
    with pytest.raises(LookupError, match=r"teach a value for Query\.orders.*, in x\.py"):
        Lesson({}, "x.py").variants(orders)


@dataclass
class Count:
    """What came of asking for one field with every variant of its arguments."""

    statements: list[tuple[int, str]] = field(default_factory=list)
    """For each document, with the arguments that it is about."""
    parents: int = 0
    largest: int = 0
    """The most objects below one parent."""
    found: Counter[str] = field(default_factory=Counter)
    """Objects below all parents, by the argument that was given. Some values rightly find nothing,
    so of each argument the value that found most counts."""

    def add(self, question: Question, answer: Answer) -> None:
        paths = ", ".join(variant.path for variant in question.variants)
        self.statements.append((answer.statements, paths))
        for variant, below in question.found(answer.data):
            sizes = [len(objects) for objects in below]
            self.parents = len(sizes)
            self.largest = max(self.largest, *sizes)
            self.found[variant.path] = max(self.found[variant.path], sum(sizes))


async def _count(library: Library, place: Place) -> Count:
    plain, *variants = await library.variants(place)
    outline = walk.outline(place.target) if place.target is not None else None
    count = Count()
    for question in (
        *walk.questions(place, [plain], library.lesson),
        *walk.questions(place, variants, library.lesson, outline),
    ):
        count.add(question, await library.ask(question))
    return count


def _require_one(count: Count) -> None:
    assert count.found.total() >= 1, "the small book has nothing here, so nothing was compared"


def _require_many(place: Place, count: Count) -> None:
    if place.is_connection:
        # The object that a cursor names is beyond the page.
        too_few = {path: found for path, found in count.found.items() if found < MANY - 1}
        assert too_few == {}, "arguments that found too little in the large book"
        assert count.largest >= MANY
    elif place.is_many and place.target is not None and place.target.name not in CONSTANT:
        assert max(count.found.values()) >= MANY
    if not (place.parent in CONSTANT | {"Query"} or place.parent.endswith("Connection")):
        assert count.parents >= MANY
        assert max(count.found.values()) >= 1
