"""Text that a client sends, checked before it reaches the database."""

from execution.errors import ApiError, ErrorCode

LONGEST = 200
"""Characters: no number, reference or search is longer."""


def text_argument(name: str, value: str) -> str:
    """The value, if the database can compare it.

    SQLite takes a NUL character and PostgreSQL does not; neither stores half a surrogate pair.
    """
    if len(value) > LONGEST:
        raise _bad(f"`{name}` is longer than {LONGEST} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _bad(f"`{name}` holds half of a surrogate pair.") from None
    if "\0" in value:
        raise _bad(f"`{name}` holds a NUL character.")
    return value


def optional_text(name: str, value: str | None) -> str | None:
    return None if value is None else text_argument(name, value)


def _bad(message: str) -> ApiError:
    return ApiError(message, code=ErrorCode.BAD_USER_INPUT)
