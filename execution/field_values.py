"""Calls the resolvers of a level's fields, and awaits what they return."""

from collections.abc import Iterable
from typing import Any

from execution.awaiting import attempt, await_all, awaitable_at, is_awaitable
from execution.field_resolvers import (
    AttributeResolver,
    InfoResolver,
    ParentResolver,
    TypenameResolver,
)
from execution.level import LevelField
from execution.lookahead import rows_of
from execution.permissions import ForbiddenError
from execution.resolving import LevelResolver
from execution.state import ExecutionState


def resolve_field(state: ExecutionState, field: LevelField) -> None:
    """Set the field's `values`: a list of a value or exception for each object, or an awaitable."""
    try:
        field.values = _values(state, field)
    except Exception as error:
        field.values = [error] * len(field.level.sources)


async def await_values(fields: Iterable[LevelField]) -> None:
    """Await together all that the values of some fields wait for."""
    awaitables: list[Any] = []
    for field in fields:
        if field.pending is None:
            awaitables.append(field.values)
        else:
            awaitables.extend(map(awaitable_at, field.pending))
    outcomes = iter(await await_all(awaitables))
    for field in fields:
        if field.pending is None:
            field.values = _one_for_each_object(field, next(outcomes))
        else:
            for values, index in field.pending:
                values[index] = next(outcomes)


def _values(state: ExecutionState, field: LevelField) -> Any:
    """The values of a field. Raises what fails the field of all objects."""
    plan = field.plan
    sources = field.level.sources
    if state.forbidden:
        scope = state.forbidden.scope(plan.coordinate, plan.nodes[0])
        if scope is not None:
            # As graphql-core does, which refuses wrong arguments first.
            _coerce_arguments(state, field)
            raise ForbiddenError(scope)
    resolver = plan.resolver
    if isinstance(resolver, AttributeResolver):
        try:
            return list(map(resolver.read, sources))
        except Exception:
            return [attempt(resolver.read, source) for source in sources]
    if isinstance(resolver, TypenameResolver):
        return [resolver.type_name] * len(sources)
    if isinstance(resolver, LevelResolver):
        return _call_by_level(state, field, resolver)
    return _call_for_each(state, field, resolver)


def _call_by_level(state: ExecutionState, field: LevelField, resolver: LevelResolver) -> Any:
    plan = field.plan
    arguments = plan.arguments.convert(_coerce_arguments(state, field))
    rows = rows_of(state.plan, plan)
    if rows is not None:
        # Forbidden relations must not be prefetched.
        arguments["rows"] = rows.without(state.forbidden.fields) if state.forbidden else rows
    values = resolver.function(field.level.sources, state.context, **arguments)
    return values if is_awaitable(values) else _one_for_each_object(field, values)


def _call_for_each(
    state: ExecutionState, field: LevelField, resolver: ParentResolver | InfoResolver
) -> list[Any]:
    sources = field.level.sources
    coerced = _coerce_arguments(state, field)
    if isinstance(resolver, InfoResolver):
        return [
            _call_with_info(state, field, resolver, coerced, index) for index in range(len(sources))
        ]
    if field.plan.arguments.are_none:
        return [attempt(resolver.function, source) for source in sources]
    return [_call_with_parent(state, field, resolver, coerced, source) for source in sources]


def _call_with_parent(
    state: ExecutionState,
    field: LevelField,
    resolver: ParentResolver,
    coerced: dict[str, Any],
    source: Any,
) -> Any:
    arguments = field.plan.arguments
    try:
        own = coerced if arguments.can_be_shared else _coerce_arguments(state, field)
        return resolver.function(source, **arguments.convert(own))
    except Exception as error:
        return error


def _call_with_info(
    state: ExecutionState,
    field: LevelField,
    resolver: InfoResolver,
    coerced: dict[str, Any],
    index: int,
) -> Any:
    info = state.info(field, index)
    try:
        own = coerced if field.plan.arguments.can_be_shared else _coerce_arguments(state, field)
        return resolver.function(field.level.sources[index], info, **own)
    except Exception as error:
        return error


def _coerce_arguments(state: ExecutionState, field: LevelField) -> dict[str, Any]:
    return field.plan.arguments.coerce(state.variables, hide_suggestions=state.hide_suggestions)


def _one_for_each_object(field: LevelField, values: Any) -> list[Any]:
    """What a resolver by level returned or raised, as a new list with a value for each object."""
    expected = len(field.level.sources)
    if isinstance(values, Exception):
        return [values] * expected
    own: list[Any] = list(values)
    if len(own) != expected:
        message = f"{field.plan.name} returned {len(own)} values for {expected} objects"
        return [RuntimeError(message)] * expected
    return own
