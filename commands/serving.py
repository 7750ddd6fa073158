"""`serve`: the server, in one process or several."""

import asyncio
import os
import socket

import click
import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app import set_up_logging
from commands.base import Mistake, load_settings, open_database
from settings import PREFIX, Settings

log = structlog.get_logger("serve")


@click.command()
@click.option("--host", metavar="ADDRESS", help="Default: PARTNERGRAPH_HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: PARTNERGRAPH_PORT, or 8000.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes (PostgreSQL only).")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Answer GraphQL at /graphql until Ctrl-C or SIGTERM.

    Requests that have begun are answered before the server stops. Logs are JSON lines on standard
    error, one an operation.
    """
    settings = load_settings(host=host, port=port, workers=workers)
    asyncio.run(_check(settings))
    listener = listen(settings)
    if "public_url" not in settings.model_fields_set:
        os.environ[f"{PREFIX}PUBLIC_URL"] = origin(settings, listener)
    # A worker process gets nothing but its environment, so the application is made from that.
    config = server_config("app:from_environment", settings, factory=True)
    set_up_logging(settings)
    # uvicorn is silent about a socket that it was handed.
    log.info("listening", url=origin(settings, listener))
    try:
        if settings.workers > 1:
            Multiprocess(config, sockets=[listener]).run()
        else:
            uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # The server has stopped in order by now, and raises the signal once more.
        return


def listen(settings: Settings, *, chosen_by: str = "--port or PARTNERGRAPH_PORT") -> socket.socket:
    """A socket on the settings' address; a Mistake where there can be none."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        raise Mistake(
            f"Cannot listen on {settings.host} port {settings.port}: {reason}. "
            f"Choose another by {chosen_by}."
        ) from None
    listener.set_inheritable(True)
    return listener


def origin(settings: Settings, listener: socket.socket) -> str:
    """Where a browser on this machine finds the server."""
    everywhere = settings.host in {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound
    host = "localhost" if everywhere else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def server_config(app: ASGIApp | str, settings: Settings, *, factory: bool) -> uvicorn.Config:
    """How uvicorn serves here."""
    return uvicorn.Config(
        app,
        factory=factory,
        workers=settings.workers,
        lifespan="on",
        # Our own line for each operation is the log; uvicorn's handlers would print over it.
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        # Longer than the minute for which load balancers keep idle connections: the side that
        # closes first must not be ours, or a request that is on its way is lost.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        # A worker that answers its supervisor no sooner is replaced. It cannot while it imports,
        # which takes a busy machine longer than the usual five seconds: no worker would ever serve.
        timeout_worker_healthcheck=60,
    )


async def _check(settings: Settings) -> None:
    async with open_database(settings):
        pass
