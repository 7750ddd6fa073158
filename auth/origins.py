"""Registered origins: their pages may send requests from a browser, with widget sessions of the
client that registered them.

An origin is what browsers send as `Origin` (RFC 6454). It is compared exactly, without wildcards: a
subdomain under the control of another party must not match.
"""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from auth.clock import Clock
from auth.tenant_scope import SYSTEM_SCOPE
from auth.ttl_cache import Lookup
from db.models import WidgetOrigin
from db.session import Database


class Origins:
    """Finds the clients that registered an origin. One per process.

    All origins are read together, once a second: made-up origins cost no statement.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._all = Lookup(clock.monotonic, self._read)

    async def clients(self, origin: str | None) -> frozenset[UUID]:
        """Ids of the clients that registered the origin; empty if none did."""
        if not origin:
            return frozenset()
        return (await self._all.find(None) or {}).get(origin, frozenset())

    async def _read(self, _key: None) -> Mapping[str, frozenset[UUID]]:
        clients = defaultdict(set)
        async with self._database.read(SYSTEM_SCOPE) as session:
            for row in await session.rows(select(WidgetOrigin.origin, WidgetOrigin.client_id)):
                clients[row.origin].add(row.client_id)
        return {origin: frozenset(ids) for origin, ids in clients.items()}
