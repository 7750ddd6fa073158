"""The processing of one order: phase, history, and a contract that is linked later."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db import enums, models
from db.enums import ActionParty, OrderPhase
from db.models import Order
from ordering.order.apply import apply
from ordering.order.changes import ContractReported
from ordering.order.events import ContractLinked, MilestoneReached
from ordering.order.lifecycle import TMF622_STATE
from ordering.unit_of_work import UnitOfWork
from tests.graph.client import CARRIER, Client
from tests.graph.factory import NOW, Factory


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    book = Factory()
    customer = book.customer(book.tenant())
    for phase in OrderPhase:
        book.order(customer, number=f"A-{phase}", phase=phase)
    order = book.order(
        customer,
        number="A-FULL",
        phase=OrderPhase.CLARIFICATION,
        action_text="Bitte nennen Sie einen Ansprechpartner.",
        action_by=ActionParty.PARTNER,
        action_due=datetime(2026, 4, 10, 22, tzinfo=UTC),
    )
    for reached, planned in ((NOW, None), (None, NOW + timedelta(days=1))):
        book.milestone(
            order,
            kind=enums.MilestoneKind.OTHER,
            name="Begehung",
            message="Hausübergabepunkt",
            reference="m-1",
            planned_at=planned,
            reached_at=reached,
            violated=reached is None,
        )
    book.delay(order, reason="Tiefbau", kind="CIVIL_WORKS", reference="j-1", reported_at=NOW)
    book.delay(order, reason="Router", reported_at=NOW, resolved_at=NOW + timedelta(hours=1))
    book.order(customer, number="A-LATE", phase=OrderPhase.ACCEPTED)
    interrupted = book.order(customer, number="A-INTERRUPTED", phase=OrderPhase.PROVISIONING)
    _interrupt(book, interrupted, times=60)
    await empty_client.fill(book)
    return empty_client


def _interrupt(book: Factory, order: Order, *, times: int) -> None:
    """Add interruptions to the history, each with its end."""
    sequence = 4
    for _ in range(times):
        for phase in (OrderPhase.ON_HOLD, OrderPhase.PROVISIONING):
            sequence += 1
            book.rows.append(
                models.OrderHistoryEntry(
                    order_id=order.id,
                    tenant_id=order.tenant_id,
                    root_tenant_id=order.root_tenant_id,
                    sequence=sequence,
                    previous_sequence=sequence - 1,
                    phase=phase,
                    occurred_at=NOW + timedelta(minutes=sequence),
                )
            )


async def ask(client: Client, selection: str, number: str = "A-FULL") -> Any:
    query = f"query ($number: String!) {{ order(number: $number) {{ {selection} }} }}"
    return (await client.query(query, {"number": number})).data["order"]


async def test_milestones_are_planned_reached_or_missed(client: Client) -> None:
    order = await ask(
        client, "milestones {kind name message reference plannedAt reachedAt violated}"
    )
    reached, missed = order["milestones"]
    assert reached == {
        "kind": "OTHER",
        "name": "Begehung",
        "message": "Hausübergabepunkt",
        "reference": "m-1",
        "plannedAt": None,
        "reachedAt": "2026-11-20T14:00:00Z",
        "violated": False,
    }
    assert (missed["plannedAt"], missed["reachedAt"]) == ("2026-11-21T14:00:00Z", None)
    assert missed["violated"] is True


async def test_delays_are_listed_with_those_that_are_over(client: Client) -> None:
    order = await ask(client, "delayed delays {kind reason reference reportedAt resolvedAt}")
    lasting, over = order["delays"]
    assert order["delayed"] is True
    assert lasting == {
        "kind": "CIVIL_WORKS",
        "reason": "Tiefbau",
        "reference": "j-1",
        "reportedAt": "2026-11-20T14:00:00Z",
        "resolvedAt": None,
    }
    assert (over["reason"], over["resolvedAt"]) == ("Router", "2026-11-20T15:00:00Z")


async def test_an_action_says_what_by_whom_and_until_when(client: Client) -> None:
    order = await ask(client, "actionRequired {text by due}")
    assert order["actionRequired"] == {
        "text": "Bitte nennen Sie einen Ansprechpartner.",
        "by": "PARTNER",
        "due": "2026-04-10T22:00:00Z",
    }


@pytest.mark.parametrize("phase", OrderPhase)
async def test_only_a_clarification_requires_action(client: Client, phase: OrderPhase) -> None:
    order = await ask(client, "actionRequired {by due}", f"A-{phase}")
    if phase is OrderPhase.CLARIFICATION:
        assert order["actionRequired"] == {"by": "CUSTOMER", "due": None}
    else:
        assert order["actionRequired"] is None


@pytest.mark.parametrize("phase", OrderPhase)
async def test_each_phase_has_its_status_and_its_state_of_tmf622(
    client: Client, phase: OrderPhase
) -> None:
    order = await ask(client, "status phase tmf622State", f"A-{phase}")
    status = enums.STATUS_OF_PHASE[phase]
    assert order == {"status": status, "phase": phase, "tmf622State": TMF622_STATE[phase]}


@pytest.mark.parametrize("phase", OrderPhase)
async def test_the_history_ends_with_the_present_phase(client: Client, phase: OrderPhase) -> None:
    order = await ask(
        client, "phase history {sequence phase status occurredAt reason}", f"A-{phase}"
    )
    history = order["history"]
    assert history[0]["phase"] == "RECEIVED"
    assert history[-1]["phase"] == order["phase"]
    assert history[-1]["status"] == enums.STATUS_OF_PHASE[phase]
    assert [entry["sequence"] for entry in history] == [*range(1, len(history) + 1)]
    assert [entry["occurredAt"] for entry in history] == sorted(
        entry["occurredAt"] for entry in history
    )
    assert all(entry["reason"].startswith("Grund") for entry in history)


async def test_a_long_history_is_told_to_the_last_entry(client: Client) -> None:
    order = await ask(client, "history {sequence phase reason}", "A-INTERRUPTED")
    history = order["history"]
    assert [entry["sequence"] for entry in history] == [*range(1, 125)]
    assert [entry["phase"] for entry in history[4:]] == ["ON_HOLD", "PROVISIONING"] * 60
    assert history[-1]["reason"] is None


async def test_a_completed_order_says_when(client: Client) -> None:
    order = await ask(client, "receivedAt completedAt history {occurredAt}", "A-COMPLETED")
    assert order["receivedAt"] == "2026-10-21T14:00:00Z"
    assert order["completedAt"] == order["history"][-1]["occurredAt"] == "2026-10-21T18:00:00Z"


async def test_a_contract_that_appears_late_counts_as_a_change(client: Client) -> None:
    selection = "version updatedAt contract {number} contractEffect"
    before = await ask(client, selection, "A-LATE")
    assert (before["contract"], before["contractEffect"]) == (None, None)
    async with client.database.write(CARRIER) as session:
        unit = UnitOfWork(session)
        await unit.load_orders(["A-LATE"])
        [order] = unit.orders["A-LATE"].values()
        applied = apply(order, [ContractReported(("V-LATE",))], NOW, now=NOW)
        await unit.save()
    assert [type(event) for event in applied.events] == [ContractLinked, MilestoneReached]
    assert await ask(client, selection, "A-LATE") == {
        "version": before["version"] + 1,
        "updatedAt": "2026-11-20T14:00:00Z",
        "contract": {"number": "V-LATE"},
        "contractEffect": "CREATED",
    }
