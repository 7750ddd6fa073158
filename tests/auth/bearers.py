"""A worker's authentication of bearers, without the rest of the server."""

from auth.bearer import BearerAuthenticator
from auth.clock import Clock
from auth.credentials import Credentials
from auth.failed_sign_ins import FailedSignIns
from auth.login_throttle import LoginThrottle
from auth.principal import Principal
from db.session import Database
from ratelimit.buckets import LocalBuckets, Policy


class Bearers:
    def __init__(self, database: Database, clock: Clock) -> None:
        self.credentials = Credentials(database, clock)
        self._failures = FailedSignIns(database, clock)
        # Enough for every test: what a throttle refuses is tested apart.
        points = LocalBuckets(Policy(1_000, 60.0), clock.monotonic)
        self._authenticator = BearerAuthenticator(
            self.credentials,
            clock,
            throttle=LoginThrottle(points, clock.monotonic),
            failures=self._failures,
            verifiers={},
        )

    async def principal(self, authorization: str | None) -> Principal:
        return await self._authenticator.principal(authorization)

    async def close(self) -> None:
        await self.credentials.close()
        await self._failures.close()
