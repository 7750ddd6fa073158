"""Points that come back with time, as far as this package needs them (`ratelimit.buckets`)."""

from typing import Protocol


class Quota(Protocol):
    @property
    def refused(self) -> bool: ...

    @property
    def retry_seconds(self) -> int: ...


class Points(Protocol):
    """A bucket for each name."""

    def exhausted(self, client: str, /) -> Quota | None:
        """Says when to come back if there is not even one point, as far as this process knows."""
        ...

    async def take(self, client: str, points: float, /) -> Quota:
        """Take the points, or refuse: the quota then says when to come back."""
        ...
