"""Both executors on the same schema and document: their answers side by side."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

import strawberry
from graphql import ExecutionResult

from execution.documents import DocumentCache
from execution.executor import create_executor
from execution.limits import Limits
from execution.permissions import Coordinate

Step = str | int


@dataclass(frozen=True)
class Answer:
    data: dict[str, Any] | None
    errors: tuple[tuple[tuple[Step, ...] | None, str, tuple[tuple[int, int], ...]], ...]
    """Path, message and locations of each, in their order."""

    @property
    def keys(self) -> list[Any]:
        """The data with every object as a list of pairs, whose order counts."""
        ordered: list[Any] = _ordered(self.data)
        return ordered


async def answered(
    schema: strawberry.Schema,
    by: Literal["levels", "core"],
    document: str,
    variables: dict[str, Any] | None = None,
    *,
    context: Any = None,
    forbidden: Mapping[Coordinate, str] | None = None,
    left_to: Literal["core"] | None = None,
) -> Answer:
    limits = Limits()
    prepared = DocumentCache(schema, limits).get(document)
    assert prepared.errors == ()
    execute = create_executor(schema, limits, by)
    operation = prepared.operation(None)
    assert execute.chosen(operation, variables or {}) == (left_to or by)
    result = await execute(operation, variables or {}, context, forbidden or {})
    return _answer(result)


async def compared(
    schema: strawberry.Schema,
    document: str,
    variables: dict[str, Any] | None = None,
    *,
    context: Any = None,
    forbidden: Mapping[Coordinate, str] | None = None,
    ordered: bool = True,
    left_to: Literal["core"] | None = None,
) -> Answer:
    """The answer by levels, which is graphql-core's to the last error and the order of keys.

    The order of errors is the document's; graphql-core's depends on what is awaited, where
    anything is: then it does not count. `left_to` says that it is all graphql-core's own.
    """
    core = await answered(
        schema, "core", document, variables, context=deepcopy(context), forbidden=forbidden
    )
    levels = await answered(
        schema,
        "levels",
        document,
        variables,
        context=context,
        forbidden=forbidden,
        left_to=left_to,
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
                tuple((each.line, each.column) for each in error.locations or ()),
            )
            for error in result.errors or ()
        ),
    )


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, _ordered(each)) for key, each in value.items()]
    if isinstance(value, list):
        return [_ordered(each) for each in value]
    return value
