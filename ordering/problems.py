"""Problems of a mutation's input, as data: its client can act on each of them.

The graph shows these classes as errors (`schema.mutations.errors`). `path` leads to the value below
`input`, by the names of the graph.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

Path = tuple[str, ...]


class UserErrorCode(StrEnum):
    """Clients branch on these codes: they never change meaning."""

    INVALID_FIELD = "INVALID_FIELD"
    NOT_FOUND = "NOT_FOUND"
    KEY_REUSED = "KEY_REUSED"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the input, or with a value in it."""

    code: ClassVar[UserErrorCode]
    message: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class InvalidField(Problem):
    """A value breaks a rule, which has a stable name."""

    code: ClassVar[UserErrorCode] = UserErrorCode.INVALID_FIELD
    rule: str


@dataclass(frozen=True, slots=True)
class NotFound(Problem):
    """The input names an object that does not exist, or that its client may not see."""

    code: ClassVar[UserErrorCode] = UserErrorCode.NOT_FOUND


@dataclass(frozen=True, slots=True)
class KeyReused(Problem):
    """The idempotency key belongs to another request."""

    code: ClassVar[UserErrorCode] = UserErrorCode.KEY_REUSED
    first_used_at: datetime


class RejectedError(Exception):
    """The input has problems. The transaction has to be rolled back."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class Problems:
    """Collects the problems of an input, so that all are reported at once."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def invalid(self, path: Path, rule: str, message: str) -> None:
        self._problems.append(InvalidField(message, path, rule))

    def not_found(self, path: Path, message: str) -> None:
        self._problems.append(NotFound(message, path))

    def __bool__(self) -> bool:
        return bool(self._problems)

    def rejected(self) -> RejectedError:
        """The exception for what was found."""
        return RejectedError(tuple(self._problems))

    def reject_if_any(self) -> None:
        """Raises RejectedError if there are problems."""
        if self._problems:
            raise self.rejected()
