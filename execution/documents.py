"""Prepares documents and keeps them: parsed, within limits, validated, with their cost."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
)
from graphql.language.parser import MAX_NESTING_DEPTH
from strawberry.schema import Schema

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
from execution.validation import validation_errors

# Measured: the nodes and tokens of a document take about 400 bytes a token, and its plan 200, or
# 1,200 where all types of an interface appear.
_BYTES_PER_TOKEN = 1_024


@dataclass(frozen=True, eq=False)
class PreparedOperation:
    """An operation of a valid document.

    It lives as long as its document is cached. What is derived from it can be kept under it as a
    weak key.
    """

    document: DocumentNode
    node: OperationDefinitionNode
    name: str | None
    type: OperationType
    cost: OperationCost | None = None
    """None in a document with errors, which is not executed."""


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """The operations of a document. They may be executed only if it has no errors."""

    operations: Mapping[str | None, PreparedOperation]
    errors: tuple[FormattedError, ...]
    cost: int
    """Estimated memory, in bytes."""

    def operation(self, name: str | None) -> PreparedOperation:
        """The operation with that name, or the only one. Raises BAD_REQUEST if there is none."""
        if name is not None:
            operation = self.operations.get(name)
            if operation is None:
                raise ApiError(f"Unknown operation named '{name}'.", code=ErrorCode.BAD_REQUEST)
            return operation
        if len(self.operations) != 1:
            raise ApiError(
                "The document has several operations: choose one by operationName."
                if self.operations
                else "The document has no operation.",
                code=ErrorCode.BAD_REQUEST,
            )
        return next(iter(self.operations.values()))


class DocumentCache:
    """Prepares documents and keeps the most recently used, bounded by number and by memory.

    The key is the document's text. Documents with errors are kept too, so that repeating a mistake
    does not cost another validation.
    """

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._cost_model = CostModel(schema._schema)
        self._documents: OrderedDict[str, PreparedDocument] = OrderedDict()
        self._cost = 0
        self.prepared = 0
        """The number of documents prepared: the cache's misses."""

    @property
    def cost(self) -> int:
        """Estimated memory of the documents kept, in bytes."""
        return self._cost

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, text: str) -> bool:
        return text in self._documents

    def get(self, text: str) -> PreparedDocument:
        """The prepared document with that text."""
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
            # Neither error gets a local variable: the traceback refers to this frame.
            refusal = (
                formatted(
                    _parser_limit(error, self._limits.tokens) or error,
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
            problems = validation_errors(self._schema, document, self._limits.validation_errors)
        if not problems:
            costs = operation_costs(document, self._cost_model, measurement.fragments)
            operations = {
                name: replace(operation, cost=costs[name]) for name, operation in operations.items()
            }
        shown = [formatted(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in problems]
        errors = tuple(limited(shown, self._limits.errors))
        cost = text_cost + _BYTES_PER_TOKEN * document.token_count + _errors_cost(errors)
        return PreparedDocument(operations, errors, cost)


def _unlink_tokens(document: DocumentNode) -> None:
    """Unlink the document's tokens, a doubly linked list that only the parser reads.

    Nodes keep their first and last token, and with them their location. Without that cycle, a
    document that leaves the cache is freed at once. Otherwise it would wait for a full garbage
    collection, which is rare in a long-running process.
    """
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following, token.prev, token.next = token.next, None, None
        token = following


def _parser_limit(error: GraphQLError, max_tokens: int) -> LimitExceededError | None:
    """The limit that stopped the parser; None if it was a syntax error.

    The parser reports a limit only by its message. Whole messages are compared, since a part could
    be quoted from the document.
    """
    if not isinstance(error, GraphQLSyntaxError):
        return None
    for limit, problem, message, maximum in (
        *(
            (
                limit,
                f"contains more than {max_tokens} {limit}",
                f"The document has more than {max_tokens} {limit}",
                max_tokens,
            )
            for limit in ("tokens", "comments")
        ),
        (
            "nesting",
            "is nested too deeply",
            f"The document is nested deeper than {MAX_NESTING_DEPTH} levels",
            MAX_NESTING_DEPTH,
        ),
    ):
        if error.message == f"Syntax Error: Document {problem}. Parsing aborted.":
            # Parsing stops at the first one too many.
            return LimitExceededError(limit, message=message, actual=maximum + 1, maximum=maximum)
    return None


def _errors_cost(errors: tuple[FormattedError, ...]) -> int:
    return sum(1_000 + 4 * len(error["message"]) for error in errors)
