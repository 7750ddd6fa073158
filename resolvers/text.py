"""Checks what clients state before it reaches the database."""

from collections.abc import Callable, Sequence
from typing import Any

from execution.errors import ApiError, ErrorCode, LimitExceededError

LONGEST = 200
"""Characters. No number, reference or search text is longer."""


def text_argument(name: str, value: str) -> str:
    """The value of the argument, if the database can compare it. Raises `ApiError` otherwise.

    PostgreSQL refuses NUL characters, which SQLite accepts; neither stores unpaired surrogates.
    """
    if len(value) > LONGEST:
        raise _bad(f"`{name}` must not be longer than {LONGEST} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _bad(f"`{name}` contains an unpaired surrogate.") from None
    if "\0" in value:
        raise _bad(f"`{name}` contains a NUL character.")
    return value


def at_most(limit: str, maximum: int) -> Callable[[str, Sequence[Any]], None]:
    """A check that a list has at most so many entries; `limit` is the name of the limit."""

    def check(name: str, values: Sequence[Any]) -> None:
        if len(values) > maximum:
            raise LimitExceededError(
                limit,
                message=f"`{name}` has {len(values)} entries, at most {maximum} are allowed",
                actual=len(values),
                maximum=maximum,
            )

    return check


def _bad(message: str) -> ApiError:
    return ApiError(message, code=ErrorCode.BAD_USER_INPUT)
