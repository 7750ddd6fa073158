"""The boundary: every request enters and every response leaves the process here.

An endpoint's request is authenticated, admitted and handled (`server.endpoint`); what it raises is
mapped and masked, one line is logged, and the response is sent with the headers of one table.
Endpoints are found by their exact path first. Starlette routes everything else: pages, static
files, probes, and paths with parameters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Lifespan, Message, Receive, Scope, Send

from auth.login_throttle import set_source
from execution.errors import ErrorCode, drop_tracebacks
from server.bodies import ClientDisconnectedError
from server.cors import is_preflight, preflight
from server.endpoint import Endpoint, Exchange
from server.errors import (
    GRAPHQL_ERRORS,
    RequestRefusedError,
    header_too_long,
    method_not_allowed,
)
from server.requests import LONGEST, Request
from server.responses import HeaderTable, Response, completed

MOST_LOGGED_ERRORS = 5
"""Tracebacks logged for one request: a field that fails for 250 rows fails in one way."""

_REQUEST = "partnergraph.request"
_FAILURE_HEADERS = HeaderTable(varies_by_origin=False)

log = structlog.get_logger("request")


class Boundary:
    """The ASGI application."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint[Any]],
        pages: Sequence[BaseRoute] = (),
        lifespan: Lifespan[Any] | None = None,
    ) -> None:
        """`endpoints` are by their path, in which Starlette's parameters may stand."""
        self._endpoints = endpoints
        routes = [Route(path, _Routed(endpoint)) for path, endpoint in endpoints.items()]
        self.router = Router([*routes, *pages], lifespan=lifespan)
        self._pages = ExceptionMiddleware(self.router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        with Request(scope, receive) as request:
            set_source(request.source)
            endpoint = self._endpoints.get(request.path)
            if endpoint is not None:
                await serve(endpoint, request, send)
            elif request.too_long is not None:
                refused = _too_long(request, request.too_long)
                log.info("request refused", status=refused.status, code=refused.code)
                response = GRAPHQL_ERRORS.refusal(refused)
                await _send(send, response, _FAILURE_HEADERS, Exchange(request))
            else:
                scope[_REQUEST] = request
                await self._send_page(request, scope, receive, send)

    async def _send_page(
        self, request: Request, scope: Scope, receive: Receive, send: Send
    ) -> None:
        started = False

        async def send_completed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = completed(message.get("headers", ()), request.id)
            await send(message)

        try:
            await self._pages(scope, receive, send_completed)
        except Exception as error:
            log.error("unexpected error", exc_info=error)
            if started:
                raise
            response = GRAPHQL_ERRORS.failure(request.id)
            await _send(send, response, _FAILURE_HEADERS, Exchange(request))


class _Routed:
    """An endpoint as Starlette's router calls it."""

    def __init__(self, endpoint: Endpoint[Any]) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await serve(self._endpoint, scope[_REQUEST], send)


async def serve(endpoint: Endpoint[Any], request: Request, send: Send) -> None:
    """Answer one request."""
    exchange = endpoint.exchange(request)
    response = await _response(endpoint, exchange)
    if response is not None:
        exchange.status = response.status
    if not exchange.is_preflight:
        _log(endpoint, exchange)
    if response is not None:
        await _send(send, response, endpoint.headers, exchange)


async def _response(endpoint: Endpoint[Any], exchange: Exchange) -> Response | None:
    """The response of the endpoint, or that of what it raised; None if nobody waits for one."""
    request = exchange.request
    try:
        if request.too_long is not None:
            raise _too_long(request, request.too_long)
        if endpoint.cors is not None:
            readable_by = await endpoint.cors.readable_by(request)
            if readable_by is not None and is_preflight(request):
                exchange.is_preflight = True
                return preflight(readable_by)
            exchange.readable_by = readable_by
        if request.method not in endpoint.methods:
            allowed = ", ".join(endpoint.methods)
            raise method_not_allowed(f"{request.method} is not allowed here.", allowed)
        return await endpoint.respond(exchange)
    except ClientDisconnectedError:
        return None
    except RequestRefusedError as refused:
        exchange.refused = refused
        exchange.codes = [refused.code]
        return endpoint.errors.refusal(refused)
    except Exception as error:
        # Masked for the client, logged whole.
        exchange.unexpected.append(error)
        exchange.codes = [ErrorCode.INTERNAL_SERVER_ERROR]
        return endpoint.errors.failure(request.id)


def _too_long(request: Request, header: str) -> RequestRefusedError:
    return header_too_long(header, len(request.headers[header]), LONGEST[header] or 0)


def _log(endpoint: Endpoint[Any], exchange: Exchange) -> None:
    for unexpected in exchange.unexpected[:MOST_LOGGED_ERRORS]:
        log.error("unexpected error", exc_info=unexpected)
    endpoint.log(exchange)
    if exchange.refused is not None:
        drop_tracebacks([exchange.refused])
    if exchange.unexpected:
        drop_tracebacks(exchange.unexpected)


async def _send(send: Send, response: Response, headers: HeaderTable, exchange: Exchange) -> None:
    fields = headers.fields(
        response,
        content_type=exchange.content_type,
        request_id=exchange.request.id,
        quota=exchange.quota,
        readable_by=exchange.readable_by,
    )
    start = {"type": "http.response.start", "status": response.status, "headers": fields}
    await send(start)
    await send({"type": "http.response.body", "body": response.body})
