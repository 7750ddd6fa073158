"""The inputs of the printed schema that need a scope, at every field that takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    ConstDirectiveNode,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    StringValueNode,
    get_named_type,
)

from tests.graph.walk import Place, places


@dataclass(frozen=True)
class Use:
    """An input of a field, and the scopes that the printed schema says it needs."""

    place: Place
    path: tuple[str, ...]
    scope: str

    def __str__(self) -> str:
        return f"{self.place}.{'.'.join(self.path)} {self.scope}"


def scopes_on(element: Any) -> set[str]:
    """The scopes in the directives of a part of the printed schema."""
    directives: list[ConstDirectiveNode] = list(element.ast_node.directives or ())
    return {
        argument.value.value
        for directive in directives
        if directive.name.value == "requiresScope"
        for argument in directive.arguments or ()
        if isinstance(argument.value, StringValueNode)
    }


def scopes_of_field(field: Any) -> set[str]:
    kind: Any = get_named_type(field.type)
    inner = getattr(kind, "fields", {}).get("nodes")
    named = [kind] if inner is None else [kind, get_named_type(inner.type)]
    return scopes_on(field).union(
        *(scopes_on(each) for each in named if isinstance(each, GraphQLObjectType))
    )


def scopes_needed(place: Place) -> set[str]:
    """The scopes of a field and of the fields that lead to it."""
    needed, parent = scopes_of_field(place.field), "Query"
    for name in place.way:
        step = Place((), parent, name)
        assert step.target is not None
        needed |= scopes_of_field(step.field)
        parent = step.target.name
    return needed


def inputs(
    path: tuple[str, ...], kind: GraphQLInputType, element: Any
) -> Iterator[tuple[tuple[str, ...], str]]:
    yield from ((path, scope) for scope in sorted(scopes_on(element)))
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield from inputs((*path, name), field.type, field)


USES = [
    Use(place, path, scope)
    for place in places()
    for name, argument in place.field.args.items()
    for path, scope in inputs((name,), argument.type, argument)
    # Without the scope such a field is not reached, or forbidden by itself.
    if scope not in scopes_needed(place)
]
