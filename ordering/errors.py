"""Changes that the business rules refuse, by stable codes."""

from enum import StrEnum

LONGEST_NUMBER = 200
"""Characters. No business number is longer."""


class Refusal(StrEnum):
    IMPOSSIBLE_TRANSITION = "IMPOSSIBLE_TRANSITION"
    STATED_CONTENT_IMMUTABLE = "STATED_CONTENT_IMMUTABLE"
    CONTRACT_ALREADY_LINKED = "CONTRACT_ALREADY_LINKED"
    OFFER_ALREADY_ORDERED = "OFFER_ALREADY_ORDERED"
    BELONGS_TO_ANOTHER = "BELONGS_TO_ANOTHER"
    UNKNOWN_ITEM = "UNKNOWN_ITEM"


class RefusedError(Exception):
    """A change was refused. The transaction has to be rolled back: rows may be changed in part.

    `subject` names the part of the order that the refusal is about (`contract`, `phase`, `item 2`).
    """

    def __init__(self, code: Refusal, message: str, subject: str) -> None:
        super().__init__(message)
        self.code = code
        self.subject = subject


class NumberTakenError(RefusedError):
    """A number is in use in a part of the tenant tree that the session does not see.

    A concurrent transaction of the same tenant may also have added it: a second attempt tells.
    """
