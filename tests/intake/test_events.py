"""What each kind of message does to an order."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from db.enums import (
    ActionParty,
    BusinessCase,
    ContractEffect,
    CustomerKind,
    ItemAction,
    MilestoneKind,
    OfferStatus,
    OrderPhase,
    ProductFamily,
)
from db.models import (
    Contract,
    ContractItem,
    Customer,
    Offer,
    Order,
    OrderDelay,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
    Product,
    Site,
    Tenant,
)
from ordering.order.phase_changes import UNSPECIFIED_ACTION
from tests.intake.payloads import (
    NOW,
    T0,
    Intake,
    at,
    cancellation,
    envelope,
    event,
    information,
    order,
    party,
    state,
)


def _time(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


async def _phases(take_in: Intake) -> list[OrderPhase]:
    return [
        e.phase for e in sorted(await take_in.rows(OrderHistoryEntry), key=lambda e: e.sequence)
    ]


async def test_everything_stated_arrives_in_its_place(take_in: Intake) -> None:
    await take_in.good(order())
    stored = await take_in.order()
    assert (stored.phase, stored.business_case) == (OrderPhase.RECEIVED, BusinessCase.NEW_ORDER)
    assert (stored.received_at, stored.version) == (T0, 1)
    assert stored.requested_completion_date == _time(24 * 14)
    [tenant], [customer] = await take_in.rows(Tenant), await take_in.rows(Customer)
    assert (tenant.number, tenant.name, tenant.parent_id) == ("P-7", "Nordlicht ITK", None)
    assert (customer.number, customer.name, customer.kind) == (
        "K-1",
        "Bäckerei",
        CustomerKind.CUSTOMER,
    )
    [offer], [external] = await take_in.rows(Offer), await take_in.rows(OrderExternalId)
    assert (offer.number, offer.status, offer.id) == ("Q-A-1", OfferStatus.ORDERED, stored.offer_id)
    assert (external.owner, external.kind, external.value) == ("CRM", "order", "CRM-A-1")
    [product] = await take_in.rows(Product)
    assert (product.number, product.family) == ("TCF", ProductFamily.CENTRAFLEX)
    first, second = sorted(await take_in.rows(OrderItem), key=lambda i: i.position)
    assert (first.name, first.quantity, first.action) == ("Tengo Centraflex", 3, ItemAction.ADD)
    assert first.terms == [{"name": "Laufzeit", "description": None, "amount": 36, "unit": "month"}]
    assert (second.reference, second.product_id) == ("2", None)
    [price] = await take_in.rows(OrderPrice)
    assert (price.net_amount, price.gross_amount, price.currency) == (
        Decimal("8.4"),
        Decimal("9.996"),
        "EUR",
    )
    assert (price.period, price.tax_rate) == ("month", 19)
    assert (stored.search_orders, stored.search_offers) == ("a-1\ncrm-a-1", "q-a-1")
    assert (stored.search_contracts, stored.search_customers) == ("", "bäckerei")
    assert (offer.search_offers, offer.search_customers) == ("q-a-1", "bäckerei")


@pytest.mark.parametrize(
    ("reported", "phase"),
    [
        ("acknowledged", OrderPhase.RECEIVED),
        ("inProgress.accepted", OrderPhase.ACCEPTED),
        ("pending", OrderPhase.CLARIFICATION),
        ("held", OrderPhase.ON_HOLD),
        ("inProgress", OrderPhase.PROVISIONING),
        ("completed", OrderPhase.COMPLETED),
        ("rejected", OrderPhase.REJECTED),
        ("failed", OrderPhase.FAILED),
        ("partial", OrderPhase.PARTIAL),
        ("cancelled", OrderPhase.CANCELLED),
    ],
)
@pytest.mark.parametrize("by_event", [True, False])
async def test_every_state_becomes_its_phase(
    take_in: Intake, reported: str, phase: OrderPhase, by_event: bool
) -> None:
    if by_event:
        await take_in.good([order(), state(reported, 5)])
    else:
        await take_in.good(order(state=reported))
    stored = await take_in.order()
    assert stored.phase is phase
    assert (await _phases(take_in))[-1] is phase
    assert (stored.completed_at is not None) == (phase is OrderPhase.COMPLETED)
    if by_event and phase is OrderPhase.COMPLETED:
        assert (stored.completed_at, stored.processing_seconds) == (_time(5), 5 * 3600)


async def test_progress_with_a_known_date_is_the_confirmation_and_then_provisioning(
    take_in: Intake,
) -> None:
    await take_in.good(order(), state("inProgress", 1, expectedCompletionDate=at(100)))
    stored = await take_in.order()
    assert (stored.phase, stored.expected_completion_date) == (OrderPhase.CONFIRMED, _time(100))
    await take_in.good(state("inProgress", 2))
    assert (await take_in.order()).phase is OrderPhase.PROVISIONING


async def test_a_hold_ends_in_the_phase_before_it(take_in: Intake) -> None:
    await take_in.good(
        [
            order(expectedCompletionDate=at(100)),
            state("inProgress", 1),
            state("held", 2),
            state("inProgress", 3),
        ]
    )
    expected = [OrderPhase.RECEIVED, OrderPhase.CONFIRMED, OrderPhase.ON_HOLD, OrderPhase.CONFIRMED]
    assert await _phases(take_in) == expected


async def test_required_information_says_what_by_whom_and_until_when(take_in: Intake) -> None:
    await take_in.good(order(), information(1))
    stored = await take_in.order()
    assert stored.phase is OrderPhase.CLARIFICATION
    assert (stored.action_text, stored.action_by) == ("agreement.id", ActionParty.PARTNER)
    more = {"message": "Rufnummern fehlen", "actionBy": "CUSTOMER", "dueDate": at(90)}
    await take_in.good(information(2, **more))
    stored = await take_in.order()
    assert stored.action_text == "Rufnummern fehlen (agreement.id)"
    assert (stored.action_by, stored.action_due) == (ActionParty.CUSTOMER, _time(90))
    await take_in.good(state("inProgress.accepted", 3))
    stored = await take_in.order()
    assert (stored.phase, stored.action_text, stored.action_due) == (
        OrderPhase.ACCEPTED,
        None,
        None,
    )


async def test_a_pending_order_asks_even_if_nobody_said_what(take_in: Intake) -> None:
    await take_in.good(order(), state("pending", 1))
    assert (await take_in.order()).action_text == UNSPECIFIED_ACTION
    # The event that says it may come after the one that only tells the state.
    await take_in.good(information(1))
    assert (await take_in.order()).action_text == "agreement.id"


async def test_an_error_message_fails_the_order_with_its_reason(take_in: Intake) -> None:
    error = {
        "@type": "ErrorMessage",
        "code": "E7",
        "reason": "Leitung fehlt",
        "message": "KVz belegt",
    }
    await take_in.good(
        order(), event("ProductOrderErrorMessageEvent", 4, productOrderErrorMessage=[error])
    )
    entry = (await take_in.rows(OrderHistoryEntry, sequence=2))[0]
    assert (entry.phase, entry.reason) == (OrderPhase.FAILED, "Leitung fehlt: KVz belegt")
    assert entry.occurred_at == _time(4)
    await take_in.good(state("acknowledged", 5))
    assert (await take_in.order()).phase is OrderPhase.RECEIVED


async def test_a_deleted_order_is_cancelled_not_gone(take_in: Intake) -> None:
    await take_in.good(order(), event("ProductOrderDeleteEvent", 1))
    assert (await take_in.order()).phase is OrderPhase.CANCELLED


@pytest.mark.parametrize("key", ["canccelProductOrder", "cancelProductOrder"])
async def test_a_cancellation_is_requested_and_then_done(take_in: Intake, key: str) -> None:
    await take_in.good(order(), cancellation("inProgress", 1, key))
    assert (await take_in.order()).phase is OrderPhase.RECEIVED
    kinds = {m.kind for m in await take_in.rows(OrderMilestone)}
    assert MilestoneKind.CANCELLATION_REQUESTED in kinds
    await take_in.good(cancellation("done", 2, key))
    entry = (await take_in.rows(OrderHistoryEntry, sequence=2))[0]
    assert (entry.phase, entry.reason) == (OrderPhase.CANCELLED, "Doppelt bestellt")


@pytest.mark.parametrize("reported", ["assessingCancellation", "pendingCancellation"])
async def test_a_cancellation_under_way_leaves_the_phase(take_in: Intake, reported: str) -> None:
    await take_in.good(order(), state("inProgress", 1), state(reported, 2))
    assert (await take_in.order()).phase is OrderPhase.PROVISIONING
    milestones = await take_in.rows(OrderMilestone, kind=MilestoneKind.CANCELLATION_REQUESTED)
    assert [m.reached_at for m in milestones] == [_time(2)]


async def test_a_delay_ends_with_the_order(take_in: Intake) -> None:
    alert = {
        "@type": "ProductOrderJeopardyAlert",
        "id": "J1",
        "message": "Bagger kaputt",
        "jeopardyType": "Construction",
        "alertDate": at(3),
    }
    await take_in.good(
        order(), event("ProductOrderJeopardyAlertEvent", 3, productOrderJeopardyAlert=[alert])
    )
    assert (await take_in.order()).delayed
    await take_in.good(state("completed", 9))
    [delay] = await take_in.rows(OrderDelay)
    assert (delay.reason, delay.kind, delay.reported_at) == (
        "Bagger kaputt",
        "Construction",
        _time(3),
    )
    assert delay.resolved_at == _time(9)
    assert not (await take_in.order()).delayed


async def test_a_milestone_is_planned_then_reached(take_in: Intake) -> None:
    planned = {"@type": "Milestone", "id": "M1", "name": "Portierung bestätigt"}
    await take_in.good(
        order(),
        event(
            "ProductOrderMilestoneEvent",
            1,
            productOrderMilestone=[{**planned, "status": "Yet-To-Reach", "milestoneDate": at(50)}],
        ),
        event(
            "ProductOrderMilestoneEvent",
            2,
            productOrderMilestone=[{**planned, "status": "Completed", "milestoneDate": at(40)}],
        ),
    )
    [milestone] = await take_in.rows(OrderMilestone, reference="M1")
    assert milestone.kind is MilestoneKind.PORTING_CONFIRMED
    assert (milestone.planned_at, milestone.reached_at) == (_time(50), _time(40))


async def test_a_late_contract_link_counts_as_a_change(take_in: Intake) -> None:
    await take_in.good(order())
    agreement = [{"@type": "AgreementRef", "id": "V-9"}]
    await take_in.good(event("ProductOrderAttributeValueChangeEvent", 6, agreement=agreement))
    stored = await take_in.order()
    [contract] = await take_in.rows(Contract)
    assert (contract.number, contract.id) == ("V-9", stored.contract_id)
    assert (stored.contract_effect, stored.version) == (ContractEffect.CREATED, 2)
    assert contract.minimum_months == 36
    assert stored.updated_at == NOW
    assert (stored.search_contracts, contract.search_contracts) == ("v-9", "v-9")
    assert contract.search_customers == stored.search_customers == "bäckerei"
    items = sorted(await take_in.rows(ContractItem), key=lambda i: i.position)
    assert (items[0].name, items[0].monthly_amount) == ("Tengo Centraflex", Decimal("8.4"))
    linked = await take_in.rows(OrderMilestone, kind=MilestoneKind.CONTRACT_LINKED)
    assert [m.reached_at for m in linked] == [_time(6)]


async def test_a_reorder_amends_the_contract(take_in: Intake) -> None:
    agreement = [{"@type": "AgreementRef", "id": "V-9"}]
    await take_in.good(order(agreement=agreement))
    await take_in.good(order("A-2", category="Nachbestellung", agreement=agreement))
    second = await take_in.order("A-2")
    assert second.business_case is BusinessCase.REORDER
    assert second.contract_effect is ContractEffect.AMENDED
    assert second.automated
    assert (await take_in.rows(Contract))[0].version == 2


async def test_notes_sites_and_parties_arrive(take_in: Intake) -> None:
    address = {
        "@type": "GeographicAddress",
        "id": "S-1",
        "streetName": "Hafenstraße",
        "streetNr": "5a",
        "postcode": "20457",
        "city": "Hamburg",
        "country": "DE",
    }
    payload = order(
        relatedParty=[
            party("Mandant", "P-7"),
            party("Interessent", "K-2", "Kiosk"),
            party("Händler", "H-3"),
            party("Subpartner", "U-4"),
        ],
        note=[
            {"@type": "Note", "id": "1", "author": "Jo", "date": at(-1), "text": "Bitte klingeln"}
        ],
    )
    payload["productOrderItem"][1]["product"] = {
        "@type": "Product",
        "place": [{"@type": "RelatedPlaceRefOrValue", "role": "site", "place": address}],
    }
    await take_in.good(payload)
    stored = await take_in.order()
    [site], [note], [customer] = [await take_in.rows(m) for m in (Site, OrderNote, Customer)]
    assert (site.number, site.street, site.house_number, site.city) == (
        "S-1",
        "Hafenstraße",
        "5a",
        "Hamburg",
    )
    assert (stored.site_id, stored.dealer_id, stored.sub_partner_id) == (site.id, "H-3", "U-4")
    assert (note.author, note.written_at, note.text) == ("Jo", _time(-1), "Bitte klingeln")
    assert customer.kind is CustomerKind.PROSPECT


async def test_without_a_customer_the_tenant_orders_for_itself(take_in: Intake) -> None:
    await take_in.good(order(relatedParty=[party("Partner", "P-7", "Nordlicht ITK")]))
    [customer] = await take_in.rows(Customer)
    assert (customer.number, customer.name) == ("P-7", "Nordlicht ITK")


async def test_item_states_follow_their_events(take_in: Intake) -> None:
    changes = [{"itemId": "1", "state": "inProgress"}, {"itemId": "2", "state": "held"}]
    await take_in.good(order(), state("inProgress", 1, itemStateChange=changes))
    items = {i.reference: i.state for i in await take_in.rows(OrderItem)}
    assert items == {"1": "inProgress", "2": "held"}


async def test_a_snapshot_moves_an_order_on_and_adds_what_is_new(take_in: Intake) -> None:
    await take_in.good(order())
    later = order(
        state="completed",
        completionDate=at(30),
        expectedCompletionDate=at(28),
        agreement=[{"@type": "AgreementRef", "id": "V-9"}],
        note=[{"@type": "Note", "text": "Fertig"}],
        notificationContact="info@example.org",
    )
    await take_in.good(later)
    stored = await take_in.order()
    assert (stored.phase, stored.completed_at) == (OrderPhase.COMPLETED, _time(30))
    assert stored.contract_id is not None
    assert [n.text for n in await take_in.rows(OrderNote)] == ["Fertig"]
    assert {
        "name": "notificationContact",
        "value": "info@example.org",
    } in stored.reported_characteristics


async def test_a_number_is_derived_from_the_content_where_there_is_none(take_in: Intake) -> None:
    nameless: dict[str, Any] = order()
    del nameless["id"]
    await take_in.good(nameless)
    assert (await take_in.good(nameless)).unchanged == 1
    [stored] = await take_in.rows(Order)
    assert stored.number.startswith("TMF622-")


async def test_times_ahead_of_now_are_now(take_in: Intake) -> None:
    await take_in.good(order(), state("completed", 24 * 365))
    assert (await take_in.order()).completed_at == NOW


async def test_an_event_without_a_time_tells_the_present(take_in: Intake) -> None:
    product_order = {"@type": "ProductOrder", "id": "A-1", "state": "inProgress"}
    untimed = envelope("ProductOrderStateChangeEvent", None, {"productOrder": product_order})
    await take_in.good(order(), state("held", 3), untimed)
    assert (await take_in.order()).phase is OrderPhase.PROVISIONING
