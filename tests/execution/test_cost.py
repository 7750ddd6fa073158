"""The requested and actual costs of operations, by the directives of their schema."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
import strawberry
from graphql import parse

from execution.cost import operation_costs
from execution.cost_model import Cost, CostModel, ListSize
from execution.limits import measure
from server.limits import ServerLimits
from tests.execution.support import Served, data, only_error, serve

Page = Annotated[int | None, strawberry.argument()]


def books_of(first: Page = None, last: Page = None) -> "Books":
    return Books()


def books(first: int = 20) -> "Books":
    return Books()


def by_ids(ids: list[strawberry.ID]) -> list["Book | None"]:
    return [None if id_ == "unknown" else Book() for id_ in ids]


@strawberry.type
class Chapter:
    title: str = "chapter"


@strawberry.type
class Author:
    name: str = "author"
    books: "Books" = strawberry.field(
        resolver=books_of,
        directives=[
            ListSize(
                assumed_size=5,
                slicing_arguments=["first", "last"],
                sized_fields=["nodes", "edges"],
                require_one_slicing_argument=False,
            )
        ],
    )


@strawberry.type
class Book:
    title: str = "book"

    @strawberry.field
    def author(self) -> Author | None:
        return Author()

    @strawberry.field
    def nobody(self) -> Author | None:
        return None

    @strawberry.field
    def broken(self) -> Author:
        raise RuntimeError

    chapters: list[Chapter] = strawberry.field(
        resolver=lambda: [Chapter()] * 2, directives=[ListSize(assumed_size=4)]
    )


@strawberry.type(directives=[Cost(weight="0")])
class Entry:
    cursor: str = "cursor"
    node: Book = strawberry.field(resolver=Book)


@strawberry.type(directives=[Cost(weight="0")])
class Books:
    @strawberry.field
    def nodes(self) -> list[Book]:
        return [Book(), Book()]

    @strawberry.field
    def edges(self) -> list[Entry]:
        return [Entry(), Entry()]

    total: int = strawberry.field(resolver=lambda: 2, directives=[Cost(weight="3")])


@strawberry.type
class Query:
    book: Book | None = strawberry.field(resolver=Book)
    author: Author = strawberry.field(resolver=Author)

    books: Books = strawberry.field(
        resolver=books,
        directives=[ListSize(slicing_arguments=["first"], sized_fields=["nodes", "edges"])],
    )
    by_ids: list[Book | None] = strawberry.field(
        resolver=by_ids, directives=[ListSize(slicing_arguments=["ids"])]
    )
    half: int = strawberry.field(resolver=lambda: 1, directives=[Cost(weight="0.5")])

    @strawberry.field
    def unstated(self) -> list[Author]:
        return [Author()] * 3


schema = strawberry.Schema(Query)


@pytest.fixture
def library() -> Served:
    return serve(served_schema=schema)


@pytest.fixture
def libraries() -> Callable[[ServerLimits], Served]:
    return lambda limits: serve(limits, served_schema=schema)


F = "query($f: Int) { author { books(first: $f) { nodes { title } } } }"
D = "query($f: Int = 7) { author { books(first: $f) { nodes { title } } } }"
IDS = "query($ids: [ID!]!) { byIds(ids: $ids) { author { name } } }"
IF = "query($yes: Boolean!) { book { author @include(if: $yes) { name } title @skip(if: $yes) } }"


@pytest.mark.parametrize(
    ("query", "variables", "requested"),
    [
        ("{ __typename }", {}, 1),
        ("{ book { title } }", {}, 2),
        ("{ book { author { name } nobody { name } } }", {}, 4),
        # A list with a stated size, and one without.
        ("{ book { chapters { title } } }", {}, 1 + 1 + 4),
        ("{ unstated { name } }", {}, 1 + 10),
        # Pages: by argument, by assumed size, by the argument's default, and nested.
        ("{ author { books(first: 3) { nodes { title } } } }", {}, 1 + 1 + 3),
        ("{ author { books(last: 3) { nodes { title } } } }", {}, 1 + 1 + 3),
        ("{ author { books { nodes { title } } } }", {}, 1 + 1 + 5),
        ("{ author { books(first: null) { nodes { title } } } }", {}, 1 + 1 + 5),
        ("{ author { books(first: 0) { nodes { title } } } }", {}, 1 + 1),
        ("{ books { nodes { title } } }", {}, 1 + 20),
        (
            "{ books(first: 3) { nodes { author { books(first: 2) { nodes { title } } } } } }",
            {},
            1 + 3 * (1 + 1 + 2),
        ),
        # A page costs the same by nodes, by edges, and if its objects are not selected.
        ("{ books(first: 9) { edges { node { title } } } }", {}, 1 + 9),
        ("{ books(first: 9) { edges { cursor } } }", {}, 1 + 9),
        ("{ books(first: 9) { __typename } }", {}, 1 + 9),
        # Weights of fields: once for each parent.
        ("{ books(first: 9) { total } }", {}, 1 + 9 + 3),
        ("{ half }", {}, 2),
        ("{ half again: half }", {}, 2),
        # Variables: present, of another type, null, absent, with a default.
        (F, {"f": 4}, 1 + 1 + 4),
        (F, {"f": 4.0}, 1 + 1 + 4),
        (F, {"f": None}, 1 + 1 + 5),
        (F, {}, 1 + 1 + 5),
        (D, {}, 1 + 1 + 7),
        (D, {"f": 2}, 1 + 1 + 2),
        (D, {"f": None}, 1 + 1 + 5),
        ("query($f: Int!) { books(first: $f) { total } }", {"f": 6}, 1 + 6 + 3),
        ("query($f: Int! = 6) { books(first: $f) { total } }", {}, 1 + 6 + 3),
        # Lists with as many entries as an argument.
        ('{ byIds(ids: ["a", "b"]) { title } }', {}, 1 + 2),
        ('{ byIds(ids: "a") { title } }', {}, 1 + 1),
        ('query($a: ID!) { byIds(ids: [$a, "b"]) { title } }', {"a": "a"}, 1 + 2),
        (IDS, {"ids": ["a", "b", "c"]}, 1 + 3 * 2),
        (IDS, {"ids": "a"}, 1 + 2),
        # Excluded fields cost nothing.
        (IF, {"yes": True}, 3),
        (IF, {"yes": False}, 2),
        ("{ book { author @skip(if: true) { name } } }", {}, 2),
        ("{ ... @include(if: false) { book { title } } }", {}, 1),
        # Fragments take the size of the page that they are spread in.
        (
            """{ a: books(first: 2) { ...F } b: books(first: 5) { ...F } }
            fragment F on Books { total ... { nodes { author { name } } } }""",
            {},
            1 + (2 + 5) * 2 + 2 * 3,
        ),
        (
            """query($f: Int! = 2) { books(first: $f) { ...F } } fragment F on Books { ...G }
            fragment G on Books { nodes { author { books(first: $f) { nodes { title } } } } }""",
            {"f": 3},
            1 + 3 * (1 + 1 + 3),
        ),
    ],
)
async def test_the_requested_cost_of_an_operation(
    library: Served, query: str, variables: dict[str, Any], requested: int
) -> None:
    response = await library.ask(query, variables)
    assert response.json()["extensions"]["cost"]["requested"] == requested
    # A cached document costs the same as a new one.
    again = await library.ask(query, variables)
    assert again.json()["extensions"]["cost"]["requested"] == requested


@pytest.mark.parametrize(
    ("query", "actual"),
    [
        ("{ book { author { name } nobody { name } } }", 3),
        ("{ book { chapters { title } } }", 1 + 1 + 2),
        ("{ books { nodes { title author { name } } } }", 1 + 2 * 2),
        ("{ books { edges { cursor } } }", 1 + 2),
        ("{ books { edges { node { title } } total } }", 1 + 2 + 3),
        ('{ byIds(ids: ["a", "unknown"]) { title } }', 1 + 1),
        ("{ unstated { books { nodes { title } } } }", 1 + 3 + 3 * 2),
        # Two selections of one field are one field in the result.
        ("{ book { author { name } ...F } } fragment F on Book { author { name } }", 3),
        # The objects of a page are not selected: its requested size counts.
        ("{ books(first: 9) { total } }", 1 + 9 + 3),
        ("{ books(first: 9) { nodes @skip(if: true) { title } __typename } }", 1 + 9),
    ],
)
async def test_the_actual_cost_is_that_of_the_objects_returned(
    library: Served, query: str, actual: int
) -> None:
    response = await library.ask(query)
    data(response)
    cost = response.json()["extensions"]["cost"]
    assert cost["actual"] == actual
    assert cost["actual"] <= cost["requested"]


async def test_the_actual_cost_without_data_is_the_requested_cost(library: Served) -> None:
    response = await library.ask("{ books(first: 5) { nodes { title broken { name } } } }")
    assert response.json()["data"] is None
    assert response.json()["extensions"]["cost"] == {"requested": 11, "actual": 11}


async def test_an_operation_over_the_maximum_is_not_executed(
    libraries: Callable[[ServerLimits], Served],
) -> None:
    served = libraries(ServerLimits(cost=21))
    assert "errors" not in (await served.ask("{ books(first: 20) { nodes { title } } }")).json()
    response = await served.ask("{ books(first: 21) { nodes { title } } }")
    assert response.status_code == 400
    assert only_error(response)["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "cost",
        "actual": 22,
        "maximum": 21,
    }
    assert served.events.count("opened") == 1


@pytest.mark.parametrize(
    "query",
    [
        f"{{ {' '.join(f'a{i}: books(first: 9) {{ total }}' for i in range(4))} }}",
        """{ ...F ...G } fragment F on Query { a: books(first: 20) { nodes { title } } }
        fragment G on Query { b: books(first: 20) { nodes { title } } }""",
        "{ books(first: 1000000000) { nodes { title } } }",
        "{ unstated { books(first: 250) { nodes { title } } } }",
        f"{{ byIds(ids: [{'1 ' * 40}]) {{ title }} }}",
    ],
)
async def test_the_maximum_applies_however_objects_are_requested(
    libraries: Callable[[ServerLimits], Served], query: str
) -> None:
    response = await libraries(ServerLimits(cost=35)).ask(query)
    assert only_error(response)["extensions"]["limit"] == "cost"


async def test_wrong_variables_are_bad_user_input(library: Served) -> None:
    wrong: list[Any] = ["x", True, {}, [1], -1e300]
    for value in wrong:
        response = await library.ask(F, {"f": value})
        assert only_error(response)["extensions"]["code"] == "BAD_USER_INPUT"


async def test_costs_stop_at_a_maximum_that_json_holds_exactly(library: Served) -> None:
    page = "books(first: 2147483647) { nodes"
    query = f"{{ {page} {{ author {{ {page} {{ author {{ {page} {{ title }} }} }} }} }} }} }} }} }}"
    assert only_error(await library.ask(query))["extensions"]["actual"] == 10**15


@pytest.mark.parametrize("levels", [10, 20, 40])
def test_each_fragment_is_walked_once_however_often_it_is_spread(levels: int) -> None:
    spreads = [
        f"fragment F{i} on Book {{ a: author {{ books(first: $f) {{ nodes {{ ...F{i + 1} }} }} }}"
        f" ...F{i + 1} }}"
        for i in range(levels)
    ]
    last = f"fragment F{levels} on Book {{ author {{ name }} }}"
    document = parse("\n".join(["query($f: Int) { book { ...F0 } }", *spreads, last]))
    costs = operation_costs(document, CostModel(schema._schema), measure(document).fragments)
    # Each level has four: the page, the books, the author, and the sum of both selections.
    assert len(costs[None]._steps) == 4 * levels + 1
    # An author with two books, each with the whole next level, and the next level again.
    expected = 1
    for _ in range(levels):
        expected = 1 + 2 * (1 + expected) + expected
    assert costs[None].requested({"f": 2}) == min(2 + expected, 10**15)
