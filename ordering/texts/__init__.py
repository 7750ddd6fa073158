"""Texts about orders for end users, in German and English.

Each language has one catalogue (`de.toml`, `en.toml`); code selects texts and joins them.
"""

from ordering.texts.catalogue import (
    Locale,
    contact,
    label,
    phase_actor,
    phase_meaning,
    phase_next,
    status_meaning,
)
from ordering.texts.explanation import OrderFacts, explain
from ordering.texts.negotiation import negotiate

__all__ = [
    "Locale",
    "OrderFacts",
    "contact",
    "explain",
    "label",
    "negotiate",
    "phase_actor",
    "phase_meaning",
    "phase_next",
    "status_meaning",
]
