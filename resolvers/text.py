"""Checks texts of clients before they reach the database."""

from execution.errors import ApiError, ErrorCode

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


def optional_text(name: str, value: str | None) -> str | None:
    return None if value is None else text_argument(name, value)


def _bad(message: str) -> ApiError:
    return ApiError(message, code=ErrorCode.BAD_USER_INPUT)
