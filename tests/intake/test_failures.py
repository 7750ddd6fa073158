"""Messages that the program fails at: counted, put aside, replayed as their senders sent them."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import intake
from db.enums import OrderPhase
from db.models import IntakeFailure, Order
from intake.digests import digest_of
from intake.failures import scope_of
from intake.problems import Outcome
from intake.reader import parse, written
from ordering.order.aggregate import OrderAggregate
from ordering.order.apply import Applied, apply
from ordering.unit_of_work import UnitOfWork
from server.logs import configure_logging
from tests.execution.support import logging_restored
from tests.intake.payloads import NOW, T0, Intake, event, order, party, state
from tests.intake.reporting import Reporter

FAILED = {"code": "INTERNAL_SERVER_ERROR", "message": "Internal server error"}


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    with logging_restored():
        configure_logging()
        yield


class Bug:
    """A mistake in the program that fails at the order N-1, until it is mended."""

    def __init__(self) -> None:
        self.calls = 0
        self.mended = False

    def apply(self, order: OrderAggregate, *arguments: Any, **options: Any) -> Applied:
        if order.row.number == "N-1" and not self.mended:
            self.calls += 1
            raise ZeroDivisionError("hunter2")
        return apply(order, *arguments, **options)


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> Bug:
    bug = Bug()
    monkeypatch.setattr("intake.batch.apply", bug.apply)
    return bug


async def _stored(take_in: Intake) -> IntakeFailure:
    [failure] = await take_in.rows(IntakeFailure)
    assert isinstance(failure, IntakeFailure)
    return failure


async def test_a_message_fails_twice_and_is_put_aside_the_third_time(
    reporter: Reporter, bug: Bug
) -> None:
    content = [order(f"N-{i}") for i in range(3)]
    for attempt in (1, 2):
        answer = await reporter.post(content)
        assert answer.status_code == 500
        results = answer.json()["results"]
        others = "LOADED" if attempt == 1 else "DUPLICATE"
        assert [result["outcome"] for result in results] == [others, "FAILED", others]
        assert results[1]["errors"] == [{**FAILED, "path": "$[1]"}]
        assert (results[1]["order"], results[1]["eventId"]) == ("N-1", None)
        assert (await _stored(reporter.take_in)).put_aside_at is None
    answer = await reporter.post(content)
    assert answer.status_code == 207
    assert "errors" not in answer.json()
    failed = answer.json()["results"][1]
    failure = await _stored(reporter.take_in)
    assert (failed["outcome"], failed["order"]) == ("PUT_ASIDE", "N-1")
    [error] = failed["errors"]
    assert (error["code"], error["path"]) == ("PUT_ASIDE", "$[1]")
    assert error["message"] == (
        f"the program failed at it 3 times: put aside as {failure.digest[:12]} for an operator to "
        "replay, no need to send it again"
    )
    assert "hunter2" not in answer.text
    assert (failure.attempts, failure.put_aside_at) == (3, NOW)


async def test_a_message_that_was_put_aside_is_not_tried_again(
    reporter: Reporter, bug: Bug
) -> None:
    for _ in range(3):
        await reporter.post(order("N-1"))
    calls = bug.calls
    answer = await reporter.post(order("N-1"))
    assert (answer.status_code, bug.calls) == (207, calls)
    assert answer.json()["results"][0]["outcome"] == "PUT_ASIDE"
    assert (await _stored(reporter.take_in)).attempts == 3


async def test_a_message_that_is_taken_in_after_all_is_counted_no_more(
    reporter: Reporter, bug: Bug
) -> None:
    await reporter.post(order("N-1"))
    bug.mended = True
    assert await reporter.outcomes(order("N-1")) == ["LOADED"]
    assert await reporter.take_in.rows(IntakeFailure) == []


async def test_copies_in_one_body_count_once(reporter: Reporter, bug: Bug) -> None:
    assert await reporter.outcomes([order("N-1")] * 4) == ["FAILED"] * 4
    assert (await _stored(reporter.take_in)).attempts == 1


async def test_requests_at_once_are_all_counted(reporter: Reporter, bug: Bug) -> None:
    answers = await asyncio.gather(*(reporter.post(order("N-1")) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [207, 500, 500]
    assert (await _stored(reporter.take_in)).attempts == 3


async def test_the_same_message_for_another_tenant_is_another_failure(
    reporter: Reporter, bug: Bug
) -> None:
    await reporter.take_in.good(order("A-1"), tenant="P-8")
    await reporter.post(order("N-1"))
    await reporter.post(order("N-1"), X_Tenant="P-8")
    failures = await reporter.take_in.rows(IntakeFailure)
    assert {failure.tenant_number: failure.attempts for failure in failures} == {"": 1, "P-8": 1}


async def test_a_failure_keeps_the_message_and_the_error_whole(
    reporter: Reporter, bug: Bug
) -> None:
    sent = json.dumps(order("N-1", note=[{"@type": "Note", "text": "ä\u2028\"'"}])).encode()
    sent = sent.replace(b'"value": 8.4', b'"value": 8.400')
    await reporter.post(sent)
    failure = await _stored(reporter.take_in)
    assert parse(failure.payload.encode()) == parse(sent)
    assert '"value":8.400' in failure.payload
    assert failure.digest == digest_of(parse(sent))
    assert failure.error.startswith("Traceback")
    assert failure.error.endswith("ZeroDivisionError: hunter2\n")
    assert (failure.order_number, failure.kind) == ("N-1", "ProductOrder")
    assert (failure.first_failed_at, failure.last_failed_at) == (NOW, NOW)


async def test_an_error_of_a_statement_is_kept_without_its_parameters(
    reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = UnitOfWork.save

    async def save_strangely(unit: UnitOfWork) -> None:
        for aggregate in unit.orders["N-1"].values():
            aggregate.row.search_orders = "of one's own"
            aggregate.row.updated_at = aggregate.row.updated_at.replace(tzinfo=None)
        await save(unit)

    monkeypatch.setattr(UnitOfWork, "save", save_strangely)
    answer = await reporter.post(order("N-1"))
    assert answer.status_code == 500
    error = (await _stored(reporter.take_in)).error
    assert "an instant needs a time zone" in error
    assert "INSERT INTO orders" in error
    assert "of one's own" not in error


async def test_a_replay_takes_a_message_in_and_forgets_it(reporter: Reporter, bug: Bug) -> None:
    for _ in range(3):
        await reporter.post(order("N-1"))
    bug.mended = True
    result = await intake.replay(
        reporter.take_in.database, await _stored(reporter.take_in), now=NOW + timedelta(days=1)
    )
    assert result.outcome is Outcome.LOADED
    assert (await reporter.take_in.order("N-1")).phase is OrderPhase.RECEIVED
    assert await reporter.take_in.rows(IntakeFailure) == []
    assert await reporter.outcomes(order("N-1")) == ["DUPLICATE"]


async def test_a_replay_that_fails_again_is_counted_and_stays(reporter: Reporter, bug: Bug) -> None:
    for _ in range(3):
        await reporter.post(order("N-1"))
    result = await intake.replay(
        reporter.take_in.database, await _stored(reporter.take_in), now=NOW + timedelta(days=1)
    )
    assert (result.outcome, str(result.code)) == (None, "INTERNAL_SERVER_ERROR")
    failure = await _stored(reporter.take_in)
    assert (failure.attempts, failure.put_aside_at) == (4, NOW)
    assert failure.last_failed_at == NOW + timedelta(days=1)


async def test_a_replay_reaches_as_far_as_its_sender(reporter: Reporter, bug: Bug) -> None:
    """An order of P-8 was out of reach for a sender that named P-7, and is for the replay."""
    await reporter.take_in.good(order("A-1"))
    bug.mended = True
    await reporter.take_in.good(order("N-1"), tenant="P-8")
    bug.mended = False
    message = state("held", 1, "N-1")
    assert await reporter.outcomes(message) == ["FAILED"]
    own = order("N-1", relatedParty=[party("Partner", "P-7"), party("Kunde", "K-1")])
    assert await reporter.outcomes(own, X_Tenant="P-7") == ["FAILED"]
    by_tenant = {f.tenant_number: f for f in await reporter.take_in.rows(IntakeFailure)}
    [root] = {o.root_tenant_id for o in await reporter.take_in.rows(Order, number="A-1")}
    assert (scope_of(by_tenant[""]).root_tenant_id, by_tenant[""].sender_scope) == (None, None)
    assert scope_of(by_tenant["P-7"]).root_tenant_id == root
    bug.mended = True
    result = await intake.replay(reporter.take_in.database, by_tenant["P-7"], now=NOW)
    assert result.outcome is Outcome.LOADED
    roots = {o.root_tenant_id for o in await reporter.take_in.rows(Order, number="N-1")}
    assert len(roots) == 2


async def test_a_replayed_report_of_the_present_is_as_old_as_its_arrival(
    take_in: Intake, bug: Bug
) -> None:
    """What came in meanwhile is newer, and stays."""
    bug.mended = True
    await take_in.good(order("N-1"))
    bug.mended = False
    await take_in(event("ProductOrderStateChangeEvent", None, "N-1", state="held"))
    bug.mended = True
    later = state("inProgress", (NOW - T0) / timedelta(hours=1) + 2, "N-1")
    await take_in.good(later, now=NOW + timedelta(hours=3))
    failure = await _stored(take_in)
    result = await intake.replay(take_in.database, failure, now=NOW + timedelta(hours=4))
    assert result.outcome is Outcome.SUPERSEDED
    assert (await take_in.order("N-1")).phase is OrderPhase.PROVISIONING


async def test_a_discarded_message_is_new_when_it_comes_again(reporter: Reporter, bug: Bug) -> None:
    for _ in range(3):
        await reporter.post(order("N-1"))
    await intake.discard(reporter.take_in.database, await _stored(reporter.take_in))
    assert await reporter.outcomes(order("N-1")) == ["FAILED"]
    assert (await _stored(reporter.take_in)).attempts == 1


async def test_files_put_messages_aside_too(take_in: Intake, bug: Bug) -> None:
    content = [order(f"N-{i}") for i in range(3)]
    reasons = []
    for _ in range(4):
        report = await take_in(content)
        assert report.failed == 1
        reasons += [problem.reason for problem in report.problems]
    first = "the program failed at it, attempt 1 of 3: ZeroDivisionError: hunter2"
    assert reasons[:2] == [first, first.replace("1", "2", 1)]
    aside = (await _stored(take_in)).digest[:12]
    assert reasons[2] == reasons[3]
    assert aside in reasons[2]


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.sampled_from([Decimal("1E+5"), Decimal("-0.0"), Decimal("2.50E-7")])
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=_VALUES)
def test_what_is_written_reads_back_digit_for_digit(value: Any) -> None:
    text = written(value)
    assert written(parse(text.encode())) == text
    assert digest_of(parse(text.encode())) == digest_of(value)
