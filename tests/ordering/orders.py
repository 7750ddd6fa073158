"""Orders in memory, without a database."""

from datetime import UTC, datetime
from typing import Any

from db.enums import BusinessCase, ItemAction, PriceKind
from db.models import Tenant
from ordering.lookups import Lookups
from ordering.order.aggregate import OrderAggregate
from ordering.order.receive import receive
from ordering.order.stated import StatedCustomer, StatedItem, StatedOrder, StatedPrice

T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def tenant(number: int = 1) -> Tenant:
    return Tenant(id=number, root_tenant_id=number, number=f"P-{number}", name="Nordlicht ITK")


def stated(number: str = "A-1", **more: Any) -> StatedOrder:
    """A new order of one item with a monthly price."""
    price = StatedPrice(PriceKind.RECURRING, net_amount=None, period="month")
    item = StatedItem("1", "1", None, ItemAction.ADD, 1, "Tengo Centraflex", prices=[price])
    defaults: dict[str, Any] = {
        "customer": StatedCustomer("K-1", "Bäckerei"),
        "business_case": BusinessCase.NEW_ORDER,
        "received_at": T0,
        "items": [item],
    }
    return StatedOrder(number, **defaults | more)


def received(lookups: Lookups | None = None, number: str = "A-1", **more: Any) -> OrderAggregate:
    """An order that was received at `T0`."""
    return receive(lookups or Lookups(), tenant(), stated(number, **more), now=T0)
