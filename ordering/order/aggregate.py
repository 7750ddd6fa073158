"""An order with its parts, in memory."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from db import detached
from db.base import Base
from db.enums import MilestoneKind, OrderPhase
from db.models import (
    Contract,
    Customer,
    IntakeMessage,
    Offer,
    Order,
    OrderDelay,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
    Product,
    Site,
)
from db.search import search_text
from ordering.lookups import Lookups
from ordering.order.indexes import Delays, Milestones
from ordering.order.lifecycle import INTERRUPTIONS
from ordering.order.report_times import ReportTimes

PARTS: tuple[type[Base], ...] = (
    OrderItem,
    OrderPrice,
    OrderExternalId,
    OrderMilestone,
    OrderDelay,
    OrderNote,
    OrderHistoryEntry,
)
"""The tables of an order's parts, in the order in which they are stored: the first history entry
seals what was stated."""

Part = TypeVar("Part", bound=Base)


class OrderAggregate:
    """An order, its parts, and the rows that it refers to.

    Changed by `ordering.order.apply` alone, and stored by `ordering.unit_of_work`.
    """

    def __init__(self, row: Order, parts: Mapping[type[Base], list[Any]], lookups: Lookups) -> None:
        self.row = row
        self._owner = {
            "order_id": row.id,
            "tenant_id": row.tenant_id,
            "root_tenant_id": row.root_tenant_id,
        }
        """What each of its parts has."""
        self.parts = parts
        """By table. What an order needs no part of is not loaded; using it raises KeyError."""
        self.new_parts: dict[type[Base], list[Any]] = {part: [] for part in PARTS}
        """Those that are not stored yet."""
        self.lookups = lookups
        self.report_times = ReportTimes(row.report_times)
        self.digests: set[str] = set()
        """Digests of messages about the order that were taken in; of those that were asked for."""
        self.new_messages: list[IntakeMessage] = []

    @property
    def items(self) -> list[OrderItem]:
        return self.parts[OrderItem]

    @property
    def prices(self) -> list[OrderPrice]:
        return self.parts[OrderPrice]

    @property
    def external_ids(self) -> list[OrderExternalId]:
        return self.parts[OrderExternalId]

    @property
    def notes(self) -> list[OrderNote]:
        return self.parts[OrderNote]

    @property
    def history(self) -> list[OrderHistoryEntry]:
        return self.parts[OrderHistoryEntry]

    @cached_property
    def milestones(self) -> Milestones:
        return Milestones(self.parts[OrderMilestone])

    @cached_property
    def delays(self) -> Delays:
        return Delays(self.parts[OrderDelay])

    @cached_property
    def note_contents(self) -> set[tuple[Any, ...]]:
        return {(n.text, n.reference, n.author, n.written_at) for n in self.notes}

    @cached_property
    def phases(self) -> set[OrderPhase]:
        """All phases that the order has been in."""
        return {entry.phase for entry in self.history}

    @property
    def customer(self) -> Customer:
        return self.lookups.customers.by_id[self.row.customer_id]

    @property
    def site(self) -> Site | None:
        return self.lookups.sites.find(self.row.site_id)

    @property
    def offer(self) -> Offer | None:
        return self.lookups.offers.find(self.row.offer_id)

    @property
    def contract(self) -> Contract | None:
        return self.lookups.contracts.find(self.row.contract_id)

    def product_of(self, item: OrderItem) -> Product | None:
        return self.lookups.products.find(item.product_id)

    @cached_property
    def items_by_reference(self) -> dict[str, list[OrderItem]]:
        """The items by reference, or by position if they have none (`#2`)."""
        items: dict[str, list[OrderItem]] = {}
        for item in self.items:
            items.setdefault(item.reference or f"#{item.position}", []).append(item)
        return items

    @property
    def phase_before(self) -> OrderPhase | None:
        """The last phase that was not an interruption."""
        for entry in reversed(self.history):
            if entry.phase not in INTERRUPTIONS:
                return entry.phase
        return None

    def not_before_receipt(self, at: datetime | None) -> datetime | None:
        """The time of a report. Clocks differ: nothing happens to an order before its receipt."""
        return at and max(at, self.row.received_at)

    def add(self, part: type[Part], /, **values: Any) -> Part:
        """Add a part to the order, numbered after the last one."""
        rows = self.parts[part]
        if part is OrderHistoryEntry:
            values |= {"sequence": len(rows) + 1, "previous_sequence": len(rows) or None}
        else:
            values["position"] = len(rows) + 1
        row = self._owned(part, **values)
        rows.append(row)
        self.new_parts[part].append(row)
        return row

    def add_milestone(
        self,
        kind: MilestoneKind,
        reference: str | None = None,
        name: str | None = None,
        message: str | None = None,
        reached_at: datetime | None = None,
    ) -> OrderMilestone:
        index = self.milestones
        milestone = self.add(
            OrderMilestone,
            kind=kind,
            reference=reference,
            name=name,
            message=message,
            violated=False,
            reached_at=reached_at,
        )
        index.add(milestone)
        return milestone

    def add_delay(self, **values: Any) -> None:
        index = self.delays
        index.add(self.add(OrderDelay, **values))

    def add_history(self, phase: OrderPhase, **values: Any) -> None:
        phases = self.phases
        phases.add(self.add(OrderHistoryEntry, phase=phase, **values).phase)

    def remember_message(self, digest: str, **values: Any) -> None:
        """Record that a message was taken in, so that a copy is recognised."""
        self.new_messages.append(self._owned(IntakeMessage, digest=digest, **values))
        self.digests.add(digest)

    def _owned(self, row: type[Part], **values: Any) -> Part:
        return detached.new(row, **self._owner, **values)

    def update_search_texts(self) -> None:
        row, ids = self.row, [each.value for each in self.external_ids]
        texts = search_texts(row.number, ids, self.customer, self.offer, self.contract)
        for column, text in texts.items():
            setattr(row, column, text)


def search_texts(
    number: str,
    external_ids: Iterable[str],
    customer: Customer,
    offer: Offer | None,
    contract: Contract | None = None,
) -> dict[str, str]:
    """The search texts of an order, by column: its own numbers, those of its offer and contract,
    and its customer's name."""
    return {
        "search_orders": search_text(number, *external_ids),
        "search_offers": offer.search_offers if offer else "",
        "search_contracts": contract.search_contracts if contract else "",
        "search_customers": search_text(customer.name),
    }
