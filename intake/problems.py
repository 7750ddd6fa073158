"""What became of messages, and what was wrong with those that were not taken in."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Fault(StrEnum):
    """Why a message was not taken in, by stable codes; further codes are in `ordering.errors`."""

    INVALID_MESSAGE = "INVALID_MESSAGE"
    """It is not valid TMF622, or holds a value that cannot be stored."""
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    AMBIGUOUS_ORDER = "AMBIGUOUS_ORDER"
    """Several partners have an order of that number, and the message names no tenant."""
    UNKNOWN_TENANT = "UNKNOWN_TENANT"
    """It brings an order and does not name its tenant."""
    DRAFT = "DRAFT"
    BUSY = "BUSY"
    """Concurrent transactions held the rows it needs for too long."""
    REFUSED_BY_DATABASE = "REFUSED_BY_DATABASE"
    """The database cannot store its values, or they contradict what is stored."""
    FAILED = "INTERNAL_SERVER_ERROR"
    """The program failed at it. It is counted, and may be sent again (`intake.failures`)."""
    PUT_ASIDE = "PUT_ASIDE"
    """The program failed at it too often. It is kept until an operator replays or discards it."""


class InvalidError(Exception):
    """A message cannot be taken in. Carries JSON paths with reasons, and one code."""

    def __init__(self, *problems: tuple[str, str], code: str = Fault.INVALID_MESSAGE) -> None:
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in problems))
        self.problems = problems
        self.code = code


class Outcome(StrEnum):
    LOADED = "loaded"
    DUPLICATE = "duplicate"
    """The same message was taken in before."""
    UNCHANGED = "unchanged"
    """It reports nothing new."""
    SUPERSEDED = "superseded"
    """A newer report of the same thing was taken in before."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not loaded."""

    file: Path
    path: str
    """JSON path, for example `$.productOrderItem[1].quantity`."""
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: {self.reason}"


@dataclass(slots=True)
class FileReport:
    """What became of the messages of one file."""

    file: Path
    loaded: int = 0
    unchanged: int = 0
    superseded: int = 0
    failed: int = 0

    def count(self, outcome: Outcome) -> None:
        """Count one message. A duplicate counts as unchanged."""
        name = Outcome.UNCHANGED if outcome is Outcome.DUPLICATE else outcome
        setattr(self, name.value, getattr(self, name.value) + 1)


@dataclass(slots=True)
class Report:
    """What became of a run: its files in the order of their names, and all problems."""

    files: list[FileReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything was loaded."""
        return not self.problems

    def _total(self, name: str) -> int:
        return sum(getattr(file, name) for file in self.files)

    @property
    def loaded(self) -> int:
        return self._total("loaded")

    @property
    def unchanged(self) -> int:
        return self._total("unchanged")

    @property
    def superseded(self) -> int:
        return self._total("superseded")

    @property
    def failed(self) -> int:
        return self._total("failed")
