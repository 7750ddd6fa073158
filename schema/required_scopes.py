"""The OAuth scopes that fields and inputs of the graph need. The executor reads them from the
schema."""

from collections.abc import Iterator
from typing import Any

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
)
from strawberry.schema_directive import Location

from auth.oauth_scopes import OAuthScope
from execution.input_permissions import Coordinate, Needs


@strawberry.schema_directive(
    locations=[
        Location.FIELD_DEFINITION,
        Location.OBJECT,
        Location.ARGUMENT_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.ENUM_VALUE,
    ],
    name="requiresScope",
    repeatable=True,
    description="The OAuth scope that a credential needs to read the field. On a type, it applies "
    "to every field that returns the type or a list of it. On an argument, an input field or a "
    "value that lists can be sorted by, it is needed to use it: leaving it out, or null, needs no "
    "scope. Without the scope the field is null, and an error with the code `FORBIDDEN` names its "
    "path.",
)
class RequiresScope:
    scope: str = strawberry.field(description='The name of the scope: "orders:read".')


def requires(*scopes: OAuthScope) -> list[object]:
    """The `directives` of a type, a field or an input that needs the scopes."""
    return [RequiresScope(scope=scope.value) for scope in scopes]


def needs(schema: strawberry.Schema) -> Needs:
    """The scopes of all fields and inputs that need any, by their names."""
    return {
        coordinate: scopes
        for kind in schema._schema.type_map.values()
        for coordinate, scopes in _needs_within(kind)
        if scopes
    }


def _needs_within(kind: GraphQLNamedType) -> Iterator[tuple[Coordinate, frozenset[str]]]:
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            # A reader of this object has the scopes that the object itself needs.
            yield (kind.name, name), needed_for(field) - needed_by(kind)
            for argument_name, argument in field.args.items():
                yield (kind.name, name, argument_name), own_scopes(argument)
    elif isinstance(kind, GraphQLInputObjectType):
        for name, input_field in kind.fields.items():
            yield (kind.name, name), own_scopes(input_field)
    elif isinstance(kind, GraphQLEnumType):
        for name, value in kind.values.items():
            yield (kind.name, name), own_scopes(value)


def needed_for(field: GraphQLField) -> frozenset[str]:
    """The scopes that a field needs, those of its type included."""
    return own_scopes(field) | needed_by(get_named_type(field.type))


def needed_by(kind: GraphQLNamedType) -> frozenset[str]:
    """The scopes of every field that returns the type, or a page or an edge of it."""
    fields = getattr(kind, "fields", {})
    inner = fields.get("nodes") or fields.get("node")
    return own_scopes(kind) | (own_scopes(get_named_type(inner.type)) if inner else frozenset())


def scopes_of(definition: Any) -> frozenset[str]:
    """The scopes in the directives of the definition of a field or a type."""
    directives = getattr(definition, "directives", None) or ()
    return frozenset(
        directive.scope for directive in directives if isinstance(directive, RequiresScope)
    )


def own_scopes(element: Any) -> frozenset[str]:
    """The scopes that a part of the schema declares itself."""
    return scopes_of(element.extensions.get("strawberry-definition"))
