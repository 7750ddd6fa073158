"""The order book in the database is complete and consistent, and covers all cases."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

import seeding
from db import migrations
from db.enums import (
    BusinessCase,
    ConsentBy,
    ContractEffect,
    ContractStatus,
    CustomerKind,
    OfferStatus,
    OrderPhase,
    OrderStatus,
)
from db.models import (
    Base,
    Cart,
    Contract,
    ContractItem,
    Customer,
    Offer,
    OfferConsent,
    Order,
    OrderDelay,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
    Site,
    Tenant,
)
from db.search import search_text
from db.session import Database, ReadSession
from ordering.order.lifecycle import INTERRUPTIONS, can_follow
from tests.seeding.conftest import ORDERS

Book = tuple[str, seeding.Summary]


async def parts_by_order(session: ReadSession, model: type[Any]) -> dict[UUID, list[Any]]:
    grouped = defaultdict(list)
    for row in await session.entities(select(model)):
        grouped[row.order_id].append(row)
    return grouped


async def orders_of(session: ReadSession) -> list[Order]:
    return list(await session.entities(select(Order)))


async def test_the_summary_counts_what_is_there(book: Book, session: ReadSession) -> None:
    summary = book[1]
    assert summary.rows["orders"] == ORDERS
    models: dict[str, Any] = {m.class_.__tablename__: m.class_ for m in Base.registry.mappers}
    for table, count in summary.rows.items():
        assert await session.scalar(select(func.count()).select_from(models[table])) == count


async def test_the_search_texts_hold_the_documents_own_numbers_and_those_of_what_they_name(
    session: ReadSession,
) -> None:
    customers = {row.id: row for row in await session.entities(select(Customer))}
    offers = {row.id: row for row in await session.entities(select(Offer))}
    contracts = {row.id: row for row in await session.entities(select(Contract))}
    external_ids = await parts_by_order(session, OrderExternalId)
    for customer in customers.values():
        assert customer.search_customers == search_text(customer.number, customer.name)
    for offer in offers.values():
        assert offer.search_offers == search_text(offer.number)
        assert offer.search_customers == search_text(customers[offer.customer_id].name)
    for contract in contracts.values():
        assert contract.search_contracts == search_text(contract.number)
        assert contract.search_customers == search_text(customers[contract.customer_id].name)
    for order in await orders_of(session):
        own = sorted(external_ids[order.id], key=lambda row: row.position)
        assert order.search_orders == search_text(order.number, *(row.value for row in own))
        assert order.search_offers == (
            offers[order.offer_id].search_offers if order.offer_id else ""
        )
        assert order.search_contracts == (
            contracts[order.contract_id].search_contracts if order.contract_id else ""
        )
        assert order.search_customers == search_text(customers[order.customer_id].name)


def test_the_tables_are_left_as_the_migrations_make_them(book: Book) -> None:
    migrations.check(book[0])


def test_a_database_with_tenants_is_refused(book: Book) -> None:
    with pytest.raises(seeding.SeedError, match="already holds tenants"):
        asyncio.run(seeded(book[0], 100))


def test_too_few_orders_are_refused(book: Book) -> None:
    with pytest.raises(seeding.SeedError, match="at least 3 orders"):
        asyncio.run(seeded(book[0], 2))


def test_progress_ends_with_all_orders(database_url: str) -> None:
    told: list[tuple[int, int]] = []
    asyncio.run(seeded(database_url, 3, lambda done, total: told.append((done, total))))
    assert told[-1] == (3, 3)


def test_a_broken_run_leaves_nothing_and_can_be_repeated(database_url: str) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(seeded(database_url, 50, interrupt))
    assert asyncio.run(seeded(database_url, 50)).rows["orders"] == 50


async def seeded(
    url: str, orders: int, progress: Callable[[int, int], None] | None = None
) -> seeding.Summary:
    database = Database(url)
    try:
        return await seeding.seed(database, orders=orders, seed=1, progress=progress)
    finally:
        await database.close()


async def test_there_are_trees_three_levels_deep(session: ReadSession) -> None:
    tenants = {tenant.id: tenant for tenant in await session.entities(select(Tenant))}
    assert len({t.root_tenant_id for t in tenants.values()}) >= 3

    def level(tenant: Tenant) -> int:
        return 1 if tenant.parent_id is None else 1 + level(tenants[tenant.parent_id])

    assert max(map(level, tenants.values())) == 3


async def test_every_business_case_and_phase_occurs_in_believable_shares(
    session: ReadSession,
) -> None:
    orders = await orders_of(session)
    assert {order.business_case for order in orders} == set(BusinessCase)
    assert {order.phase for order in orders} == set(OrderPhase)
    share = Counter(order.status for order in orders)
    assert 0.70 < share[OrderStatus.COMPLETED] / ORDERS < 0.85
    assert 0.10 < share[OrderStatus.IN_PROGRESS] / ORDERS < 0.20
    assert 0.04 < share[OrderStatus.ERROR] / ORDERS < 0.10
    assert 0.6 < sum(order.offer_id is not None for order in orders) / ORDERS < 0.8


async def test_histories_follow_the_life_cycle(session: ReadSession) -> None:
    history = await parts_by_order(session, OrderHistoryEntry)
    for order in await orders_of(session):
        steps = sorted(history[order.id], key=lambda step: step.sequence)
        assert [step.sequence for step in steps] == list(range(1, len(steps) + 1))
        assert steps[0].phase is OrderPhase.RECEIVED
        assert steps[0].occurred_at == order.received_at
        assert steps[-1].phase is order.phase
        before: OrderPhase | None = None
        for step, following in pairwise(steps):
            before = before if step.phase in INTERRUPTIONS else step.phase
            assert can_follow(step.phase, following.phase, before), (step.phase, following.phase)
            assert step.occurred_at < following.occurred_at


async def test_the_last_change_and_the_number_of_changes_agree_with_what_happened(
    book: Book, session: ReadSession
) -> None:
    changes: dict[UUID, set[datetime | None]] = defaultdict(set)
    for order_id, steps in (await parts_by_order(session, OrderHistoryEntry)).items():
        changes[order_id] |= {step.occurred_at for step in steps}
    for order_id, milestones in (await parts_by_order(session, OrderMilestone)).items():
        changes[order_id] |= {milestone.reached_at for milestone in milestones}
    for order_id, delays in (await parts_by_order(session, OrderDelay)).items():
        changes[order_id] |= {d.reported_at for d in delays} | {d.resolved_at for d in delays}
    for order_id, notes in (await parts_by_order(session, OrderNote)).items():
        changes[order_id] |= {note.written_at for note in notes}
    for order in await orders_of(session):
        times = sorted(t for t in changes[order.id] if t is not None)
        assert times[0] == order.received_at
        assert times[-1] == order.updated_at <= book[1].now
        assert order.version == len(times)


async def test_automated_orders_take_minutes_and_others_days(session: ReadSession) -> None:
    for order in await orders_of(session):
        if order.completed_at is None:
            continue
        taken = order.completed_at - order.received_at
        assert order.processing_seconds == taken.total_seconds()
        if order.automated:
            assert timedelta(minutes=2) <= taken <= timedelta(minutes=12)
        else:
            assert timedelta(hours=12) < taken < timedelta(days=150)


async def test_a_contract_comes_with_its_effect_and_a_milestone(session: ReadSession) -> None:
    milestones = await parts_by_order(session, OrderMilestone)
    without = 0
    for order in await orders_of(session):
        linked = order.contract_id is not None
        without += not linked
        assert (order.contract_effect is not None) == linked
        kinds = {milestone.kind for milestone in milestones[order.id]}
        assert ("CONTRACT_LINKED" in kinds) == linked
        assert linked or order.phase is not OrderPhase.COMPLETED
        assert not linked or order.phase is not OrderPhase.REJECTED
    assert without > 0


async def test_a_contract_is_created_once_then_changed(session: ReadSession) -> None:
    orders = defaultdict(list)
    for order in await orders_of(session):
        orders[order.contract_id].append(order)
    contracts = {c.id: c for c in await session.entities(select(Contract))}
    assert any(len(orders[contract]) > 2 for contract in contracts)
    replaced = set()
    for contract in contracts.values():
        first, *later = sorted(orders[contract.id], key=lambda order: order.received_at)
        if contract.predecessor_id is None:
            assert first.contract_effect is ContractEffect.CREATED
        else:
            assert first.contract_effect is ContractEffect.REPLACED
            predecessor = contracts[contract.predecessor_id]
            assert predecessor.status is ContractStatus.REPLACED
            assert predecessor.customer_id == contract.customer_id
            replaced.add(predecessor.id)
        for order in later:
            renewal = order.business_case is BusinessCase.CONTRACT_RENEWAL
            effect = ContractEffect.EXTENDED if renewal else ContractEffect.AMENDED
            assert order.contract_effect is effect
        assert all(order.product_id == contract.product_id for order in orders[contract.id])
    assert replaced == {c.id for c in contracts.values() if c.status is ContractStatus.REPLACED}


async def test_delays_count_only_while_in_progress(session: ReadSession) -> None:
    delays = await parts_by_order(session, OrderDelay)
    assert 0.02 < len(delays) / ORDERS < 0.07
    orders = await orders_of(session)
    assert any(order.delayed for order in orders)
    for order in orders:
        unresolved = any(delay.resolved_at is None for delay in delays[order.id])
        assert order.delayed == unresolved
        assert not order.delayed or order.status is OrderStatus.IN_PROGRESS


async def test_clarifications_say_what_by_whom_and_until_when(session: ReadSession) -> None:
    asked = [o for o in await orders_of(session) if o.phase is OrderPhase.CLARIFICATION]
    assert len({order.action_by for order in asked}) == 3
    for order in asked:
        assert order.action_text is not None
        assert order.action_due is not None
        assert f"{order.action_due:%d.%m.%Y}" in order.action_text


async def test_prices_are_not_negative_and_taxed(session: ReadSession) -> None:
    for price in await session.entities(select(OrderPrice)):
        assert price.net_amount is not None
        assert price.gross_amount is not None
        assert 0 < price.net_amount < price.gross_amount
        assert price.currency == "EUR"
    for item in await session.entities(select(ContractItem)):
        assert item.one_time_amount is not None or item.monthly_amount is not None


async def test_every_order_has_one_to_three_items_and_names_the_product_of_the_first(
    session: ReadSession,
) -> None:
    items = await parts_by_order(session, OrderItem)
    for order in await orders_of(session):
        stated = sorted(items[order.id], key=lambda item: item.position)
        assert 1 <= len(stated) <= 4
        assert stated[0].product_id == order.product_id


async def test_offers_precede_their_orders_and_prospects_have_two_consents(
    session: ReadSession,
) -> None:
    offers = {offer.id: offer for offer in await session.entities(select(Offer))}
    assert {offer.status for offer in offers.values()} == set(OfferStatus)
    carts = {cart.id: cart for cart in await session.entities(select(Cart))}
    customers = {c.id: c for c in await session.entities(select(Customer))}
    consents = defaultdict(set)
    for consent in await session.entities(select(OfferConsent)):
        consents[consent.offer_id].add(consent.given_by)
    for order in await orders_of(session):
        if order.offer_id is None:
            continue
        offer = offers[order.offer_id]
        assert offer.cart_id is not None
        assert offer.sent_at is not None
        assert offer.decided_at is not None
        assert offer.status is OfferStatus.ORDERED
        assert carts[offer.cart_id].created_at <= offer.created_at
        assert offer.created_at <= offer.sent_at <= offer.decided_at <= order.received_at
        assert ConsentBy.CUSTOMER in consents[offer.id]
        if customers[order.customer_id].kind is CustomerKind.PROSPECT:
            assert ConsentBy.CARRIER in consents[offer.id]


async def test_nothing_links_two_tenants_or_two_customers(session: ReadSession) -> None:
    models: tuple[Any, ...] = (Site, Contract, Offer)
    owners = {
        row.id: (row.tenant_id, row.customer_id)
        for model in models
        for row in await session.entities(select(model))
    }
    for order in await orders_of(session):
        for linked in (order.site_id, order.contract_id, order.offer_id):
            assert linked is None or owners[linked] == (order.tenant_id, order.customer_id)


async def test_mail_addresses_are_of_a_reserved_domain(session: ReadSession) -> None:
    models: tuple[Any, ...] = (Tenant, Customer)
    for model in models:
        for email in (row.email for row in await session.entities(select(model))):
            assert email is not None
            assert email.endswith(".example")


async def test_the_showcase_uses_most_features(book: Book, session: ReadSession) -> None:
    summary = book[1]
    query = select(Order).where(Order.number == summary.showcase_order_number)
    order = await session.scalar(query)
    assert order is not None
    tenant = await session.scalar(select(Tenant).where(Tenant.id == order.tenant_id))
    assert tenant is not None
    assert tenant.number == summary.demo_tenant_number
    assert order.phase is OrderPhase.PROVISIONING
    assert order.contract_effect is ContractEffect.REPLACED
    assert order.offer_id is not None
    delays = (await parts_by_order(session, OrderDelay))[order.id]
    assert [delay.resolved_at is None for delay in delays] == [False]
    assert not order.delayed
