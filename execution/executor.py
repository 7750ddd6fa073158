"""The execute step: a prepared operation, its variables and a context in, a result out."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any, TypeGuard, TypeVar, cast

from graphql import ExecutionResult, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema import Schema

from execution.documents import PreparedOperation
from execution.limits import Limits
from execution.permissions import Coordinate, refusing

ContextT = TypeVar("ContextT")

_is_awaitable = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)

Execute = Callable[
    [PreparedOperation, dict[str, Any], ContextT, Mapping[Coordinate, str]],
    Awaitable[ExecutionResult],
]
"""Executes an operation, without the fields that are forbidden. A result whose data is None and
whose errors have no path is a request error: nothing was executed, because the variables do not
fit."""


def field_by_field(schema: Schema, limits: Limits) -> Execute[Any]:
    """An executor that resolves every field of every object by itself, as graphql-core does."""
    core_schema = schema._schema
    hide_suggestions = schema.config.disable_field_suggestions

    async def run(
        operation: PreparedOperation,
        variables: dict[str, Any],
        context: Any,
        forbidden: Mapping[Coordinate, str],
    ) -> ExecutionResult:
        result = execute(
            core_schema,
            operation.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation.name,
            middleware=[refusing(forbidden)] if forbidden else None,
            max_coercion_errors=limits.variable_errors,
            executor_class=schema.execution_context_class,
            is_awaitable=_is_awaitable,
            hide_suggestions=hide_suggestions,
            operation_extensions=None,
        )
        return await result if isawaitable(result) else result

    return run
