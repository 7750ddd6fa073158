"""Validates documents: the specification's rules, Strawberry's, and our own."""

from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    StringValueNode,
    ValidationContext,
    ValidationRule,
    specified_rules,
    validate,
)
from strawberry.schema import Schema
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule


def validation_errors(
    schema: Schema, document: DocumentNode, max_errors: int
) -> list[GraphQLError]:
    """The document's errors, and one more if validation stopped at `max_errors`."""
    # Strawberry's rules raise on unknown variables and fields, so the specification's come first.
    for rules in (_SPECIFIED_RULES, _STRAWBERRY_RULES):
        errors = validate(
            schema._schema,
            document,
            rules,
            max_errors=max_errors,
            hide_suggestions=schema.config.disable_field_suggestions,
        )
        if errors:
            return errors
    return []


class NoNulCharacters(ValidationRule):
    """Refuses NUL characters in strings, which PostgreSQL can neither store nor compare."""

    def enter_string_value(self, node: StringValueNode, *_args: Any) -> None:
        if "\0" in node.value:
            self.report_error(GraphQLError("A string must not contain a NUL character.", node))


class OneOfInputs(OneOfInputValidationRule):
    """Strawberry's rule for one-of inputs, made to know variables in fragments as well.

    As shipped it reads an operation's variables when it enters the operation, and raises KeyError
    for a fragment that uses them and stands before the operation.
    """

    def __init__(self, validation_context: ValidationContext) -> None:
        super().__init__(validation_context)
        self.variable_definitions = {
            variable.variable.name.value: variable
            for definition in validation_context.document.definitions
            if isinstance(definition, OperationDefinitionNode)
            for variable in definition.variable_definitions or ()
        }

    def enter_operation_definition(self, *_args: Any) -> None:
        """Keep the variables of the whole document."""


_SPECIFIED_RULES: tuple[type[ASTValidationRule], ...] = (*specified_rules, NoNulCharacters)
_STRAWBERRY_RULES: tuple[type[ASTValidationRule], ...] = (MaybeNullValidationRule, OneOfInputs)
