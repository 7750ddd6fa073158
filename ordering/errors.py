"""What cannot happen to an order, by stable codes."""

from enum import StrEnum


class Refusal(StrEnum):
    IMPOSSIBLE_TRANSITION = "IMPOSSIBLE_TRANSITION"
    STATED_CONTENT_IMMUTABLE = "STATED_CONTENT_IMMUTABLE"
    CONTRACT_ALREADY_LINKED = "CONTRACT_ALREADY_LINKED"
    OFFER_ALREADY_ORDERED = "OFFER_ALREADY_ORDERED"
    BELONGS_TO_ANOTHER = "BELONGS_TO_ANOTHER"


class RefusedError(Exception):
    """A service refused; nothing of what it was asked for may be kept.

    `what` names the part of the order that it is about, as far as there is one.
    """

    def __init__(self, code: Refusal, message: str, what: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.what = what
