"""Look-ahead: what a resolver by level learns about the rows that it loads."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry

from execution.documents import DocumentCache
from execution.executor import create_executor
from execution.limits import Limits
from execution.permissions import NOTHING_FORBIDDEN
from execution.resolving import EVERYTHING, Rows, by_level


@dataclass
class Loaded:
    """The context: what was loaded of which rows."""

    rows: list[Rows] = field(default_factory=list)

    def last(self) -> tuple[Any, set[str]]:
        """The attributes of the last rows, and the fields of their prefetches."""
        rows = self.rows[-1]
        return rows.attributes, {prefetch.field[1] for prefetch in rows.prefetches}


def _items(parents: list[Any], context: Loaded, rows: Rows = EVERYTHING) -> list[Any]:
    context.rows.append(rows)
    return [[Item(number=1, owner_id=2)] for _ in parents]


def _owner(parents: list[Any], context: Loaded) -> list[Any]:
    return [Item(number=parent.owner_id, owner_id=0) for parent in parents]


@strawberry.type
class Item:
    number: int
    owner_id: strawberry.Private[int]
    owner: "Item" = strawberry.field(
        resolver=by_level(_owner, reads=("owner_id",), relation="owner")
    )


@strawberry.type
class Query:
    items: list[Item] = strawberry.field(resolver=by_level(_items, rows=[()]))


schema = strawberry.Schema(Query)


@pytest.mark.parametrize(
    ("document", "attributes", "prefetched"),
    [
        ("{ items { number } }", {"number"}, set()),
        ("{ items { number owner { number } } }", {"number", "owner_id"}, {"owner"}),
        (
            "{ items { ...F } } fragment F on Item { owner { __typename } }",
            {"owner_id"},
            {"owner"},
        ),
        (
            "query ($a: Boolean = true) { items { owner @skip(if: $a) { number } } }",
            {"number", "owner_id"},
            set(),
        ),
    ],
)
async def test_a_resolver_learns_what_is_read_of_its_rows(
    document: str, attributes: set[str], prefetched: set[str]
) -> None:
    loaded = Loaded()
    operation = DocumentCache(schema, Limits()).get(document).operation(None)
    await create_executor(schema, Limits(), "levels")(operation, {}, loaded, NOTHING_FORBIDDEN)
    assert loaded.last() == (attributes, prefetched)


async def test_prefetches_depend_on_the_variables_of_the_request_alone() -> None:
    document = """query ($owner: Boolean!) {
      items { number } items @include(if: $owner) { owner { number } }
    }"""
    operation = DocumentCache(schema, Limits()).get(document).operation(None)
    execute = create_executor(schema, Limits(), "levels")
    for owner in (True, False, True):
        loaded = Loaded()
        await execute(operation, {"owner": owner}, loaded, NOTHING_FORBIDDEN)
        assert loaded.last()[1] == ({"owner"} if owner else set())
