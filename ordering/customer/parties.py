"""Tenants, customers and sites that an order names: looked up by number, added if unknown."""

from datetime import datetime

from db import detached
from db.enums import CustomerKind
from db.ids import new_id
from db.models import Customer, Site, Tenant
from db.search import search_text
from ordering.errors import Refusal, RefusedError
from ordering.lookups import Lookups
from ordering.order.stated import StatedCustomer, StatedSite, values_of


def find_or_add_tenant(lookups: Lookups, number: str, name: str | None, now: datetime) -> Tenant:
    """An unknown tenant is added as the root of a tree of its own."""
    if (tenant := lookups.tenants.get(number)) is not None:
        return tenant
    lookups.last_tenant_id += 1
    return lookups.tenants.add(
        detached.new(
            Tenant,
            id=lookups.last_tenant_id,
            public_id=new_id(),
            root_tenant_id=lookups.last_tenant_id,
            parent_id=None,
            number=number,
            name=name or number,
            email=None,
            created_at=now,
        )
    )


def find_or_add_customer(
    lookups: Lookups, tenant: Tenant, stated: StatedCustomer, now: datetime
) -> Customer:
    """A prospect who orders as a customer becomes one.

    Raises `RefusedError` if the number belongs to a customer of another tenant of the tree.
    """
    customer = lookups.customers.get((tenant.root_tenant_id, stated.number))
    if customer is None:
        name = stated.name or stated.number
        return lookups.customers.add(
            detached.new(
                Customer,
                id=new_id(),
                tenant_id=tenant.id,
                root_tenant_id=tenant.root_tenant_id,
                number=stated.number,
                kind=stated.kind,
                name=name,
                email=None,
                created_at=now,
                updated_at=now,
                search_customers=search_text(stated.number, name),
            )
        )
    if customer.tenant_id != tenant.id:
        raise RefusedError(
            Refusal.BELONGS_TO_ANOTHER,
            f"customer {stated.number} belongs to another tenant",
            "customer",
        )
    if customer.kind is CustomerKind.PROSPECT and stated.kind is CustomerKind.CUSTOMER:
        customer.kind, customer.updated_at = CustomerKind.CUSTOMER, now
    return customer


def find_or_add_site(
    lookups: Lookups, customer: Customer, stated: StatedSite, now: datetime
) -> Site:
    return lookups.sites.get((customer.id, stated.number)) or lookups.sites.add(
        detached.new(
            Site,
            id=new_id(),
            tenant_id=customer.tenant_id,
            root_tenant_id=customer.root_tenant_id,
            customer_id=customer.id,
            created_at=now,
            **values_of(stated),
        )
    )
