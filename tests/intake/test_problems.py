"""What cannot be taken in is reported by file, JSON path and reason; the good ones still load."""

from pathlib import Path
from typing import Any

import pytest

import intake
from db.enums import OrderPhase
from db.models import Customer, Order
from ordering.order.aggregate import OrderAggregate
from ordering.order.apply import Applied, apply
from ordering.unit_of_work import UnitOfWork
from tests.intake.payloads import Intake, at, event, order, party, state


def _problems(report: intake.Report) -> list[tuple[str, str]]:
    return [(problem.path, problem.reason) for problem in report.problems]


@pytest.mark.parametrize(
    ("raw", "path", "reason"),
    [
        (b"{", "$", "bad JSON at line 1 column 2"),
        (b"\xff", "$", "not UTF-8"),
        (b'{"@type": "ProductOrder", "id": NaN}', "$", "NaN"),
        (b'{"@type": "ProductOrder", "id": -Infinity}', "$", "Infinity"),
        (b'{"@type": "ProductOrder", "x": 1e999999}', "$", "out of range"),
        (b'"text"', "$", "not an object"),
        (b"[1]", "$[0]", "not an object"),
        (b"{}", "$['@type']", "neither a product order nor an event"),
        (b'{"@type": "Quote", "id": "1"}', "$['@type']", "neither"),
        (b'{"eventType": "QuoteCreateEvent", "event": {}}', "$.eventType", "QuoteCreateEvent"),
        (b'{"@type": "ProductOrder", "id": "a\\u0000b"}', "$.id", "NUL"),
        (b'{"@type": "ProductOrder", "id": "\\ud800"}', "$.id", "surrogate"),
        (b'{"@type": "ProductOrder", "' + b"n" * 501 + b'": "\\u0000"}', "$", "more than 500"),
        (b"[" * 5000 + b"]" * 5000, "$", "levels deep"),
        (b'{"@type": "ProductOrder", "x": ' + b"[" * 150 + b"]" * 150 + b"}", "$.x", "levels deep"),
        (b'{"@type": "ProductOrder"}', "$.id", "is missing"),
    ],
)
async def test_unreadable_content(take_in: Intake, raw: bytes, path: str, reason: str) -> None:
    report = await take_in(raw, order())
    [problem] = report.problems
    assert problem.path.startswith(path)
    assert reason in problem.reason
    assert problem.file.name == "001.json"
    assert (report.loaded, report.failed, report.complete) == (1, 1, False)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"state": "done"}, "$.state"),
        ({"creationDate": "yesterday"}, "$.creationDate"),
        ({"creationDate": "2026-01-01T10:00:00"}, "$.creationDate"),
        ({"relatedParty": [{"role": "Kunde"}]}, "$.relatedParty[0]"),
        ({"productOrderItem": []}, "$.productOrderItem"),
        (
            {"productOrderItem": [{"@type": "ProductOrderItem", "quantity": "three"}]},
            "$.productOrderItem[0].quantity",
        ),
        (
            {"productOrderItem": [{"@type": "ProductOrderItem", "quantity": -1}]},
            "$.productOrderItem[0].quantity",
        ),
        ({"id": "9" * 5000}, "$.id"),
    ],
)
async def test_schema_violations_and_limits(
    take_in: Intake, wrong: dict[str, Any], path: str
) -> None:
    report = await take_in([order("B-1"), order(**wrong), order("B-2")])
    assert _paths(report) == {path.replace("$", "$[1]")}
    assert report.loaded == 2


def _paths(report: intake.Report) -> set[str]:
    return {problem.path for problem in report.problems}


async def test_types_of_ones_own_within_each_other_are_each_tried_once(take_in: Intake) -> None:
    """Every choice at every level would be 7^25 of them: this would not end."""
    party: dict[str, Any] = {"@type": "Own", "relatedParty": [7]}
    for _ in range(25):
        related = {"@type": "RelatedPartyOrPartyRole", "role": "Own", "partyOrPartyRole": party}
        party = {"@type": "Own", "relatedParty": [related]}
    product = {"@type": "Product", "relatedParty": party["relatedParty"]}
    item = {"@type": "ProductOrderItem", "id": "1", "action": "add", "product": product}
    report = await take_in([order("B-1", productOrderItem=[item]), order("B-2")])
    assert (report.loaded, report.failed) == (1, 1)
    assert all(p.path.startswith("$[0].productOrderItem[0].product") for p in report.problems)


async def test_every_violation_of_a_message_is_named(take_in: Intake) -> None:
    report = await take_in(order(state="x", creationDate="y"))
    assert _paths(report) == {"$.state", "$.creationDate"}
    assert report.failed == 1


async def test_of_a_message_that_is_wrong_all_over_the_first_hundred_are_named(
    take_in: Intake,
) -> None:
    items = [{"@type": "ProductOrderItem", "quantity": "x"}] * 200
    report = await take_in(order(productOrderItem=items))
    assert (len(report.problems), report.failed) == (100, 1)


async def test_an_event_of_an_unknown_order(take_in: Intake) -> None:
    report = await take_in([state("held", 1, "nobody"), order()])
    assert _problems(report) == [("$[0].event.productOrder.id", "unknown order nobody")]
    assert report.loaded == 1


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("completed", "inProgress"),
        ("inProgress", "acknowledged"),
        ("rejected", "completed"),
        ("failed", "completed"),
    ],
)
async def test_an_impossible_transition(take_in: Intake, first: str, then: str) -> None:
    await take_in.good(order(), state(first, 1))
    before = await take_in.everything()
    report = await take_in(state(then, 2))
    [(path, reason)] = _problems(report)
    assert path == "$.event.productOrder.state"
    assert reason.startswith("impossible transition")
    assert await take_in.everything() == before


async def test_a_finished_order_is_not_deleted(take_in: Intake) -> None:
    await take_in.good(order(), state("completed", 1))
    report = await take_in(event("ProductOrderDeleteEvent", 2))
    assert "impossible transition" in report.problems[0].reason
    assert (await take_in.order()).phase is OrderPhase.COMPLETED


async def test_a_draft_is_refused(take_in: Intake) -> None:
    report = await take_in(order(state="draft"))
    assert _problems(report) == [("$.state", "a draft is not an order yet")]
    assert await take_in.rows(Customer) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"category": "Produktwechsel"}, "$.category"),
        ({"description": "anders"}, "$.description"),
        ({"requestedCompletionDate": at(1)}, "$.requestedCompletionDate"),
        ({"quote": [{"@type": "QuoteRef", "id": "Q-2"}]}, "$.quote"),
        (
            {"relatedParty": [party("Partner", "P-7"), party("Kunde", "K-9")]},
            "$.relatedParty[1].partyOrPartyRole",
        ),
    ],
)
async def test_stated_content_stays_as_it_is(
    take_in: Intake, change: dict[str, Any], path: str
) -> None:
    await take_in.good(order())
    before = await take_in.everything()
    report = await take_in(order(**change))
    assert _paths(report) == {path}
    assert all("stated content is immutable" in p.reason for p in report.problems)
    assert await take_in.everything() == before


async def test_a_price_that_differs_is_found_by_its_path(take_in: Intake) -> None:
    await take_in.good(order())
    changed = order()
    changed["productOrderItem"][0]["itemPrice"][0]["price"]["dutyFreeAmount"]["value"] = 7
    report = await take_in(changed)
    assert _paths(report) == {"$.productOrderItem[0].itemPrice[0].price.dutyFreeAmount.value"}


async def test_another_contract_is_refused(take_in: Intake) -> None:
    await take_in.good(order(agreement=[{"@type": "AgreementRef", "id": "V-1"}]))
    late = event(
        "ProductOrderAttributeValueChangeEvent",
        1,
        agreement=[{"@type": "AgreementRef", "id": "V-2"}],
    )
    report = await take_in(late)
    assert _paths(report) == {"$.event.productOrder.agreement"}


async def test_an_offer_leads_to_one_order(take_in: Intake) -> None:
    quote = [{"@type": "QuoteRef", "id": "Q"}]
    report = await take_in([order("A-1", quote=quote), order("A-2", quote=quote)])
    assert _paths(report) == {"$[1].quote"}
    assert [o.number for o in await take_in.rows(Order)] == ["A-1"]


async def test_a_bad_message_takes_no_other_along(take_in: Intake) -> None:
    content: list[Any] = [order(f"N-{i}") for i in range(20)]
    content += [
        state("held", 1, "nobody"),
        state("completed", 1, "N-3"),
        7,
        state("draft", 2, "N-4"),
    ]
    report = await take_in(content)
    assert (report.loaded, report.failed) == (21, 3)
    assert len(await take_in.rows(Order)) == 20
    assert (await take_in.order("N-3")).phase is OrderPhase.COMPLETED


async def test_what_the_database_refuses_is_a_problem_too(
    take_in: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = UnitOfWork.save

    async def save_strangely(unit: UnitOfWork) -> None:
        if spoilt := unit.orders["N-5"].get(1):
            # No payload gets that far; here the row itself is spoilt.
            spoilt.row.search_orders = None  # type: ignore[assignment]
        await save(unit)

    monkeypatch.setattr(UnitOfWork, "save", save_strangely)
    report = await take_in([order(f"N-{i}") for i in range(10)])
    [problem] = report.problems
    assert problem.path == "$[5]"
    assert problem.reason.startswith("the database refuses it")
    assert (report.loaded, report.failed) == (9, 1)


async def test_a_programming_error_fails_its_message_alone_and_is_no_refusal(
    take_in: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_at(order: OrderAggregate, *arguments: Any, **options: Any) -> Applied:
        if order.row.number == "N-2":
            raise ZeroDivisionError("by nothing")
        return apply(order, *arguments, **options)

    monkeypatch.setattr("intake.batch.apply", fail_at)
    report = await take_in([order(f"N-{i}") for i in range(4)])
    reason = "the program failed at it, attempt 1 of 3: ZeroDivisionError: by nothing"
    assert _problems(report) == [("$[2]", reason)]
    assert (report.loaded, report.failed) == (3, 1)
    assert sorted(o.number for o in await take_in.rows(Order)) == ["N-0", "N-1", "N-3"]


async def test_the_same_number_at_two_partners_needs_the_tenant(take_in: Intake) -> None:
    for tenant in ("P-7", "P-8"):
        await take_in.good(order(), tenant=tenant)
    report = await take_in(state("completed", 1))
    assert "several partners" in report.problems[0].reason
    await take_in.good(state("completed", 1), tenant="P-8")
    phases = sorted(o.phase for o in await take_in.rows(Order))
    assert phases == [OrderPhase.COMPLETED, OrderPhase.RECEIVED]


async def test_folders_are_read_whole_and_a_missing_path_is_named(
    take_in: Intake, tmp_path: Path
) -> None:
    deep = tmp_path / "deep" / "er"
    deep.mkdir(parents=True)
    take_in.file(order()).rename(deep / "a.json")
    (tmp_path / "deep" / "notes.txt").write_text("no JSON")
    done: list[tuple[int, int]] = []
    report = await intake.run(
        take_in.database, [tmp_path / "deep"], progress=lambda *step: done.append(step)
    )
    assert report.loaded == 1
    assert done[-1][0] == done[-1][1] > 0
    with pytest.raises(intake.UnreadablePathError, match="missing"):
        await intake.run(take_in.database, [tmp_path / "missing"])


async def test_a_type_that_is_no_text_is_a_problem(take_in: Intake) -> None:
    report = await take_in({**order(), "@type": ["ProductOrder"]})
    assert [path for path, _ in _problems(report)] == ["$['@type']"]
