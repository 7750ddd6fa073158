"""What was wrong with some input: where, and why."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class InvalidError(Exception):
    """A message cannot be taken in. Carries each JSON path and reason."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in problems))
        self.problems = problems


class Outcome(StrEnum):
    LOADED = "loaded"
    UNCHANGED = "unchanged"
    """Taken in before, or without anything new."""
    SUPERSEDED = "superseded"
    """Older than what was reported since: it did not change that."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that did not load."""

    file: Path
    path: str
    """JSON path, `$.productOrderItem[1].quantity` say."""
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: {self.reason}"


@dataclass(slots=True)
class FileReport:
    """How the messages of one file fared."""

    file: Path
    loaded: int = 0
    unchanged: int = 0
    superseded: int = 0
    failed: int = 0

    def count(self, outcome: Outcome) -> None:
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)


@dataclass(slots=True)
class Report:
    """How a run fared: its files in the order of their names, and everything that did not load."""

    files: list[FileReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything loaded."""
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
