"""What a resolver may use: one `Context` an operation."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import strawberry

from auth.principal import Principal
from db.session import ReadSession
from resolvers.loaders import Loaders

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Context:
    principal: Principal
    session: ReadSession
    """One snapshot for the whole operation."""
    accept_language: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    loaders: Loaders = field(init=False)

    @property
    def today(self) -> date:
        """The day where the carrier is."""
        return self.now.astimezone(BERLIN).date()

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.session)


Info = strawberry.Info[Context, None]
