"""Tells who is at fault for a database error: the message, the program or the database.

One table for PostgreSQL's SQLSTATEs and one for SQLite's result codes. Callers ask `classify` and
never look at codes.
"""

import sqlite3
from enum import Enum, auto

import asyncpg
from sqlalchemy.exc import DBAPIError, DisconnectionError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class Fault(Enum):
    """Who has to act before the same request can succeed."""

    MESSAGE = auto()
    """The sender: the values cannot be stored. A conflict with other rows counts here too; it can
    also come from a concurrent transaction, so try once more in a fresh one before believing it."""
    PROGRAM = auto()
    """The developer or the operator: a bug, a missing table or privilege, or an unknown error."""
    DATABASE = auto()
    """The database: lost, full, read-only, starting or busy. The same request succeeds later."""


# PostgreSQL: by SQLSTATE where the class would be wrong, otherwise by class (its first two
# characters). What is in neither is the program's fault.
_SQLSTATES = {
    "25006": Fault.DATABASE,  # read_only_sql_transaction
    "25P03": Fault.DATABASE,  # idle_in_transaction_session_timeout
    "25P04": Fault.DATABASE,  # transaction_timeout
}
_CLASSES = {
    "08": Fault.DATABASE,  # connection exception
    "22": Fault.MESSAGE,  # data exception; asyncpg raises it for values that it cannot encode, too
    "23": Fault.MESSAGE,  # integrity constraint violation
    "28": Fault.DATABASE,  # invalid authorization: the login was changed or locked
    "3D": Fault.DATABASE,  # invalid catalog name: the whole database is missing
    "40": Fault.DATABASE,  # transaction rollback
    "53": Fault.DATABASE,  # insufficient resources
    "54": Fault.MESSAGE,  # program limit exceeded: an index entry that is too long
    "55": Fault.DATABASE,  # object not in prerequisite state
    "57": Fault.DATABASE,  # operator intervention
    "58": Fault.DATABASE,  # system error
    "F0": Fault.DATABASE,  # configuration file error
    "XX": Fault.DATABASE,  # internal error, corrupted data
}
_CONTENTION = frozenset({"40001", "40P01", "55P03"})
"""serialization_failure, deadlock_detected, lock_not_available."""

# SQLite: by primary result code, the low byte of an extended one. Anything else is the program's.
_SQLITE_CODES = {
    sqlite3.SQLITE_PERM: Fault.DATABASE,
    sqlite3.SQLITE_BUSY: Fault.DATABASE,
    sqlite3.SQLITE_LOCKED: Fault.DATABASE,
    sqlite3.SQLITE_NOMEM: Fault.DATABASE,
    sqlite3.SQLITE_READONLY: Fault.DATABASE,
    sqlite3.SQLITE_INTERRUPT: Fault.DATABASE,
    sqlite3.SQLITE_IOERR: Fault.DATABASE,
    sqlite3.SQLITE_CORRUPT: Fault.DATABASE,
    sqlite3.SQLITE_FULL: Fault.DATABASE,
    sqlite3.SQLITE_CANTOPEN: Fault.DATABASE,
    sqlite3.SQLITE_PROTOCOL: Fault.DATABASE,
    sqlite3.SQLITE_NOTADB: Fault.DATABASE,
    sqlite3.SQLITE_TOOBIG: Fault.MESSAGE,
    sqlite3.SQLITE_CONSTRAINT: Fault.MESSAGE,
    sqlite3.SQLITE_MISMATCH: Fault.MESSAGE,
}
_SQLITE_CONTENTION = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

_UNREACHABLE = (OSError, PoolTimeoutError, DisconnectionError, asyncpg.InterfaceError)
"""Raised without a code: no connection, no free one in the pool, or the connection was closed."""


def classify(error: BaseException) -> Fault:
    """Who is at fault for an error that was raised while the database was used.

    Accepts any exception: one that does not come from the database is the program's.
    """
    driver = _driver_error(error)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Fault.DATABASE
    if (state := _sqlstate(driver)) is not None:
        return _SQLSTATES.get(state) or _CLASSES.get(state[:2], Fault.PROGRAM)
    if (code := _sqlite_code(driver)) is not None:
        return _SQLITE_CODES.get(code, Fault.PROGRAM)
    # SQLAlchemy's adapter chains the error of asyncpg to its own.
    unreachable = any(isinstance(cause, _UNREACHABLE) for cause in (driver, driver.__cause__))
    return Fault.DATABASE if unreachable else Fault.PROGRAM


def is_contention(error: BaseException) -> bool:
    """Whether a transaction failed because of other transactions' locks: it may succeed at once."""
    driver = _driver_error(error)
    return _sqlstate(driver) in _CONTENTION or _sqlite_code(driver) in _SQLITE_CONTENTION


def _driver_error(error: BaseException) -> BaseException:
    cause = error.orig if isinstance(error, StatementError) else None
    return cause or error


def _sqlstate(driver: BaseException) -> str | None:
    state = getattr(driver, "sqlstate", None)
    return state if isinstance(state, str) else None


def _sqlite_code(driver: BaseException) -> int | None:
    code = getattr(driver, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None
