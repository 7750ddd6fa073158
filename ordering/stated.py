"""What is stated when ordering, as plain values: what `ordering.receive` makes an order of."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeGuard

from db.enums import BusinessCase, CustomerKind, ItemAction, PriceKind

Scalar = str | int | bool | None


def is_scalar(value: object) -> TypeGuard[Scalar]:
    """Whether a stored value is one that a message can state: others equal none of them."""
    return isinstance(value, Scalar)


@dataclass(frozen=True, slots=True)
class Characteristic:
    """What has no place of its own: a name and a value."""

    name: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class StatedCustomer:
    number: str
    name: str | None = None
    kind: CustomerKind = CustomerKind.CUSTOMER


@dataclass(frozen=True, slots=True)
class StatedSite:
    number: str
    name: str
    street: str | None = None
    house_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class StatedExternalId:
    owner: str | None
    kind: str | None
    value: str


@dataclass(slots=True)
class StatedPrice:
    kind: PriceKind
    name: str | None = None
    description: str | None = None
    net_amount: Decimal | None = None
    gross_amount: Decimal | None = None
    currency: str | None = None
    tax_rate: Decimal | None = None
    period: str | None = None
    period_length: int | None = None
    unit: str | None = None
    alterations: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class StatedItem:
    """`parent` is the index of the item that this one is nested in. What an account of the order
    does not say of the item is None."""

    label: str
    reference: str | None
    parent: int | None
    action: ItemAction | None
    quantity: int | None
    name: str | None
    product_number: str | None = None
    product_name: str | None = None
    state: str | None = None
    terms: list[dict[str, Any]] = field(default_factory=list)
    relationships: list[dict[str, Any]] = field(default_factory=list)
    prices: list[StatedPrice] = field(default_factory=list)
    characteristics: list[Characteristic] = field(default_factory=list)


@dataclass(slots=True)
class StatedOrder:
    """`customer` is None where the tenant orders for itself."""

    number: str
    customer: StatedCustomer | None
    business_case: BusinessCase
    received_at: datetime
    site: StatedSite | None = None
    offer_number: str | None = None
    category: str | None = None
    description: str | None = None
    dealer_id: str | None = None
    sub_partner_id: str | None = None
    requested_start_date: datetime | None = None
    requested_completion_date: datetime | None = None
    external_ids: list[StatedExternalId] = field(default_factory=list)
    items: list[StatedItem] = field(default_factory=list)
    prices: list[StatedPrice] = field(default_factory=list)
    characteristics: list[Characteristic] = field(default_factory=list)
