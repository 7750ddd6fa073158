"""Orders: filtered pages, counts for a dashboard, the look-up by any reference."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, union_all

from db.base import linked
from db.enums import BusinessCase, OrderPhase, OrderStatus
from db.expressions import any_key
from db.keyset import Collection
from db.models import Contract, Offer, Order, OrderExternalId
from db.queries.conditions import either, found_by, one_of
from db.queries.ranges import InstantRange


class OrderSortField(StrEnum):
    RECEIVED_AT = "RECEIVED_AT"
    UPDATED_AT = "UPDATED_AT"
    EXPECTED_COMPLETION_DATE = "EXPECTED_COMPLETION_DATE"
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    status: tuple[OrderStatus, ...] | None = None
    phase: tuple[OrderPhase, ...] | None = None
    business_case: tuple[BusinessCase, ...] | None = None
    received: InstantRange = InstantRange()
    updated: InstantRange = InstantRange()
    expected: InstantRange = InstantRange()
    customer_ids: tuple[UUID, ...] | None = None
    tenant_ids: tuple[int, ...] | None = None
    product_ids: tuple[UUID, ...] | None = None
    has_contract: bool | None = None
    needs_action: bool | None = None
    delayed: bool | None = None
    external_id: str | None = None
    search: str | None = None


# Built once, because building a condition costs time.
_HAS_CONTRACT = Order.contract_id.is_not(None)
_NEEDS_ACTION = Order.action_text.is_not(None)
_DELAYED = Order.delayed.is_(True)


def _conditions(filter: OrderFilter) -> list[ColumnElement[bool]]:
    conditions = [
        *one_of(Order.status, filter.status),
        *one_of(Order.phase, filter.phase),
        *one_of(Order.business_case, filter.business_case),
        *filter.received.bounds(Order.received_at),
        *filter.updated.bounds(Order.updated_at),
        *filter.expected.bounds(Order.expected_completion_date),
        *one_of(Order.customer_id, filter.customer_ids),
        *one_of(Order.tenant_id, filter.tenant_ids),
        *one_of(Order.product_id, filter.product_ids),
        *either(_HAS_CONTRACT, filter.has_contract),
        *either(_NEEDS_ACTION, filter.needs_action),
        *either(_DELAYED, filter.delayed),
        *found_by(Order.search_text, filter.search),
    ]
    if filter.external_id is not None:
        conditions.append(
            Order.id.in_(
                select(OrderExternalId.order_id).where(OrderExternalId.value == filter.external_id)
            )
        )
    return conditions


ORDERS: Collection[Order, OrderFilter] = Collection(
    Order,
    Order.id,
    {
        OrderSortField.RECEIVED_AT: Order.received_at,
        OrderSortField.UPDATED_AT: Order.updated_at,
        OrderSortField.EXPECTED_COMPLETION_DATE: Order.expected_sort,
        OrderSortField.NUMBER: Order.number,
    },
    _conditions,
)


def summary(filter: OrderFilter) -> Select[*tuple[Any, ...]]:
    """`(phase, business_case, orders, needing_action, delayed)`: a row for each pair of phase and
    business case that has orders."""
    return (
        select(
            Order.phase,
            Order.business_case,
            func.count().label("orders"),
            func.count(Order.action_text).label("needing_action"),
            func.count().filter(Order.delayed.is_(True)).label("delayed"),
        )
        .where(*_conditions(filter))
        .group_by(Order.phase, Order.business_case)
    )


class MatchedBy(StrEnum):
    ORDER_NUMBER = "ORDER_NUMBER"
    OFFER_NUMBER = "OFFER_NUMBER"
    CONTRACT_NUMBER = "CONTRACT_NUMBER"
    EXTERNAL_ID = "EXTERNAL_ID"


ORDERS_PER_REFERENCE = 10
"""A reference finds at most so many orders, the newest."""


@cache
def by_references() -> Select[*tuple[Any, ...]]:
    """`(reference, matched_by, id of an order)`, each reference's newest orders first. The
    references are the parameter `keys` (`db.expressions.KEYS`).

    A reference may be the number of an order, an offer or a contract, or an external id; if it is
    several of these, `matched_by` is the first. The statement is built once: SQLAlchemy's
    elements refer to each other, and only the garbage collector would free those of a request.
    """
    matches = union_all(
        select(
            Order.number.label("reference"),
            _kind(MatchedBy.ORDER_NUMBER).label("kind"),
            Order.id.label("order_id"),
            Order.received_at,
        ).where(any_key(Order.number)),
        select(Offer.number, _kind(MatchedBy.OFFER_NUMBER), Order.id, Order.received_at)
        .join(Order, linked(Order.offer_id, Offer))
        .where(any_key(Offer.number)),
        select(Contract.number, _kind(MatchedBy.CONTRACT_NUMBER), Order.id, Order.received_at)
        .join(Order, linked(Order.contract_id, Contract))
        .where(any_key(Contract.number)),
        select(OrderExternalId.value, _kind(MatchedBy.EXTERNAL_ID), Order.id, Order.received_at)
        .join(Order, linked(OrderExternalId.order_id, Order))
        .where(any_key(OrderExternalId.value)),
    ).subquery()
    # An order that matches a reference in two ways counts once.
    once = (
        select(*matches.c["reference", "order_id", "received_at"], func.min(matches.c.kind))
        .group_by(*matches.c["reference", "order_id", "received_at"])
        .subquery()
    )
    reference, order_id, received_at, kind = once.c
    newest = (received_at.desc(), order_id.desc())
    placed = select(
        reference,
        order_id,
        func.min(kind).over(partition_by=reference).label("kind"),
        func.row_number().over(partition_by=reference, order_by=newest).label("place"),
    ).subquery()
    names = {place: kind.value for place, kind in enumerate(MatchedBy)}
    return (
        select(placed.c.reference, case(names, value=placed.c.kind).label("matched_by"), Order.id)
        .join(Order, and_(Order.id == placed.c.order_id, placed.c.place <= ORDERS_PER_REFERENCE))
        .order_by(placed.c.place)
    )


def _kind(matched_by: MatchedBy) -> ColumnElement[int]:
    return literal([*MatchedBy].index(matched_by))
