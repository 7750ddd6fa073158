"""Orders: counts for a dashboard, the look-up by any reference."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from db.base import linked
from db.conditions import Condition, Use, Where
from db.expressions import any_key
from db.models import Contract, Offer, Order, OrderExternalId
from db.rows import TupleQuery


def _has_external_id(name: str, value: str, _: frozenset[str]) -> Use:
    ids = select(OrderExternalId.order_id)
    parameter = bindparam(name, type_=OrderExternalId.value.type, required=False)
    return Use(
        None,
        lambda: [Order.id.in_(ids.where(OrderExternalId.value == parameter))],
        ((name, value),),
    )


HAS_EXTERNAL_ID = Condition(_has_external_id, "")
"""The order has the value as an external id."""


def summary(where: Where) -> TupleQuery:
    """`(phase, business_case, orders, needing_action, delayed)`: a row for each pair of phase and
    business case that has orders."""
    return TupleQuery(
        ("summary", where.shape),
        lambda: (
            select(
                Order.phase,
                Order.business_case,
                func.count().label("orders"),
                func.count(Order.action_text).label("needing_action"),
                func.count().filter(Order.delayed.is_(True)).label("delayed"),
            )
            .where(*where.clauses())
            .group_by(Order.phase, Order.business_case)
        ),
        where.parameters,
    )


class MatchedBy(StrEnum):
    ORDER_NUMBER = "ORDER_NUMBER"
    OFFER_NUMBER = "OFFER_NUMBER"
    CONTRACT_NUMBER = "CONTRACT_NUMBER"
    EXTERNAL_ID = "EXTERNAL_ID"


ORDERS_PER_REFERENCE = 10
"""A reference finds at most so many orders, the newest."""


def by_references(scopes: frozenset[str]) -> Select[*tuple[Any, ...]]:
    """`(reference, matched_by, id of an order)`, each reference's newest orders first. The
    references are the parameter `keys` (`db.expressions.KEYS`), the scopes those of the caller.

    A reference may be the number of an order, an offer or a contract, or an external id, as far as
    the scopes allow to read these; if it is several of them, `matched_by` is the first.
    """
    return _by_references(tuple(kind for kind in MatchedBy if _WAYS[kind].scope in scopes))


# Each statement is built once: SQLAlchemy's elements refer to each other, and only the garbage
# collector would free those of a request.
@cache
def _by_references(kinds: tuple[MatchedBy, ...]) -> Select[*tuple[Any, ...]]:
    matches = union_all(*map(_matches, kinds)).subquery()
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


@dataclass(frozen=True, slots=True)
class _Way:
    """How a reference can match an order."""

    scope: str
    """The OAuth scope that looking it up needs."""
    column: InstrumentedAttribute[Any]
    of_order: ColumnElement[bool] | None = None
    """How the column's row belongs to an order; None if it is the order."""


_WAYS: Mapping[MatchedBy, _Way] = {
    MatchedBy.ORDER_NUMBER: _Way("orders:read", Order.number),
    MatchedBy.OFFER_NUMBER: _Way("offers:read", Offer.number, linked(Order.offer_id, Offer)),
    MatchedBy.CONTRACT_NUMBER: _Way(
        "contracts:read", Contract.number, linked(Order.contract_id, Contract)
    ),
    MatchedBy.EXTERNAL_ID: _Way(
        "orders:read", OrderExternalId.value, linked(OrderExternalId.order_id, Order)
    ),
}


def _matches(kind: MatchedBy) -> Select[*tuple[Any, ...]]:
    """`(reference, kind, order_id, received_at)` of the orders that match in this way."""
    way = _WAYS[kind]
    matches = select(
        way.column.label("reference"),
        literal([*MatchedBy].index(kind)).label("kind"),
        Order.id.label("order_id"),
        Order.received_at,
    ).where(any_key(way.column))
    return matches if way.of_order is None else matches.join(Order, way.of_order)
