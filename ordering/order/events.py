"""What changed in an order, as returned by `ordering.order.apply`."""

from dataclasses import dataclass
from datetime import datetime

from db.enums import ActionParty, ContractEffect, MilestoneKind, OrderPhase
from ordering.order.stated import Scalar


@dataclass(frozen=True, slots=True)
class Event:
    """Something that changed."""


@dataclass(frozen=True, slots=True)
class OrderReceived(Event):
    number: str


@dataclass(frozen=True, slots=True)
class PhaseChanged(Event):
    before: OrderPhase
    after: OrderPhase
    occurred_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class ActionRequested(Event):
    """What has to be clarified is new or has changed."""

    action: str
    by: ActionParty
    due: datetime | None


@dataclass(frozen=True, slots=True)
class DateConfirmed(Event):
    before: datetime | None
    after: datetime


@dataclass(frozen=True, slots=True)
class ContractLinked(Event):
    number: str
    effect: ContractEffect


@dataclass(frozen=True, slots=True)
class MilestoneReached(Event):
    """A milestone has a time at which it was reached, for the first time or corrected."""

    kind: MilestoneKind
    reference: str | None
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class MilestoneChanged(Event):
    """Anything else about a milestone: planned, renamed, violated, or not reached after all."""

    kind: MilestoneKind
    reference: str | None


@dataclass(frozen=True, slots=True)
class _DelayEvent(Event):
    reason: str
    reference: str | None


class DelayStarted(_DelayEvent):
    """A delay that is new, or that lasts on after the order was repaired."""


class DelayChanged(_DelayEvent):
    """A delay has another kind, reason or time."""


class DelayEnded(_DelayEvent):
    """The order ended, and the delay with it."""


@dataclass(frozen=True, slots=True)
class NoteWritten(Event):
    text: str
    author: str | None


@dataclass(frozen=True, slots=True)
class ItemStateChanged(Event):
    position: int
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class CharacteristicChanged(Event):
    name: str
    value: Scalar
