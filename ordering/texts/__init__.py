"""What people read about orders, in German and in English.

Every text stands in the catalogue of its language (`de.toml`, `en.toml`); code picks and joins.
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
