"""How much a client may send, and ask for at once and over time."""

from dataclasses import dataclass

from execution.limits import Limits
from ratelimit.buckets import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits(Limits):
    """All limits of one request: those of its document (`execution.limits`) and those of HTTP."""

    header_bytes: int = 32 * 1024
    """Size of a request line, with its query string, and of all headers together, in bytes."""
    headers: int = 100
    """Headers of a request."""
    header_seconds: float = 10.0
    """Time in which the request line and all headers must have arrived."""
    idle_seconds: float = 75.0
    """How long a connection may wait for its first or next request. Longer than the 60 s for which
    load balancers keep idle connections: if the server closed a connection first, a request on its
    way would be lost."""
    write_seconds: float = 30.0
    """How long a client may take next to nothing of its answer."""
    body_bytes: int = 256 * 1024
    """Size of a request body, in bytes."""
    body_seconds: float = 10.0
    """Time in which the whole body must have arrived."""
    intake_bytes: int = 1024 * 1024
    """Size of a body that reports orders and progress, in bytes."""
    intake_messages: int = 100
    """Messages in such a body."""
    cost: int = 10_000
    """Points that one operation may cost: see `execution.cost`."""
    rate_points: int = 60_000
    """Points that a client may use at once; they come back steadily."""
    rate_seconds: float = 60.0
    """Time in which all of them come back."""
    concurrent: int = 8
    """Requests of one client that are served at once. Fewer than there are database connections,
    or one client could keep all others waiting."""
    request_seconds: float = 10.0
    """Time that authentication may take, and again executing an operation."""
    variable_values: int = 2_000
    """Values in an operation's variables, including those within lists and objects."""
    preparing_share: float = 0.25
    """Largest share of a process's time for parsing and validating one client's new documents; 1
    for all of it."""

    @property
    def rate(self) -> Policy:
        return Policy(self.rate_points, self.rate_seconds)
