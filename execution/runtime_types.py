"""The runtime types of objects: `resolve_type` and `is_type_of`, checked as graphql-core does."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    default_type_resolver,
    is_object_type,
)
from graphql.pyutils import inspect

from execution.awaiting import attempt, await_all, is_awaitable
from execution.level import FoundObject, LevelField
from execution.plan import FieldPlan
from execution.state import ExecutionState

IsTypeOf = TypeVar("IsTypeOf", bound=Callable[..., Any])

_BY_CLASS = "__by_class__"


def by_class(is_type_of: IsTypeOf) -> IsTypeOf:
    """Declare that an `is_type_of` depends on the object's Python class alone.

    It is then called once for each class of a level, with None for `info`.
    """
    setattr(is_type_of, _BY_CLASS, True)
    return is_type_of


async def objects_by_type(
    state: ExecutionState, field: LevelField
) -> dict[GraphQLObjectType, list[FoundObject]]:
    """The field's objects by their runtime types. Objects of none get an error and are left out."""
    plan = field.plan
    if plan.abstract_type is None:
        type_ = cast("GraphQLObjectType", plan.type)
        return {type_: await _of_type(state, field, type_, field.objects)}
    resolve_type = plan.abstract_type.resolve_type or default_type_resolver
    names = [
        attempt(resolve_type, found[0], state.info(field, found[1]), plan.abstract_type)
        for found in field.objects
    ]
    if any(map(is_awaitable, names)):
        names = await await_all(names)
    by_type: dict[GraphQLObjectType, list[FoundObject]] = {}
    for found, name in zip(field.objects, names, strict=True):
        try:
            type_ = _possible_type(state.plan.core_schema, plan, name, found[0])
        except Exception as error:
            state.add_error(field, found[1], found[2], error)
        else:
            by_type.setdefault(type_, []).append(found)
    return {
        type_: await _of_type(state, field, type_, objects) for type_, objects in by_type.items()
    }


async def _of_type(
    state: ExecutionState, field: LevelField, type_: GraphQLObjectType, objects: list[FoundObject]
) -> list[FoundObject]:
    """The objects that the type's `is_type_of` accepts. The others get an error."""
    is_type_of = type_.is_type_of
    if is_type_of is None or _accepts_classes(type_, [found[0] for found in objects]):
        return objects
    # All get the `info` of the first one's parent: an object's type does not depend on it.
    info = state.info(field, objects[0][1])
    try:
        verdicts = [is_type_of(found[0], info) for found in objects]
    except Exception:
        verdicts = [attempt(is_type_of, found[0], info) for found in objects]
    if all(verdict is True for verdict in verdicts):
        return objects
    if any(map(is_awaitable, verdicts)):
        verdicts = await await_all(verdicts)
    accepted: list[FoundObject] = []
    for found, verdict in zip(objects, verdicts, strict=True):
        if isinstance(verdict, Exception):
            state.add_error(field, found[1], found[2], verdict)
        elif not verdict:
            message = f"Expected value of type '{type_}' but got: {inspect(found[0])}."
            wrong = GraphQLError(message, field.plan.nodes)
            state.add_error(field, found[1], found[2], wrong)
        else:
            accepted.append(found)
    return accepted


def _accepts_classes(type_: GraphQLObjectType, objects: Sequence[Any]) -> bool:
    """Whether the type accepts all objects by their classes alone."""
    is_type_of = type_.is_type_of
    if not getattr(is_type_of, _BY_CLASS, False):
        return False
    one_of_each = dict(zip(map(type, objects), objects, strict=True))
    return all(is_type_of(each, None) is True for each in one_of_each.values())  # type: ignore[arg-type, misc]


def _possible_type(
    schema: GraphQLSchema, field: FieldPlan, name: Any, value: Any
) -> GraphQLObjectType:
    """The type of the name that `resolve_type` returned.

    Raises the exception that it returned, or GraphQLError for a type that the field cannot have.
    """
    if isinstance(name, Exception):
        raise name
    abstract = field.type
    must = (
        f"Abstract type '{abstract}' must resolve to an Object type at runtime for field "
        f"'{field.name}'"
    )
    if name is None:
        problem = (
            f"{must}. Either the '{abstract}' type should provide a 'resolve_type' function or "
            "each possible type should provide an 'is_type_of' function."
        )
    elif not isinstance(name, str):
        problem = (
            f"{must} with value {inspect(value)}, received '{inspect(name)}', which is not a valid "
            "Object type name."
        )
    else:
        type_ = schema.get_type(name)
        if is_object_type(type_):
            if field.abstract_type is not None and schema.is_sub_type(field.abstract_type, type_):
                return type_
            problem = f"Runtime Object type '{type_}' is not a possible type for '{abstract}'."
        elif type_ is None:
            problem = (
                f"Abstract type '{abstract}' was resolved to a type '{name}' that does not exist "
                "inside the schema."
            )
        else:
            problem = f"Abstract type '{abstract}' was resolved to a non-object type '{name}'."
    raise GraphQLError(problem, field.nodes)
