"""The catalogue: every text by language, table and key."""

import tomllib
from datetime import datetime
from enum import StrEnum
from importlib.resources import files

from db.enums import OrderPhase, OrderStatus
from ordering.calendar import carrier_day


class Locale(StrEnum):
    """The languages that texts are written in."""

    DE = "DE"
    EN = "EN"


def _load(locale: Locale) -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath(f"{locale.lower()}.toml").read_text("utf-8"))


_TEXTS = {locale: _load(locale) for locale in Locale}


def text(locale: Locale, table: str, key: str) -> str:
    """The text of the catalogue; the tests prove that each one asked for exists."""
    return _TEXTS[locale][table][key]


def label(member: StrEnum, locale: Locale) -> str:
    """What people call a member of one of the closed sets of `db.enums`."""
    return text(locale, type(member).__name__, member.name)


def status_meaning(status: OrderStatus, locale: Locale) -> str:
    """What the status says about an order."""
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
    """Whom to turn to about an order of this status."""
    return text(locale, "contact", status.name)


def day(instant: datetime, locale: Locale) -> str:
    """The carrier's day of an instant, as the language writes it: 24.11.2026, 24 November 2026."""
    date = carrier_day(instant)
    month = text(locale, "date", f"{date.month:02}")
    return text(locale, "date", "pattern").format(day=date.day, month=month, year=date.year)
