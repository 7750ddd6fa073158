"""From a query's text to operations that may be executed: parsed, within limits, valid, cached."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    ValidationContext,
    ValidationRule,
    parse,
    specified_rules,
    validate,
)
from graphql.language.parser import MAX_NESTING_DEPTH
from strawberry.schema import Schema
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from execution.cost import OperationCost, operation_costs
from execution.cost_model import CostModel
from execution.errors import (
    ApiError,
    ErrorCode,
    FormattedError,
    LimitExceededError,
    formatted,
    limited,
)
from execution.limits import Limits, exceeded, measure

# Measured for each token: a document's nodes and tokens take some 400 bytes, its plan 200, and
# 1,200 where all types of an interface were met.
_BYTES_PER_TOKEN = 1_024


@dataclass(frozen=True, eq=False)
class PreparedOperation:
    """An operation of a valid document. It lives as long as its document is cached, so what an
    executor works out about it can be kept by its identity."""

    document: DocumentNode
    node: OperationDefinitionNode
    name: str | None
    type: OperationType
    cost: OperationCost | None = None
    """None in a document with errors, which is not executed."""


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """The operations of a document, which may be executed only if there are no errors."""

    operations: Mapping[str | None, PreparedOperation]
    errors: tuple[FormattedError, ...]
    cost: int
    """Estimated memory, in bytes."""

    def operation(self, name: str | None) -> PreparedOperation:
        """The operation of that name, or the only one; otherwise raises BAD_REQUEST."""
        if name is not None:
            found = self.operations.get(name)
            if found is None:
                raise ApiError(f"Unknown operation named '{name}'.", code=ErrorCode.BAD_REQUEST)
            return found
        if len(self.operations) != 1:
            raise ApiError(
                "The document has several operations: say which one by operationName."
                if self.operations
                else "The document has no operation.",
                code=ErrorCode.BAD_REQUEST,
            )
        return next(iter(self.operations.values()))


class DocumentCache:
    """Prepares documents and keeps the most recently used, bounded by number and by memory.

    The key is the text alone. Refused documents are kept too, so that a client which repeats a
    mistake does not pay for its validation again.
    """

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self._schema = schema._schema
        self._hide_suggestions = schema.config.disable_field_suggestions
        self._limits = limits
        self._costs = CostModel(self._schema)
        self._documents: OrderedDict[str, PreparedDocument] = OrderedDict()
        self._cost = 0
        self.prepared = 0
        """How many documents were prepared, which is how often the cache did not help."""

    @property
    def cost(self) -> int:
        """Estimated memory of the documents kept, in bytes."""
        return self._cost

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, text: str) -> bool:
        return text in self._documents

    def get(self, text: str) -> PreparedDocument:
        """The prepared document of that text."""
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
            return document
        self.prepared += 1
        document = self._prepare(text)
        self._documents[text] = document
        self._cost += document.cost
        while len(self._documents) > self._limits.cached_documents or (
            self._cost > self._limits.cached_bytes
        ):
            _, dropped = self._documents.popitem(last=False)
            self._cost -= dropped.cost
        return document

    def _prepare(self, text: str) -> PreparedDocument:
        # A Python string takes up to four bytes a character.
        text_cost = 4 * len(text)
        try:
            document = parse(
                text, max_lexical_tokens=self._limits.tokens, max_comments=self._limits.tokens
            )
        except GraphQLError as error:
            # No variable of its own for either error: the traceback holds this frame.
            refusal = (
                formatted(
                    _token_limit(error, self._limits.tokens) or error,
                    ErrorCode.GRAPHQL_PARSE_FAILED,
                ),
            )
            return PreparedDocument({}, refusal, text_cost + _errors_cost(refusal))

        _unlink_tokens(document)
        operations: dict[str | None, PreparedOperation] = {}
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                name = node.name.value if node.name else None
                operations[name] = PreparedOperation(document, node, name, node.operation)
        measurement = measure(document)
        problems: list[GraphQLError] = [*exceeded(measurement, self._limits)]
        if not problems:
            problems = self._validate(document)
        if not problems:
            costs = operation_costs(document, self._costs, measurement.fragments)
            operations = {
                name: replace(operation, cost=costs[name]) for name, operation in operations.items()
            }
        shown = [formatted(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in problems]
        errors = tuple(limited(shown, self._limits.errors))
        cost = text_cost + _BYTES_PER_TOKEN * document.token_count + _errors_cost(errors)
        return PreparedDocument(operations, errors, cost)

    def _validate(self, document: DocumentNode) -> list[GraphQLError]:
        # Strawberry's rules expect variables and fields to exist, and fail on a document in which
        # they do not: they only see documents that have passed the specification's rules.
        for rules in (_SPECIFIED, _STRAWBERRY):
            errors = validate(
                self._schema,
                document,
                rules,
                max_errors=self._limits.validation_errors,
                hide_suggestions=self._hide_suggestions,
            )
            if errors:
                return errors
        return []


class NoNulCharacters(ValidationRule):
    """A NUL character in a string is an error: PostgreSQL cannot store or compare it."""

    def enter_string_value(self, node: StringValueNode, *_args: Any) -> None:
        if "\0" in node.value:
            self.report_error(GraphQLError("A string must not contain a NUL character.", node))


class OneOfInputs(OneOfInputValidationRule):
    """Strawberry's rule for one-of inputs, which knows variables in fragments as well.

    As shipped it learns of an operation's variables when it enters the operation, and fails with
    a KeyError when a fragment that uses them stands before it.
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


_SPECIFIED: tuple[type[ASTValidationRule], ...] = (*specified_rules, NoNulCharacters)
_STRAWBERRY: tuple[type[ASTValidationRule], ...] = (MaybeNullValidationRule, OneOfInputs)


def _unlink_tokens(document: DocumentNode) -> None:
    """Take apart the list of a document's tokens, which is linked both ways and read by the parser
    alone. Nodes keep their first and last token, and with them their location.

    A document that is dropped from the cache is then freed at once. Otherwise it would wait for a
    full garbage collection, which is rare in a process that has run for a while.
    """
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following, token.prev, token.next = token.next, None, None
        token = following


def _token_limit(error: GraphQLError, maximum: int) -> LimitExceededError | None:
    """The limit that made the parser stop, if one did.

    The parser says so only in words. They are compared whole: part of another message could have
    been quoted from the document.
    """
    if not isinstance(error, GraphQLSyntaxError):
        return None
    for limit, what, most in (
        ("tokens", f"contains more than {maximum} tokens", maximum),
        ("comments", f"contains more than {maximum} comments", maximum),
        ("nesting", "is nested too deeply", MAX_NESTING_DEPTH),
    ):
        if error.message == f"Syntax Error: Document {what}. Parsing aborted.":
            return LimitExceededError(
                limit,
                message=f"The document has more than {most} {limit}"
                if limit != "nesting"
                else f"The document is nested deeper than {most} levels",
                # Parsing stops at the first one too many.
                actual=most + 1,
                maximum=most,
            )
    return None


def _errors_cost(errors: tuple[FormattedError, ...]) -> int:
    return sum(1_000 + 4 * len(error["message"]) for error in errors)
