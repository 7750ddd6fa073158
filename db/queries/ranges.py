"""Ranges of filters. None leaves a bound open."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute


@dataclass(frozen=True, slots=True)
class InstantRange:
    """From `since`, inclusive, to `until`, exclusive, so that consecutive ranges meet."""

    since: datetime | None = None
    until: datetime | None = None

    def bounds(self, column: InstrumentedAttribute[Any]) -> list[ColumnElement[bool]]:
        bounds: list[ColumnElement[bool]] = []
        if self.since is not None:
            bounds.append(column >= self.since)
        if self.until is not None:
            bounds.append(column < self.until)
        return bounds


@dataclass(frozen=True, slots=True)
class DateRange:
    """From `first` to `last`, both inclusive."""

    first: date | None = None
    last: date | None = None

    def bounds(self, column: InstrumentedAttribute[Any]) -> list[ColumnElement[bool]]:
        bounds: list[ColumnElement[bool]] = []
        if self.first is not None:
            bounds.append(column >= self.first)
        if self.last is not None:
            bounds.append(column <= self.last)
        return bounds
