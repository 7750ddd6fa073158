"""Later accounts of an order that is known: what they may repeat, add and correct."""

from datetime import timedelta
from typing import Any

import pytest

from db.enums import MilestoneKind, OrderPhase
from db.models import Contract, OrderDelay, OrderItem, OrderMilestone
from tests.intake.payloads import NOW, T0, Intake, at, event, order, party, state
from tests.support.statements import sent


def _item(number: str | None, product: str, quantity: int = 1) -> dict[str, Any]:
    offering = {"@type": "ProductOfferingRef", "id": product, "name": product}
    item = {
        "@type": "ProductOrderItem",
        "action": "add",
        "quantity": quantity,
        "productOffering": offering,
    }
    return item | ({"id": number} if number else {})


@pytest.mark.parametrize("number", [None, "1"])
async def test_items_that_are_told_apart_by_their_place_alone_can_be_repeated(
    take_in: Intake, number: str | None
) -> None:
    items = [_item(number, "DSL", 1), _item(number, "SIP", 2)]
    await take_in.good(order(productOrderItem=items))
    await take_in.good(order(productOrderItem=items, state="completed", completionDate=at(9)))
    assert (await take_in.order()).phase is OrderPhase.COMPLETED


async def test_a_characteristic_with_several_values_can_be_repeated(take_in: Intake) -> None:
    def numbers(*values: str) -> list[dict[str, Any]]:
        said = [{"@type": "StringCharacteristic", "name": "Rufnummer", "value": v} for v in values]
        product = {"@type": "Product", "productCharacteristic": said}
        return [{"@type": "ProductOrderItem", "id": "1", "action": "add", "product": product}]

    await take_in.good(order(productOrderItem=numbers("1", "2")))
    await take_in.good(order(productOrderItem=numbers("1", "2"), state="inProgress"))
    report = await take_in(order(productOrderItem=numbers("1", "3")))
    [problem] = report.problems
    assert problem.reason == "stated content is immutable: ['1', '2'], not 3"


async def test_a_name_that_was_not_stated_may_come_later(take_in: Intake) -> None:
    await take_in.good(order())
    later = order()
    later["productOrderItem"][1] = _item("2", "DSL") | {"id": "2"}
    del later["productOrderItem"][1]["productOffering"]["id"]
    later["productOrderItem"][1]["productOffering"] |= {"id": "P-DSL", "name": "Business DSL"}
    await take_in.good(later)
    reported = {c["name"]: c["value"] for c in (await take_in.order()).reported_characteristics}
    assert reported["productOrderItem[2].productOffering.id"] == "P-DSL"
    assert reported["productOrderItem[2].productOffering.name"] == "Business DSL"


async def test_the_state_of_an_item_without_a_number_follows(take_in: Intake) -> None:
    item = _item(None, "DSL")
    await take_in.good(order(productOrderItem=[{**item, "state": "acknowledged"}]))
    await take_in.good(order(productOrderItem=[{**item, "state": "completed"}]))
    assert [i.state for i in await take_in.rows(OrderItem)] == ["completed"]


async def test_agreements_may_be_listed_in_another_order(take_in: Intake) -> None:
    agreements = [{"@type": "AgreementRef", "id": number} for number in ("V-1", "V-2")]
    await take_in.good(order(agreement=agreements))
    await take_in.good(order(agreement=agreements[::-1], state="inProgress"))
    assert [c.number for c in await take_in.rows(Contract)] == ["V-1"]


async def test_a_contract_of_a_known_order_and_a_new_customer_are_stored_at_once(
    take_in: Intake,
) -> None:
    """The update of the order must not come before its contract: the batch would be undone."""
    await take_in.good(order())
    agreement = [{"@type": "AgreementRef", "id": "V-1"}]
    parties = [party("Partner", "P-8"), party("Kunde", "K-8")]
    with sent() as statements:
        await take_in.good(
            [
                event("ProductOrderAttributeValueChangeEvent", 1, agreement=agreement),
                order("A-2", relatedParty=parties),
            ]
        )
    assert [sql for sql, _ in statements if sql.startswith("ROLLBACK TO")] == []
    [contract] = await take_in.rows(Contract)
    assert (await take_in.order()).contract_id == contract.id


async def test_an_event_that_names_an_unknown_tenant_is_of_no_other_one(take_in: Intake) -> None:
    await take_in.good(order())
    foreign = state("completed", 1, relatedParty=[party("Partner", "P-99")])
    report = await take_in(foreign)
    assert [p.reason for p in report.problems] == ["unknown order A-1"]
    assert (await take_in.order()).phase is OrderPhase.RECEIVED


async def test_what_happened_before_the_order_came_in_still_happened(take_in: Intake) -> None:
    await take_in.good(order(), state("completed", -1))
    stored = await take_in.order()
    assert (stored.phase, stored.completed_at) == (OrderPhase.COMPLETED, T0)


async def test_a_report_from_the_future_does_not_supersede_what_happens_until_then(
    take_in: Intake,
) -> None:
    await take_in.good(order(), state("held", 24 * 365 * 10))
    await take_in.good(state("completed", 24 * 100), now=NOW + timedelta(days=30))
    assert (await take_in.order()).phase is OrderPhase.COMPLETED


async def test_an_order_of_an_unknown_date_can_be_completed(take_in: Intake) -> None:
    await take_in.good(order(creationDate="0001-01-01T00:00:00Z"), state("completed", 1))
    assert (await take_in.order()).phase is OrderPhase.COMPLETED


async def test_milestones_without_a_name_stay_apart(take_in: Intake) -> None:
    said = [{"@type": "Milestone", "message": message} for message in ("Begehung", "Montage")]
    await take_in.good(order(productOrderMilestone=said))
    milestones = await take_in.rows(OrderMilestone, kind=MilestoneKind.OTHER)
    assert sorted(m.message for m in milestones) == ["Begehung", "Montage"]


def _milestone(hours: float, **more: Any) -> dict[str, Any]:
    said = [{"@type": "Milestone", "id": "M", **more}]
    return event("ProductOrderMilestoneEvent", hours, productOrderMilestone=said)


@pytest.mark.parametrize("arrival", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_a_milestone_is_what_its_newest_report_says(
    take_in: Intake, arrival: tuple[int, ...]
) -> None:
    reports = [
        _milestone(1),
        _milestone(2, name="Portierung bestätigt", status="Completed", milestoneDate=at(2)),
        _milestone(3, status="Yet-To-Reach", milestoneDate=at(50)),
    ]
    await take_in.good(order())
    for index in arrival:
        await take_in.good(reports[index])
    [milestone] = await take_in.rows(OrderMilestone, reference="M")
    assert milestone.kind is MilestoneKind.PORTING_CONFIRMED
    assert milestone.planned_at == T0 + timedelta(hours=50)
    assert milestone.reached_at is None


@pytest.mark.parametrize("arrival", [(3, 5), (5, 3)])
async def test_what_is_reported_twice_was_first_so_in_the_first_report(
    take_in: Intake, arrival: tuple[int, ...]
) -> None:
    said: dict[str, Any] = {
        "expectedCompletionDate": at(90),
        "agreement": [{"@type": "AgreementRef", "id": "V"}],
        "productOrderJeopardyAlert": [{"@type": "JeopardyAlert", "id": "J", "message": "Frost"}],
    }
    await take_in.good(order())
    for hours in arrival:
        await take_in.good(state("pendingCancellation", hours, **said))
    times = {m.kind: m.reached_at for m in await take_in.rows(OrderMilestone)}
    first = T0 + timedelta(hours=3)
    assert times == {
        MilestoneKind.ORDER_RECEIVED: T0,
        MilestoneKind.CANCELLATION_REQUESTED: first,
        MilestoneKind.DATE_CONFIRMED: first,
        MilestoneKind.CONTRACT_LINKED: first,
    }
    assert [d.reported_at for d in await take_in.rows(OrderDelay)] == [first]


async def test_a_repaired_order_is_delayed_again_when_that_is_reported_again(
    take_in: Intake,
) -> None:
    alert = [{"@type": "JeopardyAlert", "id": "J", "message": "Frost"}]

    def frost(hours: float) -> dict[str, Any]:
        return event("ProductOrderJeopardyAlertEvent", hours, productOrderJeopardyAlert=alert)

    await take_in.good([order(), frost(1), state("failed", 2), state("acknowledged", 3)])
    assert not (await take_in.order()).delayed
    await take_in.good(frost(4))
    assert (await take_in.order()).delayed
    assert [d.resolved_at for d in await take_in.rows(OrderDelay)] == [None]
