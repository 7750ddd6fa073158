"""Contracts: which of them can be renewed."""

from datetime import date
from functools import cache
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Date, Select, bindparam, exists, select

from db.base import linked
from db.conditions import Condition, Use
from db.enums import CartStatus, ContractStatus, OrderStatus
from db.expressions import any_key
from db.models import Cart, Contract, Order


def _renewable_by(name: str, days: tuple[date, date], _: frozenset[str]) -> Use:
    names = f"{name}_by", f"{name}_today"
    return Use(None, lambda: _renewable(*map(_day, names)), tuple(zip(names, days, strict=True)))


RENEWABLE_BY = Condition(_renewable_by, (date.min, date.min))
"""The contract becomes renewable by the first day, and still is on the second: today."""


@cache
def renewable_among() -> Select[UUID]:
    """Those of the contracts in the parameter `keys` (`db.expressions.KEYS`) that can be renewed
    on the day in the parameter `today`.

    The statement is built once: SQLAlchemy's elements refer to each other, and only the garbage
    collector would free those of a request.
    """
    today = _day("today")
    return select(Contract.id).where(any_key(Contract.id), *_renewable(today, today))


def _renewable(by: BindParameter[date], today: BindParameter[date]) -> list[ColumnElement[bool]]:
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


def _day(name: str) -> BindParameter[date]:
    return bindparam(name, type_=Date(), required=False)
