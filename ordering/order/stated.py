"""What is stated when ordering, as plain values; see `ordering.order.receive`."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeGuard

from db.enums import BusinessCase, CustomerKind, ItemAction, PriceKind

Scalar = str | int | bool | None


def is_scalar(value: object) -> TypeGuard[Scalar]:
    """Whether a stored value is one that a message can state; any other equals none of them."""
    return isinstance(value, Scalar)


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A named value that has no column."""

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
    """`parent` is the index of the item that this one is nested in. Values that were not stated
    are None."""

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
    """`customer` is None if the tenant orders for itself."""

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


def values_of(stated: StatedSite | StatedExternalId | StatedPrice) -> dict[str, Any]:
    """The values by the names of the columns that store them."""
    return {name: getattr(stated, name) for name in _COLUMNS[type(stated)]}


_COLUMNS: dict[type[Any], tuple[str, ...]] = {
    model: tuple(column.name for column in fields(model))
    for model in (StatedSite, StatedExternalId, StatedPrice)
}


def names_of_item(product: str | None, reference: str | None, position: int) -> list[str]:
    """The names that stand in for the name of an item without one, the best first."""
    return [name for name in (product, reference, f"Position {position}") if name]
