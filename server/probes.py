"""The probes of load balancers and orchestrators: `/healthz` and `/readyz`."""

import asyncio

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from db.migrations import state
from db.session import Database

READY_SECONDS = 5.0
"""How long `/readyz` waits for the database: probes give up soon after."""

_NO_STORE = {"Cache-Control": "no-store"}
log = structlog.get_logger("app")


def probe_routes(database: Database) -> list[Route]:
    readiness = Readiness(database)
    return [Route("/healthz", healthz), Route("/readyz", readiness.respond)]


async def healthz(_request: Request) -> Response:
    """200: the process answers. It checks nothing else, or a slow database would restart it."""
    return JSONResponse({"status": "ok"}, headers=_NO_STORE)


class Readiness:
    """200 while the database answers and has the tables this program expects, 503 otherwise."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    async def respond(self, _request: Request) -> Response:
        reason = await self._reason()
        body = {"status": "unavailable", "reason": reason} if reason else {"status": "ready"}
        return JSONResponse(body, 503 if reason else 200, _NO_STORE)

    async def _reason(self) -> str | None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                applied = await state.applied(self._engine)
        except Exception:
            # The driver's message may name hosts and roles: it is for the log alone.
            log.warning("the database cannot be reached", exc_info=True)
            return "The database cannot be reached."
        if applied == state.expected():
            return None
        return (
            f"The database is at revision {applied or 'none'}, this program expects "
            f"{state.expected()}: run `partnergraph migrate`."
        )
