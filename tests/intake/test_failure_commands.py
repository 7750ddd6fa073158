"""`partnergraph intake` when the database or the program fails, and `intake-failures`."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from ordering.order.aggregate import OrderAggregate
from ordering.order.apply import Applied, apply
from tests.execution.support import logging_restored
from tests.intake import faults
from tests.intake.payloads import order
from tests.support.databases import Databases
from tests.test_cli import ROOT, assert_mistake, run

PADDING = "x" * 50_000


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    with logging_restored():
        yield


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that the commands find."""
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", database_url)
    return database_url


@pytest.fixture
def postgresql(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", postgresql_url)
    return postgresql_url


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A mistake in the program that fails at every order whose number begins with BAD."""

    def apply_or_fail(order: OrderAggregate, *arguments: Any, **options: Any) -> Applied:
        if order.row.number.startswith("BAD"):
            raise ZeroDivisionError("hunter2")
        return apply(order, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr("intake.batch.apply", apply_or_fail)
        yield patch


def write(*numbers: str, name: str = "orders.json") -> str:
    Path(name).write_text(json.dumps([order(number, padding=PADDING) for number in numbers]))
    return name


def put_aside(*numbers: str) -> list[str]:
    """Let messages fail three times; the starts of their digests, in the order of the list."""
    file = write("GOOD", *numbers)
    for _ in range(3):
        assert run("intake", file).exit_code == 1
    return [line.split()[0] for line in run("intake-failures", "list").stdout.splitlines()[1:]]


def assert_unavailable(file: str) -> None:
    result = run("intake", file)
    assert_mistake(result, "is unavailable", "Nothing is lost", "run the command again")


@pytest.mark.parametrize("engine", ["sqlite"], scope="session", indirect=True)
@pytest.mark.parametrize("pragma", ["query_only=1", "max_page_count=1"])
def test_a_run_stops_when_a_sqlite_file_is_read_only_or_full(url: str, pragma: str) -> None:
    file = write("A-1", "A-2")
    with faults.with_pragma(pragma):
        assert_unavailable(file)
    assert "2 loaded" in run("intake", file).stdout


@pytest.mark.parametrize("engine", ["sqlite"], scope="session", indirect=True)
def test_a_run_reports_its_files_when_a_sqlite_file_is_locked(url: str) -> None:
    # The first connection to a new file changes its journal, for which it needs the lock.
    run("intake", write("A-0"))
    file = write("A-1")
    other = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with faults.with_pragma("busy_timeout=1"):
        result = run("intake", file)
    other.close()
    assert result.exit_code == 1
    assert "the database is busy: load the file again" in result.stderr
    assert "1 loaded" in run("intake", file).stdout


def test_a_run_stops_when_postgresql_is_read_only(postgresql: str, databases: Databases) -> None:
    file = write("A-1", "A-2")
    asyncio.run(faults.read_only(databases, postgresql))
    assert_unavailable(file)
    asyncio.run(faults.writable(databases, postgresql))
    assert "2 loaded" in run("intake", file).stdout


@pytest.mark.parametrize("trap", [faults.KILL, faults.raising("53100"), faults.raising("57P03")])
def test_a_run_stops_when_postgresql_fails_and_keeps_the_files_before(
    postgresql: str, databases: Databases, trap: tuple[str, ...]
) -> None:
    before, file = write("A-1", name="1.json"), write("N-0", "N-1", name="2.json")
    asyncio.run(faults.execute(databases, postgresql, *trap))
    result = run("intake", before, file)
    assert_mistake(result, "is unavailable", "Nothing is lost", "run the command again")
    asyncio.run(faults.execute(databases, postgresql, *faults.DISARM))
    assert "2 loaded, 1 unchanged" in run("intake", before, file).stdout


def test_a_run_puts_aside_what_the_program_fails_at_and_loads_the_rest(
    url: str, bug: pytest.MonkeyPatch
) -> None:
    file = write("A-1", "BAD", "A-2")
    first = run("intake", file)
    assert (first.exit_code, first.stderr.count("attempt 1 of 3")) == (1, 1)
    assert "2 loaded, 0 unchanged, 0 superseded by newer ones, 1 failed" in first.stdout
    assert "attempt 2 of 3: ZeroDivisionError: hunter2" in run("intake", file).stderr
    for _ in range(2):
        result = run("intake", file)
        assert result.exit_code == 1
        assert "put aside as" in result.stderr


def test_failures_are_listed_and_shown(url: str, bug: pytest.MonkeyPatch) -> None:
    [digest] = put_aside("BAD")
    row = run("intake-failures", "list").stdout.splitlines()[1].split()
    assert row[:6] == [digest, "-", "BAD", "ProductOrder", "-", "3"]
    assert row[-2:] == ["put", "aside"]
    [line] = run("intake-failures", "list", "--json").stdout.splitlines()
    entry = json.loads(line)
    assert json.loads(entry["payload"]) == order("BAD", padding=PADDING)
    shown = run("intake-failures", "show", digest).stdout
    assert entry["payload"] in shown
    assert "ZeroDivisionError: hunter2" in shown


def test_failures_are_replayed_by_their_digests_and_all_at_once(
    url: str, bug: pytest.MonkeyPatch
) -> None:
    digests = put_aside("BAD-1", "BAD-2", "BAD-3")
    failed = run("intake-failures", "replay", digests[0])
    assert failed.exit_code == 1
    assert failed.stdout == "0 taken in, 1 failed\n"
    reason = "the program failed at it, attempt 4: ZeroDivisionError: hunter2"
    assert failed.stderr == f"{digests[0]}: $: {reason}\n"
    bug.undo()
    assert run("intake-failures", "replay", digests[0]).stdout == "1 taken in, 0 failed\n"
    result = run("intake-failures", "replay", "--all")
    assert (result.exit_code, result.stdout) == (0, "2 taken in, 0 failed\n")
    assert "no failed messages" in run("intake-failures", "list").stderr
    assert "4 unchanged" in run("intake", write("GOOD", "BAD-1", "BAD-2", "BAD-3")).stdout


def test_a_replay_stops_when_postgresql_is_read_only(
    postgresql: str, databases: Databases, bug: pytest.MonkeyPatch
) -> None:
    put_aside("BAD-1", "BAD-2")
    bug.undo()
    asyncio.run(faults.read_only(databases, postgresql))
    result = run("intake-failures", "replay", "--all")
    assert_mistake(result, "is unavailable", "Nothing is lost", "run the command again")
    asyncio.run(faults.writable(databases, postgresql))
    assert "2 taken in" in run("intake-failures", "replay", "--all").stdout


def test_failures_are_discarded(url: str, bug: pytest.MonkeyPatch) -> None:
    [first, _] = put_aside("BAD-1", "BAD-2")
    assert run("intake-failures", "discard", first).stdout == "1 discarded\n"
    assert run("intake-failures", "discard", "--all").stdout == "1 discarded\n"
    assert "no failed messages" in run("intake-failures", "list").stderr


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_messages_must_be_named_and_known(url: str, bug: pytest.MonkeyPatch, command: str) -> None:
    put_aside("BAD-1", "BAD-2")
    assert_mistake(run("intake-failures", command), "--all")
    assert_mistake(run("intake-failures", command, "0", "--all"), "--all")
    assert_mistake(run("intake-failures", command, "xyz"), "No failed messages", "xyz")
    assert_mistake(run("intake-failures", "show", ""), "2 failed messages")
