"""Permissions of fields: the scopes that an operation needs, compared with those granted.

The scopes that fields need are known from the schema. Those of a document are collected once and
kept with it, so a request only compares small sets. A forbidden field is null with an error.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

from execution.documents import PreparedOperation
from execution.errors import ApiError, ErrorCode
from execution.selections import object_fields

Coordinate = tuple[str, str]
"""The names of a type and of its field."""

Needs = Mapping[Coordinate, frozenset[str]]
"""The scopes that fields need. Fields that need none are left out."""


class ForbiddenError(ApiError):
    """A field needs a scope that was not granted: `extensions.scope` names it."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"This needs the scope {scope}, which your credential does not have.",
            code=ErrorCode.FORBIDDEN,
            extensions={"scope": scope},
        )


def only_forbidden(errors: Iterable[GraphQLError]) -> bool:
    """Whether all errors are about missing scopes: the same scopes then get the same errors."""
    return all(isinstance(error.original_error, ForbiddenError) for error in errors)


class FieldPermissions:
    """Compares the scopes that the fields of a document need with those of a client."""

    def __init__(self, schema: GraphQLSchema, needs: Needs) -> None:
        self._schema = schema
        self._needs = needs
        # Entries live as long as their documents are cached.
        self._cache: WeakKeyDictionary[PreparedOperation, Needs] = WeakKeyDictionary()

    def forbidden(
        self, operation: PreparedOperation, granted: frozenset[str]
    ) -> Mapping[Coordinate, str]:
        """The fields that must not be resolved, each with a scope that it lacks."""
        return {
            coordinate: min(needed - granted)
            for coordinate, needed in self._needs_of(operation).items()
            if not needed <= granted
        }

    def needed(self, operation: PreparedOperation) -> frozenset[str]:
        """All scopes that fields of the operation's document need."""
        return frozenset[str]().union(*self._needs_of(operation).values())

    def _needs_of(self, operation: PreparedOperation) -> Needs:
        needs = self._cache.get(operation)
        if needs is None:
            # Of the whole document: fields of its other operations do no harm here.
            needs = self._cache[operation] = {
                coordinate: self._needs[coordinate]
                for parent, name in object_fields(self._schema, operation.document)
                if (coordinate := (parent.name, name)) in self._needs
            }
        return needs


def refusing(forbidden: Mapping[Coordinate, str]) -> Callable[..., Any]:
    """A middleware for graphql-core that raises ForbiddenError for these fields."""

    def resolve(
        following: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], **arguments: Any
    ) -> Any:
        scope = forbidden.get((info.parent_type.name, info.field_name))
        if scope is not None:
            raise ForbiddenError(scope)
        return following(source, info, **arguments)

    return resolve
