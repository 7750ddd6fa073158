"""`demo`: a server over a made-up order book, and the one query sent to it over HTTP."""

import asyncio
import json
import os
import shlex
import socket
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import uvicorn
from graphql.utilities import strip_ignored_characters
from sqlalchemy import select

from app import create_app, set_up_logging
from auth import keys, origins
from auth.oauth_scopes import READING, OAuthScope
from commands.base import Mistake, load_settings, now, open_database
from commands.data import migrate_database, seed_database
from commands.serving import listen, origin, server_config
from db.models import Contract, Customer, Offer, Order, OrderExternalId, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from settings import Settings
from web.assets import DemoContent

QUERY_FILE = Path(__file__).parent.parent / "web" / "graphiql" / "examples" / "01-order.graphql"
"""The one query: here, in the README, and first in GraphiQL."""

_FILE = Path("var", "demo.sqlite3")
_ABOUT = Path("var", "demo.json")
"""What the order book's showcase is; written when the book is whole."""
_CLIENT = "partnergraph demo"
_PORTAL = "partnergraph demo portal"
_ORDERS = 2_000
_LOCAL = {"localhost", "127.0.0.1"}
_KEPT_SECONDS = 2 * 24 * 3600
_SEED = 1


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), envvar="PORT", help="Default: PORT, or 8000."
)
@click.option("--fresh", is_flag=True, help="Make the order book anew.")
@click.option("--once", is_flag=True, help="Stop after printing the answer.")
def demo(port: int | None, fresh: bool, once: bool) -> None:
    """Serve a made-up order book from var/demo.sqlite3 and show what the one query answers.

    Each start makes a new key, which GraphiQL carries, and revokes the former ones. Since every
    visitor gets that key, PARTNERGRAPH_DATABASE_URL is not read: a database of your own is never
    served like this.
    """
    settings = load_settings(
        database_url=f"sqlite+aiosqlite:///{_FILE}",
        port=port,
        workers=1,
        # The terminal is for the answer; whoever wants the lines of the log asks for them.
        log_level=os.environ.get("PARTNERGRAPH_LOG_LEVEL") or "warning",
    )
    # First, because it fails most often and the rest takes a while.
    with listen(settings, chosen_by="--port or PORT, like PORT=9000 make demo") as listener:
        if "public_url" not in settings.model_fields_set:
            settings = settings.model_copy(update={"public_url": origin(settings, listener)})
        try:
            content = _prepare(settings, fresh=fresh)
        except OSError as error:
            raise Mistake(
                f"The demo cannot keep its order book in {_FILE.parent.absolute()}: "
                f"{error.strerror or error}."
            ) from None
        set_up_logging(settings)
        server = _DemoServer(settings, content, listener, once=once)
        # By the time it raises the signal once more, the server has stopped in order.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    if server.failure:
        raise Mistake(server.failure)


async def demo_content(settings: Settings, tenant: str, order: str) -> DemoContent:
    """What the pages have in demo mode: new keys of the partner, and its showcase order."""
    statement = (
        select(OrderExternalId.value, Offer.number, Contract.number, Customer.number)
        .join(Order, Order.id == OrderExternalId.order_id)
        .join(Tenant, Tenant.id == Order.tenant_id)
        .join(Offer, Offer.id == Order.offer_id)
        .join(Contract, Contract.id == Order.contract_id)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Order.number == order, Tenant.number == tenant)
        .limit(1)
    )
    async with open_database(settings) as database:
        async with database.read(TenantScope.carrier()) as session:
            [(*references, customer)] = await session.rows(statement)
        key = await _new_key(database, tenant, _CLIENT, READING)
        # Apart from the one that visitors get: what makes sessions stays with the server.
        portal = await _new_key(
            database, tenant, _PORTAL, READING | {OAuthScope.WIDGET_SESSIONS_CREATE}
        )
        await _register_own_pages(database, tenant, settings)
    return DemoContent(
        api_key=key,
        order_number=order,
        # The last one shows what an unknown reference looks like.
        references=[*references, "UNKNOWN-1"],
        portal_key=portal,
        customer_number=customer,
    )


def _prepare(settings: Settings, *, fresh: bool) -> DemoContent:
    """A whole order book, and a new key to it."""
    if fresh or not _is_current():
        for file in (_ABOUT, *_FILE.parent.glob(f"{_FILE.name}*")):
            file.unlink(missing_ok=True)
    _FILE.parent.mkdir(exist_ok=True)
    migrate_database(settings)
    if not _ABOUT.exists():
        book = asyncio.run(seed_database(settings, orders=_ORDERS, seed=_SEED, present=now()))
        about = {"tenant": book.demo_tenant_number, "order": book.showcase_order_number}
        _ABOUT.write_text(json.dumps(about), encoding="utf-8")
    about = json.loads(_ABOUT.read_text(encoding="utf-8"))
    return asyncio.run(demo_content(settings, about["tenant"], about["order"]))


def _is_current() -> bool:
    """Whether there is an order book, of these days: "since last week" must find something."""
    if not (_FILE.exists() and _ABOUT.exists()):
        return False
    return time.time() - _ABOUT.stat().st_mtime < _KEPT_SECONDS


async def _new_key(
    database: Database, tenant: str, client: str, permissions: frozenset[OAuthScope]
) -> str:
    """A key of the client, whose former ones are revoked."""
    moment = now()
    await keys.revoke_of_client(database, client, now=moment)
    key = await keys.create(
        database, tenant_number=tenant, client_name=client, now=moment, permissions=permissions
    )
    return key.text


async def _register_own_pages(database: Database, tenant: str, settings: Settings) -> None:
    """Let the pages of this server ask, by each name that a browser may know it by; no others."""
    url = settings.public_url
    name = urlsplit(url).hostname
    own = {url.replace(f"//{name}", f"//{host}") for host in _LOCAL} if name in _LOCAL else {url}
    for listed in await origins.list_origins(database, tenant):
        if listed.client_name == _PORTAL and listed.origin not in own:
            await origins.remove(
                database,
                tenant_number=tenant,
                client_name=_PORTAL,
                origin=listed.origin,
                now=now(),
            )
    for own_origin in sorted(own):
        # One that is not safe, like plain http from elsewhere, has GraphiQL alone.
        with suppress(origins.UnusableOriginError):
            await origins.add(
                database, tenant_number=tenant, client_name=_PORTAL, origin=own_origin, now=now()
            )


class _DemoServer(uvicorn.Server):
    """Asks itself the one query as soon as it answers."""

    def __init__(
        self, settings: Settings, content: DemoContent, listener: socket.socket, *, once: bool
    ) -> None:
        app = create_app(settings, demo=content)
        super().__init__(server_config(app, settings, factory=False))
        self.failure: str | None = None
        self._content = content
        self._origin = origin(settings, listener)
        self._once = once

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            for line in await asyncio.to_thread(_ask_once, self._origin, self._content):
                click.echo(line)
        except Exception as error:
            self.failure = f"The demo's query failed: {error}"
        if self._once or self.failure:
            self.should_exit = True
        else:
            click.echo("\nThe server goes on until Ctrl-C.")


def _ask_once(url: str, content: DemoContent) -> list[str]:
    """Send the one query as a partner's system would; what to print of it."""
    query = QUERY_FILE.read_text(encoding="utf-8").strip()
    variables = {"number": content.order_number}
    started = time.perf_counter()
    answer = _post(url, content.api_key, {"query": query, "variables": variables})
    milliseconds = (time.perf_counter() - started) * 1000
    if "errors" in answer:
        raise ValueError(answer["errors"][0]["message"])
    again = json.dumps({"query": strip_ignored_characters(query), "variables": variables})
    curl = (
        f"curl -s {url}/graphql {_header('Authorization', f'Bearer {content.api_key}')} "
        f"{_header('Content-Type', 'application/json')} -d {shlex.quote(again)}"
    )
    return [
        click.style("One request, from order to contract", bold=True),
        "",
        query,
        "",
        click.style(
            f"Variables {json.dumps(variables)}, answered in {milliseconds:.0f} ms", bold=True
        ),
        "",
        json.dumps(answer, indent=2, ensure_ascii=False),
        "",
        click.style("Go on from here", bold=True),
        "",
        f"GraphiQL  {url}/graphiql (carries the demo's key)",
        f"Widget    {url}/widget/ (as a page of a portal shows it)",
        f"Schema    {url}/schema.graphql",
        f"Key       {content.api_key}",
        "",
        curl,
    ]


def _header(name: str, value: str) -> str:
    return f"-H {shlex.quote(f'{name}: {value}')}"


def _post(url: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - always http, to ourselves
        f"{url}/graphql",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    # Whatever proxy this machine uses, it does not lead to this process.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
        return answer
