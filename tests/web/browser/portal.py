"""Runs the example portal of docs/examples: another server with another origin."""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from auth.admin import credentials, origins
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.session import Database
from seeding.run import REFERENCE
from tests.web.browser.server import Server

FILE = Path(__file__).parents[3] / "docs" / "examples" / "portal" / "portal.py"

_clients = itertools.count(1)


@dataclass(frozen=True)
class Portal:
    origin: str

    def session(self) -> str:
        """Request a session token, as the portal's own page does."""
        request = urllib.request.Request(  # noqa: S310 - always http, to this machine
            f"{self.origin}/orders-session", b"", {"Origin": self.origin}
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=30) as response:
            token: str = json.load(response)["token"]
            return token


@contextmanager
def serving_portal(
    server: Server, *, customer: str | None = None, registered: bool = True
) -> Iterator[Portal]:
    """Run the example portal for the server; `registered` registers its origin."""
    client = f"Portal {next(_clients)}"
    command = [sys.executable, str(FILE), "--api", server.url, "--port", "0"]
    command += ["--customer", customer] if customer else []
    environment = os.environ | {"PARTNERGRAPH_KEY": asyncio.run(_key(server, client))}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            portal = Portal(process.stdout.readline().removeprefix("The portal is at ").strip())
            if registered:
                asyncio.run(_register(server, client, portal.origin))
                # The server reads registered origins once a second.
                server.passed += 2
            yield portal
        finally:
            process.terminate()


async def _key(server: Server, client: str) -> str:
    database = Database(server.settings.database_url)
    try:
        key = await credentials.create_key(
            database,
            tenant_number=server.book.demo_tenant_number,
            client_name=client,
            now=REFERENCE,
            scopes=READ_SCOPES | {OAuthScope.WIDGET_SESSIONS_CREATE},
        )
        return key.secret
    finally:
        await database.close()


async def _register(server: Server, client: str, origin: str) -> None:
    database = Database(server.settings.database_url)
    try:
        await origins.add(
            database,
            tenant_number=server.book.demo_tenant_number,
            client_name=client,
            origin=origin,
            now=REFERENCE,
        )
    finally:
        await database.close()
