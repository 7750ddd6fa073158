"""What a client is told when something fails, and what it is never told."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from graphql import ArgumentNode, GraphQLError, ValueNode, VariableNode

FormattedError = dict[str, Any]
"""One entry of a response's ``errors``, ready to be encoded."""

INTERNAL_MESSAGE = "Internal server error"


class ErrorCode(StrEnum):
    """Values of ``extensions.code`` of an operation's errors. Clients branch on them: they never
    change meaning."""

    FORBIDDEN = "FORBIDDEN"
    BAD_REQUEST = "BAD_REQUEST"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class ApiError(GraphQLError):
    """An expected failure: its message, code and extensions reach the client as they are."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        extensions: Mapping[str, Any] | None = None,
        nodes: Any = None,
    ) -> None:
        super().__init__(message, nodes, extensions={"code": str(code), **(extensions or {})})


class LimitExceededError(ApiError):
    """A request beyond a limit; ``extensions`` hold ``limit``, ``actual`` and ``maximum``."""

    def __init__(
        self, limit: str, *, message: str, actual: float, maximum: float, nodes: Any = None
    ) -> None:
        super().__init__(
            f"{message} (limit: {limit}).",
            code=ErrorCode.LIMIT_EXCEEDED,
            extensions={"limit": limit, "actual": actual, "maximum": maximum},
            nodes=nodes,
        )


def formatted(error: GraphQLError, code: str) -> FormattedError:
    """The response entry of an error that may be shown, with ``code`` unless it has its own."""
    own = _coded(error)
    extensions = {"code": str(code), **(own.extensions or {} if own else error.extensions or {})}
    return {**error.formatted, "extensions": extensions}


def internal_error(request_id: str) -> FormattedError:
    """The response entry that stands for any unexpected failure."""
    return {
        "message": INTERNAL_MESSAGE,
        "extensions": {"code": str(ErrorCode.INTERNAL_SERVER_ERROR), "requestId": request_id},
    }


def execution_errors(
    errors: Sequence[GraphQLError], request_id: str, most: int
) -> tuple[list[FormattedError], list[Exception]]:
    """The response entries of an operation's errors, and the unexpected ones to be logged.

    Beyond `most` entries, one more says how many there were.

    An error is shown when somebody decided so: it carries a code, or it is about a value that the
    client wrote. Everything else is masked; it keeps its path and locations.
    """
    shown: list[FormattedError] = []
    unexpected: list[Exception] = []
    for error in errors:
        if _coded(error) or _blames_input(error):
            shown.append(formatted(error, ErrorCode.BAD_USER_INPUT))
            drop_tracebacks([error])
        else:
            shown.append({**error.formatted, **internal_error(request_id)})
            cause = error.original_error or error
            unexpected.append(cause)
            # The log needs the traceback of the cause alone.
            drop_tracebacks([error], kept=[cause])
    return limited(shown, most), unexpected


def drop_tracebacks(errors: Iterable[BaseException], *, kept: Iterable[BaseException] = ()) -> None:
    """Drop the tracebacks of errors and of their causes, but for those of `kept` and its causes.

    Call it once no log needs them any more. A traceback holds frames, whose local variables
    usually lead back to the error: everything that an operation has read would be kept until the
    garbage collector runs.
    """
    needed = {id(each) for error in kept for each in _with_causes(error)}
    for error in errors:
        for each in _with_causes(error):
            if id(each) not in needed:
                each.__traceback__ = None


def _with_causes(error: BaseException) -> Iterable[BaseException]:
    seen: set[int] = set()
    errors: list[BaseException | None] = [error]
    while errors:
        current = errors.pop()
        if current is not None and id(current) not in seen:
            seen.add(id(current))
            yield current
            errors += [
                current.__cause__,
                current.__context__,
                getattr(current, "original_error", None),
            ]


def limited(shown: Sequence[FormattedError], most: int) -> list[FormattedError]:
    """The first `most` entries, and one that says how many there were if those are not all."""
    if len(shown) <= most:
        return list(shown)
    rest = LimitExceededError(
        "errors",
        message=f"{len(shown)} errors occurred, the first {most} are shown",
        actual=len(shown),
        maximum=most,
    )
    return [*shown[:most], formatted(rest, ErrorCode.LIMIT_EXCEEDED)]


def _coded(error: GraphQLError) -> GraphQLError | None:
    """The error itself or the nearest cause that carries a code."""
    current: BaseException | None = error
    while isinstance(current, GraphQLError):
        if isinstance((current.extensions or {}).get("code"), str):
            return current
        current = current.original_error
    return None


def _blames_input(error: GraphQLError) -> bool:
    """Whether graphql-core refused a variable or an argument.

    It does so before any field has a path, or, for an argument, with an error that points at the
    argument or its value; an error of a resolver points at the field.
    """
    if error.path is None:
        return True
    original = error.original_error
    return isinstance(original, GraphQLError) and any(
        isinstance(node, ArgumentNode | ValueNode | VariableNode) for node in original.nodes or ()
    )
