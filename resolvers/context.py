"""The request context of resolvers. Each operation has one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import strawberry

from auth.principal import Principal
from db.session import ReadSession
from ordering.request_clock import RequestClock
from ratelimit.buckets import Quota
from resolvers.loaders import Loaders


@dataclass
class Context:
    principal: Principal
    session: ReadSession
    """One read-only snapshot for the whole operation."""
    quota: Callable[[], Quota | None]
    """Reads the caller's rate limit, after the cost of this operation. None without a limit."""
    accept_language: str | None = None
    present: RequestClock = field(default_factory=lambda: RequestClock(datetime.now(UTC)))
    """The only clock of resolvers. It notes until when the answer is valid."""
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.session)

    @property
    def statements(self) -> int:
        """Database statements sent so far."""
        return self.session.statements


Info = strawberry.Info[Context, None]
