"""Contracts: filtered pages, and which of them can be renewed."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select

from db.base import linked
from db.enums import CartStatus, ContractStatus, OrderStatus
from db.expressions import any_key
from db.keyset import Collection
from db.models import Cart, Contract, Order
from db.queries.conditions import found_by, one_of
from db.queries.ranges import DateRange, InstantRange


class ContractSortField(StrEnum):
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    TERM_END = "TERM_END"
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True)
class ContractFilter:
    status: tuple[ContractStatus, ...] | None = None
    term_end: DateRange = DateRange()
    renewable_by: date | None = None
    """The contract becomes renewable on this day or earlier, and still is."""
    today: date | None = None
    """The current day. Needed with `renewable_by`."""
    updated: InstantRange = InstantRange()
    customer_ids: tuple[UUID, ...] | None = None
    tenant_ids: tuple[int, ...] | None = None
    product_ids: tuple[UUID, ...] | None = None
    search: str | None = None


def renewable(by: date, today: date) -> list[ColumnElement[bool]]:
    """Active, in the last six months of its term by that day, without an order in progress and an
    open cart."""
    return [
        Contract.status == ContractStatus.ACTIVE,
        Contract.renewable_from <= by,
        Contract.term_end >= today,
        ~exists().where(
            linked(Order.contract_id, Contract), Order.status == OrderStatus.IN_PROGRESS
        ),
        ~exists().where(linked(Cart.contract_id, Contract), Cart.status == CartStatus.OPEN),
    ]


def _conditions(filter: ContractFilter) -> list[ColumnElement[bool]]:
    conditions = [
        *one_of(Contract.status, filter.status),
        *filter.term_end.bounds(Contract.term_end),
        *filter.updated.bounds(Contract.updated_at),
        *one_of(Contract.customer_id, filter.customer_ids),
        *one_of(Contract.tenant_id, filter.tenant_ids),
        *one_of(Contract.product_id, filter.product_ids),
        *found_by(Contract.search_text, filter.search),
    ]
    if filter.renewable_by is not None and filter.today is not None:
        conditions += renewable(filter.renewable_by, filter.today)
    return conditions


CONTRACTS: Collection[Contract, ContractFilter] = Collection(
    Contract,
    Contract.id,
    {
        ContractSortField.CREATED_AT: Contract.created_at,
        ContractSortField.UPDATED_AT: Contract.updated_at,
        ContractSortField.TERM_END: Contract.term_end_sort,
        ContractSortField.NUMBER: Contract.number,
    },
    _conditions,
)


@lru_cache(maxsize=4)
def renewable_among(today: date) -> Select[UUID]:
    """Those of the contracts in the parameter `keys` (`db.expressions.KEYS`) that can be renewed
    today.

    The statement is built once a day: SQLAlchemy's elements refer to each other, and only the
    garbage collector would free those of a request.
    """
    return select(Contract.id).where(any_key(Contract.id), *renewable(today, today))
