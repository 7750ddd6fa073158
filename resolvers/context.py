"""What a resolver may use: one `Context` an operation."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import strawberry

from auth.principal import Principal
from db.session import ReadSession
from ordering.request_clock import RequestClock
from resolvers.loaders import Loaders


@dataclass
class Context:
    principal: Principal
    session: ReadSession
    """One snapshot for the whole operation."""
    accept_language: str | None = None
    present: RequestClock = field(default_factory=lambda: RequestClock(datetime.now(UTC)))
    """The only clock: it knows how long an answer holds."""
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.session)

    @property
    def statements(self) -> int:
        """Database statements sent so far."""
        return self.session.statements


Info = strawberry.Info[Context, None]
