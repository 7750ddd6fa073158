"""The catalogue of texts, by language, table and key."""

import tomllib
from datetime import datetime
from enum import StrEnum
from importlib.resources import files

from db.enums import OrderPhase, OrderStatus
from ordering.calendar import carrier_day


class Locale(StrEnum):
    """The languages of the texts."""

    DE = "DE"
    EN = "EN"


def _load(locale: Locale) -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath(f"{locale.lower()}.toml").read_text("utf-8"))


_TEXTS = {locale: _load(locale) for locale in Locale}


def text(locale: Locale, table: str, key: str) -> str:
    """A text of the catalogue. Tests check that every text that code asks for exists."""
    return _TEXTS[locale][table][key]


def label(member: StrEnum, locale: Locale) -> str:
    """The label of a member of an enum of `db.enums`."""
    return text(locale, type(member).__name__, member.name)


def status_meaning(status: OrderStatus, locale: Locale) -> str:
    """What the status means for an order."""
    return text(locale, "status_meaning", status.name)


def phase_meaning(phase: OrderPhase, locale: Locale) -> str:
    """What is happening to an order in this phase."""
    return text(locale, "phase_meaning", phase.name)


def phase_next(phase: OrderPhase, locale: Locale) -> str:
    """What comes after this phase."""
    return text(locale, "phase_next", phase.name)


def phase_actor(phase: OrderPhase, locale: Locale) -> str:
    """Who must act in this phase."""
    return text(locale, "phase_actor", phase.name)


def contact(status: OrderStatus, locale: Locale) -> str:
    """Whom to contact about an order of this status."""
    return text(locale, "contact", status.name)


def day(instant: datetime, locale: Locale) -> str:
    """The carrier's day of an instant in the language's format: 24.11.2026, 24 November 2026."""
    date = carrier_day(instant)
    month = text(locale, "date", f"{date.month:02}")
    return text(locale, "date", "pattern").format(day=date.day, month=month, year=date.year)
