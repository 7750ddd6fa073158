"""The portal of docs/examples, as another server of another origin."""

import asyncio
import importlib.util
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from auth import keys, origins
from auth.permissions import READING, Permission
from db.session import Database
from seeding.run import REFERENCE
from tests.web.browser.server import Server

FILE = Path(__file__).parents[3] / "docs" / "examples" / "portal" / "portal.py"
_CLIENTS = itertools.count(1)


@contextmanager
def serving_portal(
    server: Server, *, customer: str | None, registered: bool = True
) -> Iterator[Any]:
    """The example, over that server; `registered` says whether its origin is."""
    spec = importlib.util.spec_from_file_location("portal_example", FILE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    with example.Portal(0, api=server.url, key="", customer=customer) as portal:
        portal.key = asyncio.run(_key(server, portal.origin if registered else None))
        # Origins are read once a second.
        server.passed += 2
        thread = threading.Thread(target=portal.serve_forever, name="portal")
        thread.start()
        try:
            yield portal
        finally:
            portal.shutdown()
            thread.join()


async def _key(server: Server, origin: str | None) -> str:
    database = Database(server.settings.database_url)
    try:
        tenant, client = server.book.demo_tenant_number, f"Portal {next(_CLIENTS)}"
        key = await keys.create(
            database,
            tenant_number=tenant,
            client_name=client,
            now=REFERENCE,
            permissions=READING | {Permission.WIDGET_SESSIONS_CREATE},
        )
        if origin is not None:
            await origins.add(
                database, tenant_number=tenant, client_name=client, origin=origin, now=REFERENCE
            )
        return key.text
    finally:
        await database.close()
