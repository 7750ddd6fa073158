"""Which scopes the fields of the graph need: stated in the schema, read from it by the executor."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, get_named_type
from strawberry.schema_directive import Location

from auth.oauth_scopes import OAuthScope


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="requiresScope",
    description="The scope that a credential must have. On a type: every field that leads to it, "
    "or to a list of it, needs the scope. A field that is not permitted is null, with an error of "
    "code `FORBIDDEN` at its path.",
)
class RequiresScope:
    scope: str = strawberry.field(description="The scope's name.")


def requires(permission: OAuthScope) -> list[object]:
    """The `directives` of a field or a type."""
    return [RequiresScope(scope=permission.value)]


def needs(schema: strawberry.Schema) -> Mapping[tuple[str, str], frozenset[str]]:
    """The scopes that fields need, by the names of type and field, for those that need any."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for kind in schema._schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for name, field in kind.fields.items():
            needed = _own(field) | needed_by(get_named_type(field.type))
            # Whoever came as far as this object has what the object itself needs.
            if more := needed - needed_by(kind):
                found[kind.name, name] = more
    return found


def needed_by(kind: GraphQLNamedType) -> frozenset[str]:
    """The scopes that every field needs which leads to the type, or to a page or an edge of it."""
    fields = getattr(kind, "fields", {})
    inner = fields.get("nodes") or fields.get("node")
    return _own(kind) | (_own(get_named_type(inner.type)) if inner else frozenset())


def scopes_of(definition: Any) -> frozenset[str]:
    """The scopes that the directives of a field's or a type's definition name."""
    directives = getattr(definition, "directives", None) or ()
    return frozenset(each.scope for each in directives if isinstance(each, RequiresScope))


def _own(element: Any) -> frozenset[str]:
    return scopes_of(element.extensions.get("strawberry-definition"))
