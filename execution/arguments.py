"""Coerces the arguments of a field, and keeps the values that no variable can change."""

from enum import Enum
from typing import Any

from graphql import FieldNode, GraphQLField, VariableNode
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema import Schema
from strawberry.types.arguments import convert_arguments

from execution.field_resolvers import strawberry_field


class Arguments:
    """The arguments of one field as they stand in a document."""

    def __init__(self, definition: GraphQLField, node: FieldNode, schema: Schema) -> None:
        self._definition = definition
        self._node = node
        self._schema = schema
        self.are_none = not definition.args and not node.arguments
        field = strawberry_field(definition)
        self._strawberry_arguments = field.arguments if field is not None else []
        self._constant: dict[str, Any] | None = {} if self.are_none else None
        self._has_variables = any(
            _has_variable(argument.value) for argument in node.arguments or ()
        )
        self.can_be_shared = True
        """Whether several resolvers may get the same values, since they cannot be changed."""

    def coerce(self, variables: VariableValues, *, hide_suggestions: bool) -> dict[str, Any]:
        """The values as graphql-core passes them on. Raises GraphQLError for wrong ones."""
        if self._constant is not None:
            return self._constant
        values = get_argument_values(
            self._definition, self._node, variables, hide_suggestions=hide_suggestions
        )
        self.can_be_shared = all(map(_is_immutable, values.values()))
        if self.can_be_shared and not self._has_variables:
            self._constant = values
        return values

    def convert(self, coerced: dict[str, Any]) -> dict[str, Any]:
        """The keyword arguments of a Strawberry resolver: Python names, new input objects."""
        if not self._strawberry_arguments or not coerced:
            return {}
        converter = self._schema.schema_converter
        return convert_arguments(
            coerced, self._strawberry_arguments, converter.scalar_registry, converter.config
        )


def _is_immutable(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | Enum)


def _has_variable(value: Any) -> bool:
    if isinstance(value, VariableNode):
        return True
    below = getattr(value, "values", None) or [
        field.value for field in getattr(value, "fields", None) or ()
    ]
    return any(map(_has_variable, below))
