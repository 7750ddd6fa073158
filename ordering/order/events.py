"""What changed in an order, as returned by `ordering.order.apply`."""

from dataclasses import dataclass
from datetime import datetime

from db.enums import ActionParty, ContractEffect, MilestoneKind, OrderPhase
from ordering.order.stated import Scalar


@dataclass(frozen=True, slots=True)
class OrderReceived:
    number: str


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    before: OrderPhase
    after: OrderPhase
    occurred_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class ActionRequested:
    """What has to be clarified is new or has changed."""

    action: str
    by: ActionParty
    due: datetime | None


@dataclass(frozen=True, slots=True)
class DateConfirmed:
    before: datetime | None
    after: datetime


@dataclass(frozen=True, slots=True)
class ContractLinked:
    number: str
    effect: ContractEffect


@dataclass(frozen=True, slots=True)
class MilestoneReached:
    """A milestone has a time at which it was reached, for the first time or corrected."""

    kind: MilestoneKind
    reference: str | None
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class MilestoneChanged:
    """Anything else about a milestone: planned, renamed, violated, or not reached after all."""

    kind: MilestoneKind
    reference: str | None


@dataclass(frozen=True, slots=True)
class DelayStarted:
    """A delay that is new, or that lasts on after the order was repaired."""

    reason: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class DelayChanged:
    reason: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class DelayEnded:
    reason: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class NoteWritten:
    text: str
    author: str | None


@dataclass(frozen=True, slots=True)
class ItemStateChanged:
    position: int
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class CharacteristicChanged:
    name: str
    value: Scalar


Event = (
    OrderReceived
    | PhaseChanged
    | ActionRequested
    | DateConfirmed
    | ContractLinked
    | MilestoneReached
    | MilestoneChanged
    | DelayStarted
    | DelayChanged
    | DelayEnded
    | NoteWritten
    | ItemStateChanged
    | CharacteristicChanged
)
