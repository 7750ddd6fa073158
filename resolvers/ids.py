"""Global identifiers: opaque outside, a type and a UUID inside.

`ord_AZqtMX1ycVGQ2k0mB3jL5g` names an order; the letters before the underscore say so to people.
"""

import base64
from collections.abc import Iterable
from uuid import UUID

from db.models import Base, Cart, Contract, Customer, Offer, Order, Product, Site, Tenant
from db.rows import model_of

_PREFIXES: dict[type[Base], str] = {
    Tenant: "ten",
    Customer: "cus",
    Site: "sit",
    Product: "prd",
    Cart: "crt",
    Offer: "off",
    Order: "ord",
    Contract: "ctr",
}
_MODELS = {prefix: model for model, prefix in _PREFIXES.items()}


def identified() -> Iterable[type[Base]]:
    """The models whose rows have identifiers."""
    return _PREFIXES


def global_id(row: Base) -> str:
    """The identifier of a row of one of the types that implement `Node`."""
    model = model_of(row)
    identity: UUID = row.public_id if model is Tenant else row.id  # type: ignore[attr-defined]
    return f"{_PREFIXES[model]}_{_encoded(identity)}"


def parse_global_id(text: str) -> tuple[type[Base], UUID] | None:
    """The model and the identity that an identifier names; None for anything else."""
    prefix, _, encoded = text.partition("_")
    model = _MODELS.get(prefix)
    if model is None or len(encoded) != 22:
        return None
    try:
        raw = base64.b64decode(encoded.encode("ascii") + b"==", altchars=b"-_", validate=True)
        identity = UUID(bytes=raw)
    except ValueError:
        return None
    # Base64 can spell the same bytes in several ways; an object has one id.
    return (model, identity) if _encoded(identity) == encoded else None


def _encoded(identity: UUID) -> str:
    return base64.urlsafe_b64encode(identity.bytes).rstrip(b"=").decode()
