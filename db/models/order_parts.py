"""The parts of an order: stated when ordering, or added by processing."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    ByParent,
    TenantOwned,
    composite_link,
    link,
    non_negative,
    owned_by_tenant,
)
from db.enums import DocumentKind, ItemAction, MilestoneKind, OrderPhase, PriceKind
from db.types import Json, closed_set


class OrderPart(TenantOwned):
    """A part, identified by its order and its position (from 1) among parts of its kind."""

    of_customer = ByParent("order_id", "orders")

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)


class OrderItem(OrderPart, Base):
    """An item. Stated when ordering, except for `state`."""

    __tablename__ = "order_items"

    parent_position: Mapped[int | None]
    """The position of the enclosing item."""
    reference: Mapped[str | None]
    """The item's identifier in the order, such as "100"."""
    action: Mapped[ItemAction] = mapped_column(closed_set(ItemAction))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    name: Mapped[str]
    quantity: Mapped[int]
    state: Mapped[str | None]
    """The reported TMF622 state of the item."""
    terms: Mapped[list[Any]] = mapped_column(Json, default=list)
    """`[{"name": …, "description": …, "amount": 12, "unit": "month"}, …]`"""
    relationships: Mapped[list[Any]] = mapped_column(Json, default=list)
    """`[{"kind": "reliesOn", "reference": "110"}, …]`"""
    characteristics: Mapped[list[Any]] = mapped_column(Json, default=list)

    __table_args__ = (
        owned_by_tenant(),
        link("order_id", "orders"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )


class OrderPrice(OrderPart, Base):
    """A price stated for an item, or for the whole order."""

    __tablename__ = "order_prices"

    item_position: Mapped[int | None]
    """Null for a price of the whole order."""
    kind: Mapped[PriceKind] = mapped_column(closed_set(PriceKind))
    name: Mapped[str | None]
    description: Mapped[str | None]
    net_amount: Mapped[Decimal | None]
    gross_amount: Mapped[Decimal | None]
    currency: Mapped[str | None]
    """ISO 4217."""
    tax_rate: Mapped[Decimal | None]
    """Percent."""
    period: Mapped[str | None]
    """The period of a recurring price, such as a month."""
    period_length: Mapped[int | None]
    unit: Mapped[str | None]
    """The unit of a usage price, such as a minute."""
    alterations: Mapped[list[Any]] = mapped_column(Json, default=list)
    """Discounts and surcharges. `[{"name", "description", "percentage", "amount", "currency",
    "duration", "period", "priority"}, …]`; decimals as text."""

    __table_args__ = (
        owned_by_tenant(),
        link("order_id", "orders"),
        composite_link({"order_id": "order_id", "item_position": "position"}, "order_items"),
        CheckConstraint(
            "currency IS NOT NULL OR (net_amount IS NULL AND gross_amount IS NULL)",
            name="amount_has_currency",
        ),
        *non_negative("net_amount", "gross_amount", "tax_rate"),
    )


class OrderExternalId(OrderPart, Base):
    """The number of the order in a system of the partner or of somebody else."""

    __tablename__ = "order_external_ids"

    owner: Mapped[str | None]
    kind: Mapped[str | None]
    value: Mapped[str]

    __table_args__ = (
        owned_by_tenant(),
        link("order_id", "orders"),
        Index(None, "value", "root_tenant_id"),
    )


class OrderMilestone(OrderPart, Base):
    """An event in the processing of an order, independent of its phase."""

    __tablename__ = "order_milestones"

    kind: Mapped[MilestoneKind] = mapped_column(closed_set(MilestoneKind))
    name: Mapped[str | None]
    message: Mapped[str | None]
    reference: Mapped[str | None]
    """The reporting system's identifier of the milestone."""
    planned_at: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]
    violated: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (owned_by_tenant(), link("order_id", "orders"))


class OrderDelay(OrderPart, Base):
    """A jeopardy alert. It never changes the status."""

    __tablename__ = "order_delays"

    reference: Mapped[str | None]
    kind: Mapped[str | None]
    reason: Mapped[str]
    reported_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]

    __table_args__ = (
        owned_by_tenant(),
        link("order_id", "orders"),
        CheckConstraint("resolved_at >= reported_at", name="resolved_after_reported"),
    )


class OrderNote(OrderPart, Base):
    __tablename__ = "order_notes"

    reference: Mapped[str | None]
    author: Mapped[str | None]
    """The name of a person."""
    account: Mapped[str | None]
    """Who added the note by a mutation, as in logs (`auth.log_names`); null for a reported note."""
    written_at: Mapped[datetime | None]
    text: Mapped[str]

    __table_args__ = (owned_by_tenant(), link("order_id", "orders"))


class OrderDocument(OrderPart, Base):
    __tablename__ = "order_documents"

    kind: Mapped[DocumentKind] = mapped_column(closed_set(DocumentKind))
    title: Mapped[str]
    content_type: Mapped[str]
    url: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (owned_by_tenant(), link("order_id", "orders"))


class OrderHistoryEntry(TenantOwned, Base):
    """A phase that the order entered. Append-only.

    Each entry references its predecessor, so the sequence has no gaps. The first entry seals the
    stated content (`db.immutability`).
    """

    __tablename__ = "order_history"
    of_customer = ByParent("order_id", "orders")

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    previous_sequence: Mapped[int | None]
    phase: Mapped[OrderPhase] = mapped_column(closed_set(OrderPhase))
    occurred_at: Mapped[datetime]
    reason: Mapped[str | None]

    __table_args__ = (
        owned_by_tenant(),
        link("order_id", "orders"),
        composite_link({"order_id": "order_id", "previous_sequence": "sequence"}, "order_history"),
        CheckConstraint("sequence >= 1", name="sequence_positive"),
        CheckConstraint(
            "(sequence = 1) = (previous_sequence IS NULL) "
            "AND (previous_sequence IS NULL OR previous_sequence = sequence - 1)",
            name="sequence_without_gaps",
        ),
    )
