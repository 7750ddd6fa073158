"""Who is at fault for a database error, on both databases."""

import sqlite3

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError, StatementError
from sqlalchemy.exc import InterfaceError as WrappedInterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from db.faults import Fault, classify, is_contention

DATABASE, MESSAGE, PROGRAM = Fault.DATABASE, Fault.MESSAGE, Fault.PROGRAM


class _PostgresError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class _SQLiteError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.sqlite_errorcode = code


@pytest.mark.parametrize(
    ("sqlstate", "fault"),
    [
        ("08000", DATABASE),
        ("08003", DATABASE),
        ("08006", DATABASE),
        ("0A000", PROGRAM),
        ("21000", PROGRAM),
        ("22001", MESSAGE),
        ("22003", MESSAGE),
        ("22P05", MESSAGE),
        ("23502", MESSAGE),
        ("23505", MESSAGE),
        ("23514", MESSAGE),
        ("25001", PROGRAM),
        ("25006", DATABASE),
        ("25P02", PROGRAM),
        ("25P03", DATABASE),
        ("28P01", DATABASE),
        ("3D000", DATABASE),
        ("40001", DATABASE),
        ("40P01", DATABASE),
        ("42501", PROGRAM),
        ("42703", PROGRAM),
        ("42P01", PROGRAM),
        ("53100", DATABASE),
        ("53200", DATABASE),
        ("53300", DATABASE),
        ("54000", MESSAGE),
        ("55000", DATABASE),
        ("55P03", DATABASE),
        ("57014", DATABASE),
        ("57P01", DATABASE),
        ("57P03", DATABASE),
        ("58030", DATABASE),
        ("F0000", DATABASE),
        ("P0001", PROGRAM),
        ("XX000", DATABASE),
        ("XX001", DATABASE),
        ("ZZ999", PROGRAM),
    ],
)
def test_a_sqlstate_says_who_is_at_fault(sqlstate: str, fault: Fault) -> None:
    error = _PostgresError(sqlstate)
    assert classify(error) is fault
    assert classify(DBAPIError("INSERT", {}, error)) is fault


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (sqlite3.SQLITE_ERROR, PROGRAM),
        (sqlite3.SQLITE_INTERNAL, PROGRAM),
        (sqlite3.SQLITE_PERM, DATABASE),
        (sqlite3.SQLITE_BUSY, DATABASE),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DATABASE),
        (sqlite3.SQLITE_LOCKED, DATABASE),
        (sqlite3.SQLITE_NOMEM, DATABASE),
        (sqlite3.SQLITE_READONLY, DATABASE),
        (sqlite3.SQLITE_READONLY_DBMOVED, DATABASE),
        (sqlite3.SQLITE_INTERRUPT, DATABASE),
        (sqlite3.SQLITE_IOERR, DATABASE),
        (sqlite3.SQLITE_IOERR_FSYNC, DATABASE),
        (sqlite3.SQLITE_CORRUPT, DATABASE),
        (sqlite3.SQLITE_FULL, DATABASE),
        (sqlite3.SQLITE_CANTOPEN, DATABASE),
        (sqlite3.SQLITE_PROTOCOL, DATABASE),
        (sqlite3.SQLITE_NOTADB, DATABASE),
        (sqlite3.SQLITE_TOOBIG, MESSAGE),
        (sqlite3.SQLITE_CONSTRAINT, MESSAGE),
        (sqlite3.SQLITE_CONSTRAINT_TRIGGER, MESSAGE),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, MESSAGE),
        (sqlite3.SQLITE_MISMATCH, MESSAGE),
        (sqlite3.SQLITE_RANGE, PROGRAM),
        (sqlite3.SQLITE_MISUSE, PROGRAM),
        (sqlite3.SQLITE_SCHEMA, PROGRAM),
        (200, PROGRAM),
    ],
)
def test_a_result_code_of_sqlite_says_who_is_at_fault(code: int, fault: Fault) -> None:
    assert classify(DBAPIError("INSERT", {}, _SQLiteError(code))) is fault


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(111, "refused"),
        TimeoutError(),
        PoolTimeoutError("QueuePool limit"),
        DisconnectionError(),
        asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"),
        asyncpg.InterfaceError("connection is closed"),
        OperationalError("SELECT", None, asyncpg.InterfaceError("connection is closed")),
        DBAPIError("SELECT", {}, Exception("lost"), connection_invalidated=True),
    ],
)
def test_a_lost_connection_is_the_databases_fault(error: Exception) -> None:
    assert classify(error) is DATABASE


def test_an_error_of_the_driver_below_the_adapters_counts() -> None:
    adapted = Exception("adapted")
    adapted.__cause__ = asyncpg.InterfaceError("connection is closed")
    assert classify(WrappedInterfaceError("SELECT", {}, adapted)) is DATABASE


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        StatementError("a naive datetime", "INSERT", {}, ValueError("time zone")),
        DBAPIError("SELECT", {}, Exception("of no kind")),
    ],
)
def test_everything_unknown_is_the_programs_fault(error: Exception) -> None:
    assert classify(error) is PROGRAM


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
def test_locks_of_others_are_contention_on_postgresql(sqlstate: str) -> None:
    assert is_contention(DBAPIError("UPDATE", {}, _PostgresError(sqlstate)))


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED])
def test_locks_of_others_are_contention_on_sqlite(code: int) -> None:
    assert is_contention(DBAPIError("UPDATE", {}, _SQLiteError(code)))


@pytest.mark.parametrize("error", [_PostgresError("53100"), _SQLiteError(sqlite3.SQLITE_FULL)])
def test_a_full_disk_is_no_contention(error: Exception) -> None:
    assert not is_contention(DBAPIError("UPDATE", {}, error))
