"""What a sender is told when the database fails, and what remains of its messages."""

import io
import json
import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from db.models import Order
from server.logs import configure_logging
from tests.execution.support import logging_restored
from tests.intake import faults
from tests.intake.payloads import order
from tests.intake.reporting import Reporter, codes
from tests.support.databases import Databases

# More than there is room for in the pages that a new file has.
PADDING = "x" * 50_000
ORDERS = [order(f"N-{i}", padding=PADDING) for i in range(3)]
LOADED = ["LOADED"] * 3


@pytest.fixture(autouse=True)
def log() -> Iterator[io.BytesIO]:
    """Logging as it is configured in a server."""
    with logging_restored():
        stream = io.BytesIO()
        configure_logging(stream=stream)
        yield stream


def _events(log: io.BytesIO) -> list[str]:
    return [json.loads(line)["event"] for line in log.getvalue().splitlines()]


async def _assert_unavailable(reporter: Reporter, log: io.BytesIO) -> None:
    answer = await reporter.post(ORDERS)
    assert (answer.status_code, codes(answer)) == (503, ["UNAVAILABLE"])
    assert answer.headers["retry-after"] == "5"
    assert "results" not in answer.json()
    assert "secret" not in answer.text
    assert _events(log)[-2:] == ["the database is unavailable", "intake"]


async def _assert_nothing_lost(reporter: Reporter) -> None:
    assert await reporter.outcomes(ORDERS) == LOADED
    assert await reporter.outcomes(ORDERS) == ["DUPLICATE"] * 3


@pytest.mark.parametrize("engine", ["sqlite"], scope="session", indirect=True)
@pytest.mark.parametrize("pragma", ["query_only=1", "max_page_count=1"])
async def test_a_sqlite_file_that_is_read_only_or_full(
    reporter: Reporter, log: io.BytesIO, pragma: str
) -> None:
    with faults.with_pragma(pragma):
        await _assert_unavailable(reporter, log)
    with faults.with_pragma("query_only=0", "max_page_count=4294967294"):
        await _assert_nothing_lost(reporter)


@pytest.mark.parametrize("engine", ["sqlite"], scope="session", indirect=True)
async def test_a_sqlite_file_that_is_locked(reporter: Reporter, database_url: str) -> None:
    other = sqlite3.connect(make_url(database_url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with faults.with_pragma("busy_timeout=1"):
        answer = await reporter.post(ORDERS)
    other.close()
    assert (answer.status_code, codes(answer)) == (503, ["TIMEOUT"])
    assert answer.headers["retry-after"] == "1"
    await _assert_nothing_lost(reporter)


async def test_a_postgresql_database_that_is_read_only(
    postgresql_reporter: Reporter, databases: Databases, postgresql_url: str, log: io.BytesIO
) -> None:
    await faults.read_only(databases, postgresql_url)
    await _assert_unavailable(postgresql_reporter, log)
    await faults.writable(databases, postgresql_url)
    await _assert_nothing_lost(postgresql_reporter)


async def test_a_postgresql_session_that_is_killed_in_its_transaction(
    postgresql_reporter: Reporter, databases: Databases, postgresql_url: str, log: io.BytesIO
) -> None:
    await faults.execute(databases, postgresql_url, *faults.KILL)
    await _assert_unavailable(postgresql_reporter, log)
    await faults.execute(databases, postgresql_url, *faults.DISARM)
    await _assert_nothing_lost(postgresql_reporter)


@pytest.mark.parametrize(
    "sqlstate", ["08006", "25006", "53100", "53300", "55000", "57P03", "58030", "XX000"]
)
async def test_other_faults_of_postgresql_itself(
    postgresql_reporter: Reporter,
    databases: Databases,
    postgresql_url: str,
    log: io.BytesIO,
    sqlstate: str,
) -> None:
    await faults.execute(databases, postgresql_url, *faults.raising(sqlstate))
    await _assert_unavailable(postgresql_reporter, log)
    await faults.execute(databases, postgresql_url, *faults.DISARM)
    await _assert_nothing_lost(postgresql_reporter)


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
async def test_contention_that_does_not_end(
    postgresql_reporter: Reporter, databases: Databases, postgresql_url: str, sqlstate: str
) -> None:
    await faults.execute(databases, postgresql_url, *faults.raising(sqlstate))
    answer = await postgresql_reporter.post(ORDERS)
    assert (answer.status_code, codes(answer)) == (503, ["TIMEOUT"])
    await faults.execute(databases, postgresql_url, *faults.DISARM)
    await _assert_nothing_lost(postgresql_reporter)


@pytest.mark.parametrize("sqlstate", ["22003", "23505", "54000"])
async def test_a_message_that_postgresql_refuses_is_rejected(
    postgresql_reporter: Reporter,
    databases: Databases,
    postgresql_url: str,
    log: io.BytesIO,
    sqlstate: str,
) -> None:
    await faults.execute(databases, postgresql_url, *faults.raising(sqlstate))
    answer = await postgresql_reporter.post(ORDERS)
    assert answer.status_code == 207
    _assert_one_rejected(answer.json()["results"])
    assert (await postgresql_reporter.post(ORDERS[1])).status_code == 422
    assert "secret" not in answer.text
    assert "secret" in log.getvalue().decode()


@pytest.mark.parametrize("engine", ["sqlite"], scope="session", indirect=True)
async def test_a_message_that_sqlite_refuses_is_rejected(
    reporter: Reporter, databases: Databases, database_url: str
) -> None:
    await faults.execute(
        databases,
        database_url,
        "CREATE TRIGGER trap BEFORE INSERT ON orders WHEN NEW.number = 'N-1' "
        "BEGIN SELECT RAISE(ABORT, 'planted'); END",
    )
    answer = await reporter.post(ORDERS)
    assert answer.status_code == 207
    _assert_one_rejected(answer.json()["results"])


def _assert_one_rejected(results: list[dict[str, object]]) -> None:
    assert [result["outcome"] for result in results] == ["LOADED", "REJECTED", "LOADED"]
    assert results[1]["errors"] == [
        {
            "code": "REFUSED_BY_DATABASE",
            "message": "the database cannot store what it says",
            "path": "$[1]",
        }
    ]


async def test_a_conflict_that_a_fresh_transaction_does_not_have_is_no_refusal(
    postgresql_reporter: Reporter, databases: Databases, postgresql_url: str
) -> None:
    await faults.execute(
        databases,
        postgresql_url,
        "CREATE SEQUENCE attempts",
        "GRANT ALL ON SEQUENCE attempts TO public",
        # The batch, its first half, the message alone and once more: all in the first transaction.
        *faults.trap(
            "IF nextval('attempts') <= 4 THEN RAISE EXCEPTION USING ERRCODE = '23505'; END IF;"
        ),
    )
    assert await postgresql_reporter.outcomes([ORDERS[1], ORDERS[2]]) == ["LOADED", "LOADED"]
    assert len(await postgresql_reporter.take_in.rows(Order)) == 2


@pytest.mark.parametrize("sqlstate", ["0A000", "42501", "42P01", "P0001"])
async def test_a_fault_of_the_program_fails_its_message_alone(
    postgresql_reporter: Reporter,
    databases: Databases,
    postgresql_url: str,
    log: io.BytesIO,
    sqlstate: str,
) -> None:
    await faults.execute(databases, postgresql_url, *faults.raising(sqlstate))
    answer = await postgresql_reporter.post(ORDERS)
    assert (answer.status_code, codes(answer)) == (500, ["INTERNAL_SERVER_ERROR"])
    results = answer.json()["results"]
    assert [result["outcome"] for result in results] == ["LOADED", "FAILED", "LOADED"]
    assert results[1]["errors"] == [
        {"code": "INTERNAL_SERVER_ERROR", "message": "Internal server error", "path": "$[1]"}
    ]
    assert "secret" not in answer.text
    assert "secret" in log.getvalue().decode()


async def test_a_table_that_is_missing_is_the_programs_fault(
    reporter: Reporter, databases: Databases, database_url: str
) -> None:
    await faults.execute(databases, database_url, "ALTER TABLE order_items RENAME TO gone")
    answer = await reporter.post(ORDERS)
    assert (answer.status_code, codes(answer)) == (500, ["INTERNAL_SERVER_ERROR"])
    assert {result["outcome"] for result in answer.json()["results"]} == {"FAILED"}
    assert "order_items" not in answer.text
    await faults.execute(databases, database_url, "ALTER TABLE gone RENAME TO order_items")
    await _assert_nothing_lost(reporter)


async def test_a_privilege_that_is_missing_is_the_programs_fault(
    postgresql_reporter: Reporter, databases: Databases, postgresql_url: str
) -> None:
    owner = make_url(postgresql_url).username
    await faults.execute(databases, postgresql_url, f"REVOKE INSERT ON orders FROM {owner}_carrier")
    answer = await postgresql_reporter.post(ORDERS)
    assert (answer.status_code, codes(answer)) == (500, ["INTERNAL_SERVER_ERROR"])


async def test_a_server_that_cannot_be_reached_when_the_sender_authenticates(
    postgresql_reporter: Reporter, databases: Databases, postgresql_url: str, log: io.BytesIO
) -> None:
    await faults.unreachable(databases, postgresql_url)
    await _assert_unavailable(postgresql_reporter, log)
