"""Reports by HTTP do what files do, and the answer says what became of each message."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.enums import OrderPhase
from db.models import IntakeMessage, Order, Tenant
from db.scope.tenant_scope import TenantScope
from tests.intake.payloads import EXAMPLES, NOW, Intake, event, example, order, state
from tests.intake.reporting import Reporter, book, reporting
from tests.intake.test_examples import needs
from tests.intake.test_time import LIFE, final_state
from tests.support.databases import Databases, Engine

pytestmark = pytest.mark.long

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))
CARRIER = TenantScope.carrier()


async def _rows(take_in: Intake) -> dict[str, list[str]]:
    """Every row of every table, but for the ids, which are new each time, and the digests of texts,
    which only files have."""
    stored = await book(take_in)
    at = list(IntakeMessage.__table__.columns.keys()).index("text_digest")
    messages = stored["intake_messages"]
    stored["intake_messages"] = [(*row[:at], *row[at + 1 :]) for row in messages]
    return {
        table: sorted(repr(["id" if isinstance(v, UUID) else v for v in row]) for row in rows)
        for table, rows in stored.items()
        # Keys were made, so that somebody could report.
        if table not in {"audit_entries", "carrier_audit_entries"}
    }


# Files are where every example is tried; what is the same by HTTP is shown by every third.
@pytest.mark.parametrize("name", NAMES[::3])
async def test_an_example_does_by_http_what_it_does_in_a_file(
    databases: Databases, engine: Engine, tmp_path: Path, name: str
) -> None:
    content, stored = example(name), []
    for by_file in (True, False):
        with databases.empty(engine) as url:
            async with reporting(url, tmp_path) as reporter:
                for known in [order("KNOWN"), *needs(name)]:
                    await reporter.take_in.good(known, tenant="P-7")
                if by_file:
                    await reporter.take_in.good(content, tenant="P-7")
                else:
                    answer = await reporter.post(content, X_Tenant="P-7")
                    assert answer.status_code == 200, answer.text
                stored.append(await _rows(reporter.take_in))
    assert stored[0] == stored[1]


async def test_a_message_by_itself_is_answered_with_its_result(reporter: Reporter) -> None:
    answer = await reporter.post(order())
    assert answer.status_code == 200
    assert answer.json() == {"results": [{"outcome": "LOADED", "order": "A-1", "eventId": None}]}
    moved = state("completed", 1)
    answer = await reporter.post(moved)
    [result] = answer.json()["results"]
    assert result == {"outcome": "LOADED", "order": "A-1", "eventId": moved["eventId"]}
    assert (await reporter.take_in.order()).phase is OrderPhase.COMPLETED


async def test_the_path_of_the_standards_listener_takes_the_same(reporter: Reporter) -> None:
    await reporter.post(order())
    path = "/intake/listener/productOrderStateChangeEvent"
    assert await reporter.outcomes(state("held", 1), path=path) == ["LOADED"]


async def test_results_stand_in_the_order_of_the_messages_whatever_their_times(
    reporter: Reporter,
) -> None:
    answer = await reporter.post([state("completed", 5), order("B"), state("held", 1), order()])
    results = [(r["outcome"], r["order"]) for r in answer.json()["results"]]
    assert results == [("LOADED", "A-1"), ("LOADED", "B"), ("LOADED", "A-1"), ("LOADED", "A-1")]
    assert (await reporter.take_in.order()).phase is OrderPhase.COMPLETED


async def test_every_outcome_has_a_name(reporter: Reporter) -> None:
    first = order()
    done = state("completed", 5)
    outcomes = await reporter.outcomes([first, done])
    outcomes += await reporter.outcomes([first, state("held", 4), state("completed", 5)])
    outcomes += await reporter.outcomes([state("held", 1, "nobody")])
    assert outcomes == ["LOADED", "LOADED", "DUPLICATE", "SUPERSEDED", "UNCHANGED", "REJECTED"]


async def test_the_same_body_again_changes_nothing(reporter: Reporter) -> None:
    content = [order(), *LIFE]
    await reporter.post(content)
    before = await book(reporter.take_in)
    again = await reporter.post(content)
    assert again.status_code == 200
    assert {result["outcome"] for result in again.json()["results"]} == {"DUPLICATE"}
    assert await book(reporter.take_in) == before


async def test_what_a_file_has_brought_is_a_duplicate(reporter: Reporter) -> None:
    await reporter.take_in.good(order())
    assert await reporter.outcomes(order()) == ["DUPLICATE"]


async def test_what_is_refused_is_said_and_takes_nothing_else_along(reporter: Reporter) -> None:
    answer = await reporter.post([order(), state("held", 1, "nobody"), {"@type": "Quote"}, 7])
    assert answer.status_code == 207
    [good, unknown, quote, seven] = answer.json()["results"]
    assert good["outcome"] == "LOADED"
    assert unknown["errors"] == [
        {
            "code": "UNKNOWN_ORDER",
            "message": "unknown order nobody",
            "path": "$[1].event.productOrder.id",
        }
    ]
    assert (quote["outcome"], quote["order"]) == ("REJECTED", None)
    assert [error["path"] for error in quote["errors"]] == ["$[2]['@type']"]
    assert [error["path"] for error in seven["errors"]] == ["$[3]"]
    assert [o.number for o in await reporter.take_in.rows(Order)] == ["A-1"]


@pytest.mark.parametrize(
    ("known", "sent", "code", "path"),
    [
        ([], order(state="done"), "INVALID_MESSAGE", "$.state"),
        ([], order(id="a\0b"), "INVALID_MESSAGE", "$.id"),
        ([], order(relatedParty=[]), "UNKNOWN_TENANT", "$.relatedParty"),
        ([], order(state="draft"), "DRAFT", "$.state"),
        ([], state("held", 1), "UNKNOWN_ORDER", "$.event.productOrder.id"),
        (
            [order(), state("completed", 1)],
            state("inProgress", 2),
            "IMPOSSIBLE_TRANSITION",
            "$.event.productOrder.state",
        ),
        ([order()], order(category="Tarifwechsel"), "STATED_CONTENT_IMMUTABLE", "$.category"),
        (
            [order(agreement=[{"@type": "AgreementRef", "id": "V-1"}])],
            state("held", 1, agreement=[{"@type": "AgreementRef", "id": "V-2"}]),
            "CONTRACT_ALREADY_LINKED",
            "$.event.productOrder.agreement",
        ),
        (
            [order()],
            order("A-2", quote=[{"@type": "QuoteRef", "id": "Q-A-1"}]),
            "OFFER_ALREADY_ORDERED",
            "$.quote",
        ),
        (
            [order()],
            state("held", 1, itemStateChange=[{"itemId": "9", "state": "held"}]),
            "UNKNOWN_ITEM",
            "$.event.productOrder.itemStateChange[0]",
        ),
    ],
)
async def test_a_rejected_message_has_a_code_and_the_path_to_what_is_wrong(
    reporter: Reporter, known: list[Any], sent: Any, code: str, path: str
) -> None:
    await reporter.take_in.good(*known)
    before = await book(reporter.take_in)
    answer = await reporter.post(sent)
    assert answer.status_code == 422
    [result] = answer.json()["results"]
    assert [(e["code"], e["path"]) for e in result["errors"]] == [(code, path)]
    assert await book(reporter.take_in) == before


async def test_the_partner_reads_it_at_once(database_url: str, tmp_path: Path) -> None:
    query = "{ orders { nodes { number phase version updatedAt } } }"
    async with reporting(database_url, tmp_path) as reporter:
        await reporter.post(order())
    later = NOW + timedelta(minutes=5)
    async with reporting(database_url, tmp_path, now=later) as reporter:
        await reporter.post(state("held", 3))
        nodes = (await reporter.client.query(query, tenant="P-7")).data["orders"]["nodes"]
    assert nodes == [
        {
            "number": "A-1",
            "phase": "ON_HOLD",
            "version": 2,
            "updatedAt": later.isoformat().replace("+00:00", "Z"),
        }
    ]


async def test_one_message_that_two_report_at_once_counts_once(reporter: Reporter) -> None:
    answers = await asyncio.gather(*(reporter.outcomes(order()) for _ in range(4)))
    assert sorted(outcome for [outcome] in answers) == ["DUPLICATE"] * 3 + ["LOADED"]
    content = state("held", 1)
    answers = await asyncio.gather(*(reporter.outcomes(content) for _ in range(4)))
    assert sorted(outcome for [outcome] in answers) == ["DUPLICATE"] * 3 + ["LOADED"]
    assert (await reporter.take_in.order()).version == 2


async def test_reporters_of_the_same_orders_at_once_lose_nothing(reporter: Reporter) -> None:
    numbers = [f"N-{i}" for i in range(8)]
    await reporter.post([order(number) for number in numbers])
    kind = "ProductOrderAttributeValueChangeEvent"

    def said(reporting: int) -> list[Any]:
        mine = numbers if reporting % 2 else numbers[::-1]
        return [event(kind, None, number, **{f"said{reporting}": "so"}) for number in mine]

    answers = await asyncio.gather(*(reporter.outcomes(said(i)) for i in range(5)))
    assert {outcome for outcomes in answers for outcome in outcomes} == {"LOADED"}
    for stored in await reporter.take_in.rows(Order):
        assert stored.version == 6
        assert len(stored.reported_characteristics) == 5


async def test_with_a_tenant_named_orders_are_its_own_whatever_they_say(
    reporter: Reporter,
) -> None:
    await reporter.take_in.good(order("KNOWN"), tenant="P-9")
    assert await reporter.outcomes(order(), X_Tenant="P-9") == ["LOADED"]
    assert [t.number for t in await reporter.take_in.rows(Tenant)] == ["P-9"]


async def test_a_tenant_that_is_named_and_unknown_comes_not_into_being(
    reporter: Reporter,
) -> None:
    answer = await reporter.post(order(), X_Tenant="P-8")
    assert answer.status_code == 403
    assert await reporter.take_in.rows(Tenant) == []


async def test_with_a_part_of_a_tree_named_the_rest_of_it_is_out_of_reach(
    reporter: Reporter,
) -> None:
    await reporter.take_in.good(order())
    async with reporter.client.database.write(CARRIER) as session:
        session.add(
            Tenant(id=2, root_tenant_id=1, parent_id=1, number="P-7-1", name="B", created_at=NOW)
        )
    answer = await reporter.post([state("held", 1), order(), order("A-2")], X_Tenant="P-7-1")
    results = answer.json()["results"]
    assert [r["outcome"] for r in results] == ["REJECTED", "REJECTED", "REJECTED"]
    assert [r["errors"][0]["code"] for r in results] == [
        "UNKNOWN_ORDER",
        "BELONGS_TO_ANOTHER",
        "BELONGS_TO_ANOTHER",
    ]
    assert await reporter.outcomes(state("held", 1), X_Tenant="P-7") == ["LOADED"]


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_any_arrival_in_any_parts_some_of_them_twice_ends_in_the_same_state(
    databases: Databases, engine: Engine, tmp_path: Path, data: st.DataObject
) -> None:
    arrivals = data.draw(st.permutations(LIFE))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(LIFE) - 1), max_size=4)))
    bounds = [0, *cuts, len(LIFE)]
    parts = [arrivals[a:b] for a, b in pairwise(bounds)]
    finals = []
    for bodies in ([LIFE], parts):
        with databases.empty(engine) as url:
            async with reporting(url, tmp_path) as reporter:
                await reporter.post(order())
                for body in bodies:
                    for _ in range(data.draw(st.integers(1, 2))):
                        assert (await reporter.post(body)).status_code == 200
                finals.append(await final_state(reporter.take_in))
    assert finals[1] == finals[0]
