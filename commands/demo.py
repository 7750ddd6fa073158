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

import click
import uvicorn
from graphql.utilities import strip_ignored_characters
from sqlalchemy import select

from app import create_app
from auth import keys
from commands.base import Mistake, load_settings, now, open_database
from commands.data import migrate_database, seed_database
from commands.serving import listen, origin, server_config, set_up_logging
from db.models import ApiClient, Contract, Offer, Order, OrderExternalId, Tenant
from db.scope import Scope
from db.vocabulary import OrderPhase
from settings import Settings
from web.assets import DemoContent

QUERY_FILE = Path(__file__).parent.parent / "web" / "graphiql" / "examples" / "01-order.graphql"
"""The one query: here, in the README, and first in GraphiQL."""

_FILE = Path("var", "demo.sqlite3")
_CLIENT = "partnergraph demo"
_ORDERS = 2_000
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
    with listen(settings) as listener:
        content = _prepare(settings, fresh=fresh)
        set_up_logging(settings)
        server = _DemoServer(settings, content, listener, once=once)
        # By the time it raises the signal once more, the server has stopped in order.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    if server.failure:
        raise Mistake(server.failure)


def _prepare(settings: Settings, *, fresh: bool) -> DemoContent:
    """A whole order book, and a new key to it."""
    if fresh:
        _remove()
    _FILE.parent.mkdir(exist_ok=True)
    migrate_database(settings)
    begun, finished = asyncio.run(_progress_of_book(settings))
    if not finished:
        if begun:
            _remove()
            migrate_database(settings)
        asyncio.run(seed_database(settings, orders=_ORDERS, seed=_SEED))
    return asyncio.run(_content(settings))


def _remove() -> None:
    for file in _FILE.parent.glob(f"{_FILE.name}*"):
        file.unlink()


async def _progress_of_book(settings: Settings) -> tuple[bool, bool]:
    """Whether the seeding has begun, and whether it came to its end: the client is made after."""
    async with open_database(settings) as database, database.read(Scope.carrier()) as session:
        begun = await session.scalar(select(Tenant.id).limit(1))
        client = await session.scalar(select(ApiClient.id).where(ApiClient.name == _CLIENT))
        return begun is not None, client is not None


async def _content(settings: Settings) -> DemoContent:
    """The newest order that came all the way to a contract, and a key of its partner."""
    statement = (
        select(
            Tenant.number.label("partner"),
            Order.number.label("order_number"),
            Offer.number.label("offer"),
            Contract.number.label("contract"),
            OrderExternalId.value.label("reference"),
        )
        .join(Tenant, Tenant.id == Order.root_tenant_id)
        .join(Offer, Offer.id == Order.offer_id)
        .join(Contract, Contract.id == Order.contract_id)
        .join(OrderExternalId, OrderExternalId.order_id == Order.id)
        .where(Order.phase == OrderPhase.COMPLETED)
        .order_by(Order.received_at.desc(), Order.number, OrderExternalId.position)
        .limit(1)
    )
    async with open_database(settings) as database:
        async with database.read(Scope.carrier()) as session:
            [found] = await session.rows(statement)
        moment = now()
        await keys.revoke_of_client(database, _CLIENT, now=moment)
        key = await keys.create(
            database, tenant_number=found.partner, client_name=_CLIENT, now=moment
        )
    return DemoContent(
        api_key=key.text,
        order_number=found.order_number,
        # The last one shows what an unknown reference looks like.
        references=[found.reference, found.offer, found.contract, "UNKNOWN-1"],
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
