"""Orders: stated content, which never changes, and the state of processing."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Computed,
    ForeignKey,
    Index,
    UniqueConstraint,
    column,
    func,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    ByColumn,
    TenantOwned,
    found_by_id,
    link,
    numbered,
    owned_by_tenant,
    trigram_index,
)
from db.enums import (
    STATUS_OF_PHASE,
    ActionParty,
    BusinessCase,
    ContractEffect,
    OrderPhase,
    OrderStatus,
)
from db.ids import new_id
from db.types import Instant, Json, closed_set

UNKNOWN_DATE = datetime(9999, 12, 31, tzinfo=UTC)
"""The value of `expected_sort` for an order without an expected date."""


class UnknownDate(ColumnElement[datetime]):
    """`UNKNOWN_DATE` as a constant in a generated column."""

    inherit_cache = True
    type = Instant()


@compiles(UnknownDate, "postgresql")
def _(element: UnknownDate, compiler: Any, **_: Any) -> str:
    return "TIMESTAMP WITH TIME ZONE '9999-12-31 00:00:00+00'"


@compiles(UnknownDate, "sqlite")
def _(element: UnknownDate, compiler: Any, **_: Any) -> str:
    return "'9999-12-31 00:00:00.000000'"


def _status_of_phase() -> str:
    groups = {
        status: ", ".join(f"'{p}'" for p, s in STATUS_OF_PHASE.items() if s is status)
        for status in (OrderStatus.COMPLETED, OrderStatus.ERROR)
    }
    whens = " ".join(f"WHEN phase IN ({phases}) THEN '{s}'" for s, phases in groups.items())
    return f"CASE {whens} ELSE '{OrderStatus.IN_PROGRESS}' END"


class Order(TenantOwned, Base):
    __tablename__ = "orders"
    of_customer = ByColumn("customer_id")

    # Stated when ordering; immutable (`db.immutability`).
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    customer_id: Mapped[UUID]
    site_id: Mapped[UUID | None]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    """The product of the first item that names one."""
    offer_id: Mapped[UUID | None]
    business_case: Mapped[BusinessCase] = mapped_column(closed_set(BusinessCase))
    category: Mapped[str | None]
    description: Mapped[str | None]
    dealer_id: Mapped[str | None]
    sub_partner_id: Mapped[str | None]
    confirmed_by_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
    requested_start_date: Mapped[datetime | None]
    requested_completion_date: Mapped[datetime | None]
    automated: Mapped[bool]
    """Whether the product and business case are processed automatically."""
    characteristics: Mapped[list[Any]] = mapped_column(Json, default=list)
    """`[{"name": …, "value": …}, …]`: stated content without a column of its own."""

    # Processing.
    phase: Mapped[OrderPhase] = mapped_column(closed_set(OrderPhase))
    status: Mapped[OrderStatus] = mapped_column(
        closed_set(OrderStatus), Computed(_status_of_phase(), persisted=True)
    )
    contract_id: Mapped[UUID | None]
    contract_effect: Mapped[ContractEffect | None] = mapped_column(closed_set(ContractEffect))
    expected_completion_date: Mapped[datetime | None]
    expected_sort: Mapped[datetime] = mapped_column(
        Computed(func.coalesce(column("expected_completion_date"), UnknownDate()), persisted=True)
    )
    """The expected date with unknown dates last, for keyset pagination without NULLs."""
    completed_at: Mapped[datetime | None]
    processing_seconds: Mapped[int | None]
    """From receipt to completion; null unless completed."""
    action_text: Mapped[str | None]
    action_by: Mapped[ActionParty | None] = mapped_column(closed_set(ActionParty))
    action_due: Mapped[datetime | None]
    delayed: Mapped[bool] = mapped_column(default=False)
    """Whether it is in progress and has an unresolved delay."""
    reported_characteristics: Mapped[list[Any]] = mapped_column(Json, default=list)
    """Like `characteristics`, reported by the carrier while processing."""
    report_times: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """When each fact was last reported, so that older reports do not overwrite newer ones
    (`ordering.order.report_times`)."""
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    search_orders: Mapped[str]
    search_offers: Mapped[str]
    search_contracts: Mapped[str]
    search_customers: Mapped[str]
    """Search texts, one for each scope (`db.search`)."""

    __table_args__ = (
        owned_by_tenant(),
        link("customer_id", "customers"),
        link("site_id", "sites"),
        link("offer_id", "offers"),
        link("confirmed_by_id", "portal_users"),
        link("contract_id", "contracts"),
        UniqueConstraint("offer_id", "root_tenant_id"),
        CheckConstraint(
            "contract_effect IS NULL OR contract_id IS NOT NULL", name="effect_has_contract"
        ),
        CheckConstraint(
            "(phase = 'CLARIFICATION') = (action_text IS NOT NULL)", name="action_in_clarification"
        ),
        CheckConstraint(
            "(action_text IS NULL) = (action_by IS NULL) "
            "AND (action_due IS NULL OR action_text IS NOT NULL)",
            name="action_whole",
        ),
        CheckConstraint(
            "(phase = 'COMPLETED') = (completed_at IS NOT NULL) "
            "AND (completed_at IS NULL) = (processing_seconds IS NULL)",
            name="completed_has_times",
        ),
        CheckConstraint("processing_seconds >= 0", name="processing_not_negative"),
        CheckConstraint("updated_at >= received_at", name="updated_after_received"),
        CheckConstraint("version >= 1", name="version_positive"),
        *numbered(),
        found_by_id(),
        # One index range per page, without sorting: of a tree, of a tenant, of a customer.
        Index(None, "root_tenant_id", "received_at", "id"),
        Index(None, "root_tenant_id", "updated_at", "id"),
        Index(None, "root_tenant_id", "expected_sort", "id"),
        Index(None, "tenant_id", "root_tenant_id", "received_at", "id"),
        Index(None, "tenant_id", "root_tenant_id", "updated_at", "id"),
        Index(None, "customer_id", "root_tenant_id", "received_at", "id"),
        Index(None, "contract_id", "root_tenant_id", "received_at", "id"),
        Index(None, "site_id", "root_tenant_id", "received_at", "id"),
        Index(None, "product_id", "root_tenant_id", "received_at", "id"),
        # Index-only scans for the counts of a dashboard and for processing times.
        Index(
            "ix_orders_summary", "root_tenant_id", "tenant_id", "phase", "business_case", "delayed"
        ),
        Index(
            "ix_orders_processing",
            "root_tenant_id",
            "product_id",
            "business_case",
            "processing_seconds",
            postgresql_where=text("processing_seconds IS NOT NULL"),
            sqlite_where=text("processing_seconds IS NOT NULL"),
        ),
        trigram_index(
            "orders", "search_orders", "search_offers", "search_contracts", "search_customers"
        ),
    )
