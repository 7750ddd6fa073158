"""`serve`: run the server, in one process or several."""

import asyncio
import os
import socket
from functools import partial
from typing import cast

import click
import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app import set_up_logging
from commands.base import Mistake, load_settings, open_database
from server.http_protocol import LimitedHttpProtocol
from settings import PREFIX, Settings

log = structlog.get_logger("serve")


@click.command()
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Address to listen on. Default: PARTNERGRAPH_HOST, or 127.0.0.1.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on. Default: PARTNERGRAPH_PORT, or 8000.",
)
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes (PostgreSQL only).")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve GraphQL at /graphql until Ctrl-C or SIGTERM.

    The server answers the requests in progress before it stops. It logs JSON lines to standard
    error, one for each operation.
    """
    settings = load_settings(host=host, port=port, workers=workers)
    asyncio.run(_check(settings))
    listener = listen(settings)
    if "public_url" not in settings.model_fields_set:
        os.environ[f"{PREFIX}PUBLIC_URL"] = origin(settings, listener)
    # A worker process only has its environment, so the application is made from that.
    config = server_config("app:from_environment", settings, factory=True)
    set_up_logging(settings)
    # uvicorn does not log the address of a socket that it was given.
    log.info("listening", url=origin(settings, listener))
    try:
        if settings.workers > 1:
            Multiprocess(config, sockets=[listener]).run()
        else:
            uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn raises the signal again after an orderly stop.
        return


def listen(settings: Settings, *, chosen_by: str = "--port or PARTNERGRAPH_PORT") -> socket.socket:
    """Return a socket that listens on the configured address. Raises Mistake."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        raise Mistake(
            f"Cannot listen on {settings.host} port {settings.port}: {reason}. "
            f"Choose another with {chosen_by}."
        ) from None
    listener.set_inheritable(True)
    return listener


def origin(settings: Settings, listener: socket.socket) -> str:
    """Return the URL by which a browser on this machine reaches the server."""
    everywhere = settings.host in {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound
    host = "localhost" if everywhere else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def server_config(app: ASGIApp | str, settings: Settings, *, factory: bool) -> uvicorn.Config:
    """Return the configuration of uvicorn."""
    return uvicorn.Config(
        app,
        factory=factory,
        workers=settings.workers,
        # A partial, which a worker process can be given: uvicorn only calls it.
        http=cast("type[asyncio.Protocol]", partial(LimitedHttpProtocol, limits=settings.limits)),
        lifespan="on",
        # The operation log replaces uvicorn's access log.
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=settings.shutdown_seconds,
        # The supervisor replaces a worker that does not respond in time. While it imports, a worker
        # cannot respond, and on a busy machine that takes longer than the default of 5 s.
        timeout_worker_healthcheck=60,
    )


async def _check(settings: Settings) -> None:
    async with open_database(settings):
        pass
