"""Changes of an order, as reported by the carrier or asked for by a partner.

`ordering.order.apply` decides what follows from them.
"""

from dataclasses import dataclass
from datetime import datetime

from db.enums import ActionParty, MilestoneKind, OrderPhase
from ordering.order.stated import Characteristic


@dataclass(frozen=True, slots=True)
class PhaseReported:
    """The order entered a phase: at `occurred_at`, or else at the time of the report."""

    phase: OrderPhase
    reason: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProgressReported:
    """The order is being carried out (TMF622: `inProgress`); CONFIRMED or PROVISIONING."""


@dataclass(frozen=True, slots=True)
class ClarificationReported:
    """Somebody has to act before processing continues. `by` is the partner if not known."""

    action: str | None = None
    by: ActionParty | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class CancellationRequested:
    """Somebody wants the order to be cancelled. The phase stays until it is."""


@dataclass(frozen=True, slots=True)
class ExpectedDateReported:
    """The delivery date that the carrier commits to."""

    date: datetime


@dataclass(frozen=True, slots=True)
class ContractReported:
    """Contract numbers of the order. It is linked to the first one, which may be new; the others
    are alternatives if it is linked already."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MilestoneReported:
    """A milestone that is planned or reached. A known one is completed and corrected.

    It is known by `reference`, or without one by kind and name. Reached without `reached_at` means
    at the time of the report.
    """

    kind: MilestoneKind
    reached: bool
    reference: str | None = None
    name: str | None = None
    message: str | None = None
    planned_at: datetime | None = None
    reached_at: datetime | None = None
    violated: bool | None = None


@dataclass(frozen=True, slots=True)
class DelayReported:
    """A delay. It changes no phase, and ends when the order does."""

    reason: str
    reference: str | None = None
    kind: str | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A note. The same note again changes nothing."""

    text: str
    reference: str | None = None
    author: str | None = None
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PartnerNoteAdded:
    """A note that a partner adds, written at the time of the change. Each is a note of its own."""

    text: str
    account: str
    """Who adds it, as in logs."""
    author: str | None
    """The name of the person; None for a system."""


@dataclass(frozen=True, slots=True)
class ItemStateReported:
    """The state of an item, by its reference, or by its position if it has none (`#2`)."""

    item: str
    state: str


@dataclass(frozen=True, slots=True)
class CharacteristicsReported:
    """Values that have no column. What was stated when ordering is not repeated."""

    characteristics: tuple[Characteristic, ...]


Change = (
    PhaseReported
    | ProgressReported
    | ClarificationReported
    | CancellationRequested
    | ExpectedDateReported
    | ContractReported
    | MilestoneReported
    | DelayReported
    | NoteAdded
    | PartnerNoteAdded
    | ItemStateReported
    | CharacteristicsReported
)
