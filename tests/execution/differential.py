"""Executes documents by both executors and compares the results."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import ExecutionResult

from execution.documents import DocumentCache
from execution.executor import ExecutorName, create_executor
from execution.limits import Limits
from execution.permissions import NOTHING_FORBIDDEN, Forbidden

Step = str | int


@dataclass(frozen=True)
class Answer:
    data: dict[str, Any] | None
    errors: tuple[tuple[tuple[Step, ...] | None, str, tuple[tuple[int, int], ...]], ...]
    """Path, message and locations of each error, in order."""

    @property
    def keys(self) -> list[Any]:
        """The data with every object as a list of pairs, to compare the order of keys."""
        ordered: list[Any] = _ordered(self.data)
        return ordered


async def execute_by(
    schema: strawberry.Schema,
    by: ExecutorName,
    document: str,
    variables: dict[str, Any] | None = None,
    *,
    context: Any = None,
    forbidden: Forbidden = NOTHING_FORBIDDEN,
    delegated: bool = False,
) -> Answer:
    """The result of a valid document. `delegated` says that graphql-core executes it anyway."""
    limits = Limits()
    prepared = DocumentCache(schema, limits).get(document)
    assert prepared.errors == ()
    execute = create_executor(schema, limits, by)
    operation = prepared.operation(None)
    assert execute.chosen(operation, variables or {}) == ("core" if delegated else by)
    result = await execute(operation, variables or {}, context, forbidden)
    return _answer(result)


async def compare(
    schema: strawberry.Schema,
    document: str,
    variables: dict[str, Any] | None = None,
    *,
    context: Any = None,
    forbidden: Forbidden = NOTHING_FORBIDDEN,
    ordered: bool = True,
    delegated: bool = False,
) -> Answer:
    """The breadth-first result, asserted equal to graphql-core's: data, order of keys, errors.

    `ordered` compares the order of errors as well. graphql-core's order depends on timing where
    anything is awaited.
    """
    core = await execute_by(
        schema, "core", document, variables, context=deepcopy(context), forbidden=forbidden
    )
    levels = await execute_by(
        schema,
        "levels",
        document,
        variables,
        context=context,
        forbidden=forbidden,
        delegated=delegated,
    )
    assert levels.data == core.data
    if ordered:
        assert levels.errors == core.errors
    else:
        assert sorted(map(repr, levels.errors)) == sorted(map(repr, core.errors))
    assert levels.keys == core.keys
    return levels


def _answer(result: ExecutionResult) -> Answer:
    return Answer(
        result.data,
        tuple(
            (
                tuple(error.path) if error.path is not None else None,
                error.message,
                tuple((location.line, location.column) for location in error.locations or ()),
            )
            for error in result.errors or ()
        ),
    )


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, _ordered(below)) for key, below in value.items()]
    if isinstance(value, list):
        return [_ordered(entry) for entry in value]
    return value
