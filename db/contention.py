"""What a database refuses only because others are at work: the same again may well succeed."""

from sqlalchemy.exc import DBAPIError

_SQLSTATES = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization_failure, deadlock_detected, lock_not_available."""
_SQLITE_BUSY, _SQLITE_LOCKED = 5, 6


def is_contention(error: DBAPIError) -> bool:
    """Whether a transaction failed by others' locks, and not by what it asked for."""
    if getattr(error.orig, "sqlstate", None) in _SQLSTATES:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    # The upper bits say more than is asked here.
    return isinstance(code, int) and code & 0xFF in {_SQLITE_BUSY, _SQLITE_LOCKED}
