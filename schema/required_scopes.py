"""The OAuth scopes that fields of the graph need. The executor reads them from the schema."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, get_named_type
from strawberry.schema_directive import Location

from auth.oauth_scopes import OAuthScope


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="requiresScope",
    description="The OAuth scope that a credential needs to read the field. On a type, it applies "
    "to every field that returns the type or a list of it. Without the scope the field is null, "
    "and an error with the code `FORBIDDEN` names its path.",
)
class RequiresScope:
    scope: str = strawberry.field(description='The name of the scope: "orders:read".')


def requires(scope: OAuthScope) -> list[object]:
    """The `directives` of a field or a type that needs the scope."""
    return [RequiresScope(scope=scope.value)]


def needs(schema: strawberry.Schema) -> Mapping[tuple[str, str], frozenset[str]]:
    """The scopes of all fields that need any, by the names of type and field."""
    scopes: dict[tuple[str, str], frozenset[str]] = {}
    for kind in schema._schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for name, field in kind.fields.items():
            needed = _own(field) | needed_by(get_named_type(field.type))
            # A reader of this object has the scopes that the object itself needs.
            if more := needed - needed_by(kind):
                scopes[kind.name, name] = more
    return scopes


def needed_by(kind: GraphQLNamedType) -> frozenset[str]:
    """The scopes of every field that returns the type, or a page or an edge of it."""
    fields = getattr(kind, "fields", {})
    inner = fields.get("nodes") or fields.get("node")
    return _own(kind) | (_own(get_named_type(inner.type)) if inner else frozenset())


def scopes_of(definition: Any) -> frozenset[str]:
    """The scopes in the directives of the definition of a field or a type."""
    directives = getattr(definition, "directives", None) or ()
    return frozenset(
        directive.scope for directive in directives if isinstance(directive, RequiresScope)
    )


def _own(element: Any) -> frozenset[str]:
    return scopes_of(element.extensions.get("strawberry-definition"))
