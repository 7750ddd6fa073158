"""Global ids, such as `ord_AZqtMX1ycVGQ2k0mB3jL5g`: a prefix for the type and an encoded UUID.

They are opaque to clients. The prefix is there for people who read logs.
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
    """The models whose rows have global ids."""
    return _PREFIXES


def global_id(row: Base) -> str:
    """The global id of a row. Its model must be one of `identified()`."""
    model = model_of(row)
    identity: UUID = row.public_id if model is Tenant else row.id  # type: ignore[attr-defined]
    return f"{_PREFIXES[model]}_{_encoded(identity)}"


def parse_global_id(text: str) -> tuple[type[Base], UUID] | None:
    """The model and the UUID that a global id stands for. None if it is not a global id."""
    prefix, _, encoded = text.partition("_")
    model = _MODELS.get(prefix)
    if model is None or len(encoded) != 22:
        return None
    try:
        raw = base64.b64decode(encoded.encode("ascii") + b"==", altchars=b"-_", validate=True)
        identity = UUID(bytes=raw)
    except ValueError:
        return None
    # Base64 has several spellings of the same bytes; accept one, so that an object has one id.
    return (model, identity) if _encoded(identity) == encoded else None


def _encoded(identity: UUID) -> str:
    return base64.urlsafe_b64encode(identity.bytes).rstrip(b"=").decode()
