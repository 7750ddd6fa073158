"""Permissions: the scopes that an operation needs, compared with those granted.

The scopes that fields and inputs need are known from the schema. Those of a document are collected
once and kept with it, so a request only compares small sets, and looks at variables only if they
may need a scope that was not granted. A forbidden field is null with an error.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    ValueNode,
    get_named_type,
)

from execution.documents import PreparedOperation
from execution.errors import ApiError, ErrorCode
from execution.input_permissions import (
    NONE,
    Coordinate,
    FieldInputs,
    InputScopes,
    Needs,
    VariableUse,
)
from execution.selections import object_fields


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


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The fields of an operation that must not be resolved, each with a scope that it lacks. False
    if there are none."""

    fields: Mapping[Coordinate, str] = field(default_factory=dict)
    """Wherever they stand."""
    nodes: Mapping[int, str] = field(default_factory=dict)
    """Where they stand in the document, for their arguments: by the `id` of the field node."""

    def scope(self, coordinate: Coordinate, node: FieldNode) -> str | None:
        """The scope that a field lacks where it stands. None if it may be resolved.

        Field nodes that are merged have the same arguments, so any of them will do.
        """
        return self.fields.get(coordinate) or self.nodes.get(id(node))

    def __bool__(self) -> bool:
        return bool(self.fields or self.nodes)


NOTHING_FORBIDDEN = Forbidden()


@dataclass(frozen=True, slots=True)
class _OperationNeeds:
    """What an operation needs. Its fields and inputs are those of the whole document: fields of
    other operations do no harm here."""

    fields: Needs
    inputs: tuple[FieldInputs, ...]
    defaults: Mapping[str, ValueNode]
    """Of the operation's variables."""
    most: frozenset[str]
    """All scopes that it needs, whatever the values of variables."""


class Permissions:
    """Compares the scopes that a document needs with those of a client."""

    def __init__(self, schema: GraphQLSchema, needs: Needs) -> None:
        self._schema = schema
        self._needs = needs
        self._inputs = InputScopes(schema, needs)
        # Entries live as long as their documents are cached.
        self._cache: WeakKeyDictionary[PreparedOperation, _OperationNeeds] = WeakKeyDictionary()

    def forbidden(
        self, operation: PreparedOperation, granted: frozenset[str], variables: Mapping[str, Any]
    ) -> Forbidden:
        """What must not be resolved. `variables` are those of the request."""
        needs = self._needs_of(operation)
        if needs.most <= granted:
            return NOTHING_FORBIDDEN
        fields = {
            coordinate: min(needed - granted)
            for coordinate, needed in needs.fields.items()
            if not needed <= granted
        }
        nodes = {}
        for inputs in needs.inputs:
            needed = inputs.literals.union(
                *(self._of_variable(use, needs, variables) for use in inputs.variables)
            )
            if not needed <= granted:
                nodes[id(inputs.node)] = min(needed - granted)
        return Forbidden(fields, nodes)

    def needed(self, operation: PreparedOperation) -> frozenset[str]:
        """All scopes that fields and inputs of the operation's document need, or may need by the
        values of variables."""
        return self._needs_of(operation).most

    def _of_variable(
        self, use: VariableUse, needs: _OperationNeeds, variables: Mapping[str, Any]
    ) -> frozenset[str]:
        if use.name in variables:
            value = variables[use.name]
            return NONE if value is None else use.scopes | self._inputs.of_value(use.type, value)
        default = needs.defaults.get(use.name)
        return NONE if default is None else self._inputs.of_literal(use.type, default, use.scopes)

    def _needs_of(self, operation: PreparedOperation) -> _OperationNeeds:
        needs = self._cache.get(operation)
        if needs is None:
            needs = self._cache[operation] = self._collect(operation)
        return needs

    def _collect(self, operation: PreparedOperation) -> _OperationNeeds:
        fields: Needs = {
            coordinate: self._needs[coordinate]
            for parent, name in object_fields(self._schema, operation.document)
            if (coordinate := (parent.name, name)) in self._needs
        }
        inputs = self._inputs.of_document(operation.document)
        defaults = {
            definition.variable.name.value: definition.default_value
            for definition in operation.node.variable_definitions or ()
            if definition.default_value is not None
        }
        most = NONE.union(*fields.values(), *(each.literals for each in inputs))
        for use in (use for each in inputs for use in each.variables):
            most |= use.scopes | self._inputs.most(get_named_type(use.type))
        return _OperationNeeds(fields, inputs, defaults, most)


def refusing(forbidden: Forbidden) -> Callable[..., Any]:
    """A middleware for graphql-core that raises ForbiddenError for these fields."""

    def resolve(
        following: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], **arguments: Any
    ) -> Any:
        scope = forbidden.scope((info.parent_type.name, info.field_name), info.field_nodes[0])
        if scope is not None:
            raise ForbiddenError(scope)
        return following(source, info, **arguments)

    return resolve
