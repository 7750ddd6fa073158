"""`demo`: serve a made-up order book, and send the example query to it over HTTP."""

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
from sqlalchemy import select

from app import create_app, set_up_logging
from auth.admin import credentials, origins
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from commands.base import Mistake, load_settings, now, open_database
from commands.data import migrate_database, seed_database
from commands.serving import listen, origin, server_config
from db.models import Contract, Customer, Offer, Order, OrderExternalId, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from settings import Settings
from web.assets import DemoContent

QUERY_FILE = Path(__file__).parent.parent / "web" / "graphiql" / "examples" / "01-order.graphql"
"""The example query, which the README shows too, and GraphiQL in its first tab."""

_FILE = Path("var", "demo.sqlite3")
_ABOUT = Path("var", "demo.json")
"""Tenant and order to show; written after the order book is complete."""
_CLIENT = "partnergraph demo"
_PORTAL = "partnergraph demo portal"
_ORDERS = 2_000
_LOCAL = {"localhost", "127.0.0.1"}
_KEPT_SECONDS = 2 * 24 * 3600
_SEED = 1


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="PORT",
    help="Port to listen on. Default: PORT, or 8000.",
)
@click.option("--fresh", is_flag=True, help="Make a new order book.")
@click.option("--once", is_flag=True, help="Stop after printing the answer.")
def demo(port: int | None, fresh: bool, once: bool) -> None:
    """Serve a made-up order book from var/demo.sqlite3, and print the answer to one query.

    Each start revokes the previous API key and makes a new one, which GraphiQL sends. Since every
    visitor gets this key, PARTNERGRAPH_DATABASE_URL is ignored, so that the demo never exposes
    other data. Needs the extra `demo` of the installation (the package faker).
    """
    settings = load_settings(
        database_url=f"sqlite+aiosqlite:///{_FILE}",
        port=port,
        workers=1,
        # Keeps log lines from the terminal, which shows the answer, unless they are asked for.
        log_level=os.environ.get("PARTNERGRAPH_LOG_LEVEL") or "warning",
    )
    # First, because it fails most often, and the rest takes a while.
    with listen(settings, chosen_by="--port or PORT, like PORT=9000 make demo") as listener:
        if "public_url" not in settings.model_fields_set:
            settings = settings.model_copy(update={"public_url": origin(settings, listener)})
        try:
            content = _prepare(settings, fresh=fresh)
        except OSError as error:
            raise Mistake(
                f"The demo cannot store its order book in {_FILE.parent.absolute()}: "
                f"{error.strerror or error}."
            ) from None
        set_up_logging(settings)
        server = _DemoServer(settings, content, listener, once=once)
        # uvicorn raises the signal again after an orderly stop.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    if server.failure:
        raise Mistake(server.failure)


async def demo_content(settings: Settings, tenant: str, order: str) -> DemoContent:
    """Make new keys of the partner, and return what the pages of the demo use."""
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
        key = await _new_key(database, tenant, _CLIENT, READ_SCOPES | {OAuthScope.ORDERS_COMMENT})
        # Another key makes the widget's sessions. It stays on the server.
        portal = await _new_key(
            database, tenant, _PORTAL, READ_SCOPES | {OAuthScope.WIDGET_SESSIONS_CREATE}
        )
        await _register_own_pages(database, tenant, settings)
    return DemoContent(
        api_key=key,
        order_number=order,
        # The last one is an example of an unknown reference.
        references=[*references, "UNKNOWN-1"],
        portal_key=portal,
        customer_number=customer,
    )


def _prepare(settings: Settings, *, fresh: bool) -> DemoContent:
    """Make the order book, if it is missing or old, and new keys."""
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
    """Tell whether there is a recent order book, in which "since last week" finds orders."""
    if not (_FILE.exists() and _ABOUT.exists()):
        return False
    return time.time() - _ABOUT.stat().st_mtime < _KEPT_SECONDS


async def _new_key(
    database: Database, tenant: str, client: str, scopes: frozenset[OAuthScope]
) -> str:
    """Make a key of a client and revoke its previous ones."""
    moment = now()
    await credentials.revoke_all(database, client, now=moment)
    key = await credentials.create_key(
        database, tenant_number=tenant, client_name=client, now=moment, scopes=scopes
    )
    return key.secret


async def _register_own_pages(database: Database, tenant: str, settings: Settings) -> None:
    """Register the origins of this server's own pages, and remove all others."""
    url = settings.public_url
    name = urlsplit(url).hostname
    own = {url.replace(f"//{name}", f"//{host}") for host in _LOCAL} if name in _LOCAL else {url}
    for listed in await origins.list_origins(database, tenant):
        if listed.client_name == _PORTAL and listed.origin not in own:
            await origins.remove(
                database, tenant_number=tenant, client_name=_PORTAL, origin=listed.origin, now=now()
            )
    for own_origin in sorted(own):
        # An origin that is refused, like http on another host, has GraphiQL but no widget.
        with suppress(origins.UnusableOriginError):
            await origins.add(
                database, tenant_number=tenant, client_name=_PORTAL, origin=own_origin, now=now()
            )


class _DemoServer(uvicorn.Server):
    """Sends the example query to itself after the start, and prints the answer."""

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
            click.echo("\nThe server runs until Ctrl-C.")


def _ask_once(url: str, content: DemoContent) -> list[str]:
    """Send the example query as a partner's system would, and return the lines to print."""
    query = QUERY_FILE.read_text(encoding="utf-8").strip()
    variables = {"number": content.order_number}
    started = time.perf_counter()
    answer = _post(url, content.api_key, {"query": query, "variables": variables})
    milliseconds = (time.perf_counter() - started) * 1000
    if "errors" in answer:
        raise ValueError(answer["errors"][0]["message"])
    # The example's comments are lines of their own.
    lines = (line.strip() for line in query.splitlines())
    one_line = " ".join(line for line in lines if line and not line.startswith("#"))
    body = json.dumps({"query": one_line, "variables": variables})
    curl = (
        f"curl -s {url}/graphql {_header('Authorization', f'Bearer {content.api_key}')} "
        f"{_header('Content-Type', 'application/json')} -d {shlex.quote(body)}"
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
        click.style("What to try next", bold=True),
        "",
        f"GraphiQL  {url}/graphiql (sends the demo's key)",
        f"Widget    {url}/widget/ (as a portal shows it)",
        f"Schema    {url}/schema.graphql",
        f"Key       {content.api_key}",
        "",
        curl,
    ]


def _header(name: str, value: str) -> str:
    return f"-H {shlex.quote(f'{name}: {value}')}"


def _post(url: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - always http, to this process
        f"{url}/graphql",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    # A configured proxy would not lead to this process.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
        return answer
