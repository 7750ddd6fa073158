"""Which fields a client may not ask for: decided once for each field of an operation.

What a field needs is known from the schema before anything runs. An operation's fields that need
something are found once and kept with its document; a request then compares two small sets. Only
where something is missing is anything done while the operation runs.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLResolveInfo,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)

from execution.documents import PreparedOperation
from execution.errors import ApiError, ErrorCode

Coordinate = tuple[str, str]
"""The names of a type and of its field."""

Needs = Mapping[Coordinate, frozenset[str]]
"""The scopes that fields need; a field that needs none is left out."""


class ForbiddenError(ApiError):
    """A field that the credential's scopes do not reach; `extensions.scope` names what lacks."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"This needs the scope {scope}, which your credential does not have.",
            code=ErrorCode.FORBIDDEN,
            extensions={"scope": scope},
        )


def only_forbidden(errors: Iterable[GraphQLError]) -> bool:
    """Whether nothing but lacking scopes made the errors, so that whoever has the same scopes gets
    the same again."""
    return all(isinstance(error.original_error, ForbiddenError) for error in errors)


class FieldPermissions:
    """Compares what the fields of a document need with what a client was granted."""

    def __init__(self, schema: GraphQLSchema, needs: Needs) -> None:
        self._schema = schema
        self._needs = needs
        # Documents live as long as they are cached, and so does what is known about them.
        self._known: WeakKeyDictionary[PreparedOperation, Needs] = WeakKeyDictionary()

    def forbidden(
        self, operation: PreparedOperation, granted: frozenset[str]
    ) -> Mapping[Coordinate, str]:
        """The fields that must not be resolved, each with a scope it lacks; usually none."""
        return {
            coordinate: min(needed - granted)
            for coordinate, needed in self._needs_of(operation).items()
            if not needed <= granted
        }

    def needed(self, operation: PreparedOperation) -> frozenset[str]:
        """All the scopes that fields of the operation's document need."""
        return frozenset[str]().union(*self._needs_of(operation).values())

    def _needs_of(self, operation: PreparedOperation) -> Needs:
        needs = self._known.get(operation)
        if needs is None:
            needs = self._known[operation] = self._find(operation)
        return needs

    def _find(self, operation: PreparedOperation) -> Needs:
        types = TypeInfo(self._schema)
        collector = _Collector(self._schema, types, self._needs)
        # The whole document: another operation's fields do no harm, and fragments are in it.
        visit(operation.document, TypeInfoVisitor(types, collector))
        return collector.found


class _Collector(Visitor):
    def __init__(self, schema: GraphQLSchema, types: TypeInfo, needs: Needs) -> None:
        super().__init__()
        self._schema = schema
        self._types = types
        self._needs = needs
        self.found: dict[Coordinate, frozenset[str]] = {}

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        if parent is None:
            return
        concrete = (
            self._schema.get_possible_types(parent)
            if isinstance(parent, GraphQLInterfaceType)
            else (parent,)
        )
        for each in concrete:
            coordinate = each.name, node.name.value
            if coordinate in self._needs:
                self.found[coordinate] = self._needs[coordinate]


def refusing(forbidden: Mapping[Coordinate, str]) -> Callable[..., Any]:
    """A middleware of graphql-core that refuses those fields: each is null with an error."""

    def resolve(
        following: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], **arguments: Any
    ) -> Any:
        scope = forbidden.get((info.parent_type.name, info.field_name))
        if scope is not None:
            raise ForbiddenError(scope)
        return following(source, info, **arguments)

    return resolve
