"""Messages count once, and in the order of their times, not of their arrival."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.enums import OrderPhase
from db.models import OrderDelay, OrderHistoryEntry, OrderItem, OrderMilestone, OrderNote
from db.session import Database
from tests.intake.payloads import Intake, at, event, information, order, state
from tests.support.databases import Databases, Engine

_ALERT = {"@type": "JeopardyAlert", "id": "J", "jeopardyType": "Bau", "alertDate": at(6)}
_DATED = {"expectedCompletionDate": at(200)}

# A realistic life: each is a message of its own, here in the order of its time.
LIFE: list[dict[str, Any]] = [
    state("inProgress.accepted", 1, itemStateChange=[{"itemId": "1", "state": "inProgress"}]),
    information(2, message="Rufnummernblock fehlt", dueDate=at(50)),
    state("inProgress.accepted", 3),
    state("inProgress", 4, expectedCompletionDate=at(100)),
    event(
        "ProductOrderMilestoneEvent",
        5,
        productOrderMilestone=[
            {"@type": "Milestone", "id": "M", "status": "Yet-To-Reach", "milestoneDate": at(20)}
        ],
    ),
    event(
        "ProductOrderJeopardyAlertEvent",
        6,
        productOrderJeopardyAlert=[{**_ALERT, "message": "Frost"}],
    ),
    event(
        "ProductOrderJeopardyAlertEvent",
        7,
        productOrderJeopardyAlert=[{**_ALERT, "message": "Regen"}],
    ),
    event(
        "ProductOrderAttributeValueChangeEvent", 8, **_DATED, notificationContact="a@example.org"
    ),
    event(
        "ProductOrderAttributeValueChangeEvent",
        9,
        agreement=[{"@type": "AgreementRef", "id": "V-1"}],
        notificationContact="b@example.org",
    ),
    event(
        "ProductOrderMilestoneEvent",
        10,
        productOrderMilestone=[
            {"@type": "Milestone", "id": "M", "status": "Completed", "milestoneDate": at(10)}
        ],
    ),
    state("held", 11, itemStateChange=[{"itemId": "1", "state": "held"}]),
    state("completed", 12, itemStateChange=[{"itemId": "1", "state": "completed"}]),
]
# Lives that end early: in clarification, with a hold, and complete.
ENDS = {
    2: OrderPhase.CLARIFICATION,
    3: OrderPhase.ACCEPTED,
    11: OrderPhase.ON_HOLD,
    12: OrderPhase.COMPLETED,
}


async def final_state(take_in: Intake) -> dict[str, Any]:
    stored = await take_in.order()
    names = (
        "phase completed_at processing_seconds action_text action_by action_due delayed "
        "expected_completion_date contract_effect reported_characteristics "
        "search_orders search_offers search_contracts search_customers"
    )
    final = {name: getattr(stored, name) for name in names.split()}
    final["linked"] = stored.contract_id is not None
    parts: list[tuple[Any, str]] = [
        (OrderMilestone, "kind reference name message planned_at reached_at violated"),
        (OrderDelay, "reference kind reason reported_at resolved_at"),
        (OrderNote, "text"),
        (OrderItem, "reference state"),
    ]
    for model, columns in parts:
        rows = await take_in.rows(model)
        values = [tuple(getattr(row, name) for name in columns.split()) for row in rows]
        final[model.__tablename__] = sorted(values, key=repr)
    history = sorted(await take_in.rows(OrderHistoryEntry), key=lambda e: e.sequence)
    assert [e.sequence for e in history] == list(range(1, len(history) + 1))
    assert history[-1].phase is stored.phase
    return final


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(end=st.sampled_from(sorted(ENDS)), data=st.data())
async def test_any_order_of_arrival_ends_in_the_same_state(
    databases: Databases, engine: Engine, tmp_path: Path, end: int, data: st.DataObject
) -> None:
    arrivals = data.draw(st.permutations(LIFE[:end]))
    finals = []
    for messages in (LIFE[:end], arrivals):
        with databases.empty(engine) as url:
            database = Database(url)
            take_in = Intake(database, tmp_path)
            await take_in.good(order())
            for message in messages:
                await take_in.good(message)
            finals.append(await final_state(take_in))
            await database.close()
    assert finals[0]["phase"] is ENDS[end]
    assert finals[1] == finals[0]


async def test_within_a_run_events_wait_for_their_order_and_follow_time(take_in: Intake) -> None:
    content = [*LIFE[1::2], order(), *reversed(LIFE[::2])]
    report = await take_in.good(content[:4], content[4:])
    assert report.loaded + report.unchanged + report.superseded == len(content)
    phases = [
        e.phase for e in sorted(await take_in.rows(OrderHistoryEntry), key=lambda e: e.sequence)
    ]
    assert phases[-1] is OrderPhase.COMPLETED


async def test_one_file_holds_an_order_and_its_life_in_any_order(take_in: Intake) -> None:
    report = await take_in.good([*reversed(LIFE), order()])
    assert (report.loaded, report.superseded) == (len(LIFE) + 1, 0)
    history = sorted(await take_in.rows(OrderHistoryEntry), key=lambda e: e.sequence)
    assert [e.phase for e in history] == [
        OrderPhase.RECEIVED,
        OrderPhase.ACCEPTED,
        OrderPhase.CLARIFICATION,
        OrderPhase.ACCEPTED,
        OrderPhase.CONFIRMED,
        OrderPhase.ON_HOLD,
        OrderPhase.CONFIRMED,
        OrderPhase.COMPLETED,
    ]


async def test_an_older_event_is_superseded_not_wrong(take_in: Intake) -> None:
    await take_in.good(order(), state("completed", 5))
    report = await take_in.good(state("held", 4))
    assert (report.superseded, report.loaded) == (1, 0)
    assert (await take_in.order()).phase is OrderPhase.COMPLETED


async def test_an_older_delivery_date_does_not_replace_the_newer(take_in: Intake) -> None:
    kind = "ProductOrderAttributeValueChangeEvent"
    await take_in.good(order(), event(kind, 5, expectedCompletionDate=at(50)))
    before = (await take_in.order()).expected_completion_date
    await take_in.good(event(kind, 4, expectedCompletionDate=at(70)))
    assert (await take_in.order()).expected_completion_date == before


async def test_the_second_report_of_progress_is_provisioning_even_if_it_comes_first(
    take_in: Intake,
) -> None:
    await take_in.good(order(expectedCompletionDate=at(50)))
    await take_in.good(state("inProgress", 5))
    assert (await take_in.order()).phase is OrderPhase.CONFIRMED
    await take_in.good(state("inProgress", 4))
    assert (await take_in.order()).phase is OrderPhase.PROVISIONING


async def test_of_the_same_instant_the_phase_further_on_counts(take_in: Intake) -> None:
    await take_in.good(order())
    await take_in.good(state("completed", 5))
    await take_in.good(state("inProgress", 5))
    assert (await take_in.order()).phase is OrderPhase.COMPLETED


async def test_the_same_file_twice_changes_nothing(take_in: Intake) -> None:
    content = [order(), *LIFE]
    await take_in.good(content)
    before = await take_in.everything()
    report = await take_in.good(content)
    assert (report.loaded, report.unchanged) == (0, len(content))
    assert await take_in.everything() == before


async def test_spelling_does_not_make_another_message(take_in: Intake) -> None:
    await take_in.good(b'{"@type": "ProductOrder", "id": "B", "x": 1.50}', tenant="P")
    report = await take_in.good(b'{"x": 15e-1, "id": "B", "@type": "ProductOrder"}', tenant="P")
    assert report.unchanged == 1


@pytest.mark.parametrize("reported", ["inProgress", "completed"])
async def test_a_change_bumps_version_and_time_once_a_message(
    take_in: Intake, reported: str
) -> None:
    await take_in.good(order())
    before = await take_in.order()
    await take_in.good(state(reported, 4, expectedCompletionDate=at(9), itemStateChange=[]))
    after = await take_in.order()
    assert after.version == before.version + 1
    assert after.updated_at >= before.updated_at
