"""Which concrete type an object of an abstract type has, checked as graphql-core checks it."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, is_object_type
from graphql.pyutils import inspect

from execution.plan import FieldPlan

Verdict = TypeVar("Verdict", bound=Callable[..., Any])

_BY_CLASS = "__by_class__"


def by_class(is_type_of: Verdict) -> Verdict:
    """Says of an `is_type_of` that it looks at an object's class alone, so that it need not be
    asked about each object of a level, nor be told where that is."""
    setattr(is_type_of, _BY_CLASS, True)
    return is_type_of


def fits_by_class(kind: GraphQLObjectType, objects: Iterable[Any]) -> bool:
    """Whether all objects are known to be of the type, by their classes."""
    is_type_of = kind.is_type_of
    if not getattr(is_type_of, _BY_CLASS, False):
        return False
    one_of_each = {type(each): each for each in objects}
    return all(is_type_of(each, None) is True for each in one_of_each.values())  # type: ignore[arg-type, misc]


def possible_type(
    schema: GraphQLSchema, field: FieldPlan, name: Any, value: Any
) -> GraphQLObjectType:
    """The type of that name, if the field may lead to it; raises the exception in its place."""
    if isinstance(name, Exception):
        raise name
    abstract = field.type
    place = f"for field '{'.'.join(field.coordinate)}'"
    must = f"Abstract type '{abstract}' must resolve to an Object type at runtime {place}"
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
        kind = schema.get_type(name)
        if is_object_type(kind):
            if field.abstract is not None and schema.is_sub_type(field.abstract, kind):
                return kind
            problem = f"Runtime Object type '{kind}' is not a possible type for '{abstract}'."
        elif kind is None:
            problem = (
                f"Abstract type '{abstract}' was resolved to a type '{name}' that does not exist "
                "inside the schema."
            )
        else:
            problem = f"Abstract type '{abstract}' was resolved to a non-object type '{name}'."
    raise GraphQLError(problem, field.nodes)
