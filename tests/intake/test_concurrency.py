"""Several intakes at once: none writes over another, and each gets through in the end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

import intake
from db.models import Contract, Order
from db.scope.tenant_scope import TenantScope
from db.session import Database
from ordering.unit_of_work import UnitOfWork
from tests.intake.payloads import NOW, Intake, event, order, state


class _DeadlockError(Exception):
    sqlstate = "40P01"


def _fail(monkeypatch: pytest.MonkeyPatch, *, times: int) -> Callable[[], int]:
    """Let that many transactions fail at their end as if they had met others; counts all."""
    save, calls = UnitOfWork.save, 0

    async def save_or_fail(book: UnitOfWork) -> None:
        nonlocal calls
        calls += 1
        await save(book)
        if calls <= times:
            raise DBAPIError("UPDATE", {}, _DeadlockError())

    monkeypatch.setattr(UnitOfWork, "save", save_or_fail)
    return lambda: calls


async def test_a_transaction_that_met_others_is_tried_again_as_a_whole(
    take_in: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = _fail(monkeypatch, times=1)
    report = await take_in.good([order("B-1"), order("B-2"), state("held", 1, "B-1")])
    assert (report.loaded, calls()) == (3, 2)


async def test_what_meets_others_all_the_time_is_reported_and_loads_later(
    take_in: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _fail(patch, times=10**6)
        report = await take_in([order("B-1"), order("B-2")])
    reason = "the database is busy: load the file again"
    assert [(p.path, p.reason) for p in report.problems] == [("$[0]", reason), ("$[1]", reason)]
    assert (report.loaded, report.failed) == (0, 2)
    assert (await take_in.good([order("B-1"), order("B-2")])).loaded == 2


async def test_no_change_of_two_intakes_at_once_is_lost(take_in: Intake) -> None:
    numbers = [f"N-{i}" for i in range(6)]
    await take_in.good([order(number) for number in numbers])
    files = [
        take_in.file([state("held", 1, n) for n in numbers]),
        take_in.file([state("inProgress", 2, n) for n in reversed(numbers)]),
        take_in.file([state("completed", 3, n) for n in numbers]),
    ]
    reports = await asyncio.gather(*(intake.run(take_in.database, [f], now=NOW) for f in files))
    assert [p.reason for report in reports for p in report.problems] == []
    changes = sum(report.loaded for report in reports)
    assert sum(o.version - 1 for o in await take_in.rows(Order)) == changes


async def test_a_contract_counts_each_order_that_changes_it_at_once(take_in: Intake) -> None:
    numbers = [f"N-{i}" for i in range(5)]
    agreement = [{"@type": "AgreementRef", "id": "V-1"}]
    await take_in.good([order(number) for number in numbers], order("N-9", agreement=agreement))
    kind = "ProductOrderAttributeValueChangeEvent"
    files = [take_in.file(event(kind, 1, n, agreement=agreement)) for n in numbers]
    reports = await asyncio.gather(*(intake.run(take_in.database, [f], now=NOW) for f in files))
    assert sum(report.loaded for report in reports) == 5
    assert [contract.version for contract in await take_in.rows(Contract)] == [6]


async def test_what_an_undone_savepoint_has_read_is_read_again(
    postgresql_url: str, tmp_path: Path
) -> None:
    """Its lock is gone: whoever waited for that has written meanwhile. SQLite has one writer."""
    database = Database(postgresql_url)
    await Intake(database, tmp_path).good(order())
    async with database.write(TenantScope.carrier()) as session:
        first = UnitOfWork(session)
        with suppress(LookupError):
            async with session.savepoint():
                await first.load_orders({"A-1"})
                raise LookupError
        async with database.write(TenantScope.carrier()) as other:
            await other.execute(update(Order).values(version=7))
        second = UnitOfWork(session)
        await second.load_orders({"A-1"})
        assert [order.row.version for order in second.orders["A-1"].values()] == [7]
    await database.close()
