"""Customers and their sites: filtered pages."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from db.enums import CustomerKind
from db.keyset import Collection
from db.models import Customer, Site
from db.queries.conditions import Search, found_by, one_of
from db.queries.ranges import InstantRange


class CustomerSortField(StrEnum):
    NAME = "NAME"
    NUMBER = "NUMBER"
    CREATED_AT = "CREATED_AT"


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    kind: tuple[CustomerKind, ...] | None = None
    created: InstantRange = InstantRange()
    updated: InstantRange = InstantRange()
    tenant_ids: tuple[int, ...] | None = None
    search: Search | None = None


def _customer_conditions(filter: CustomerFilter) -> list[ColumnElement[bool]]:
    return [
        *one_of(Customer.kind, filter.kind),
        *filter.created.bounds(Customer.created_at),
        *filter.updated.bounds(Customer.updated_at),
        *one_of(Customer.tenant_id, filter.tenant_ids),
        *found_by(Customer, filter.search),
    ]


CUSTOMERS: Collection[Customer, CustomerFilter] = Collection(
    Customer,
    Customer.id,
    {
        CustomerSortField.NAME: Customer.name,
        CustomerSortField.NUMBER: Customer.number,
        CustomerSortField.CREATED_AT: Customer.created_at,
    },
    _customer_conditions,
)


def ids_of_customer(number: str) -> Select[UUID]:
    return select(Customer.id).where(Customer.number == number)


class SiteSortField(StrEnum):
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True)
class SiteFilter:
    pass


SITES: Collection[Site, SiteFilter] = Collection(
    Site, Site.id, {SiteSortField.NUMBER: Site.number}, lambda _: []
)
