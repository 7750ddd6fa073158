"""`POST /intake`: the same messages as in files, by HTTP, with a result for each.

A body is one message or a list of them, loaded as one transaction like a file. A response with
results means that every message with the outcome of a load is committed. Without one, all of the
body is committed or nothing. Sending a body again is safe: a message counts once.

Who has to act when a message is not taken in: the sender for REJECTED; the operator for FAILED
(send it again) and PUT_ASIDE (do not). When the database is at fault (`db.faults`), the whole
request is refused with 503 and no message is blamed.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any, Generic, TypeVar
from uuid import uuid4

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from db import faults
from db.scope.tenant_scope import TenantScope as DataScope
from db.session import Database
from execution.errors import (
    INTERNAL_MESSAGE,
    ApiError,
    ErrorCode,
    LimitExceededError,
    formatted,
    internal_error,
)
from execution.limits import Limits
from intake.batch import Result
from intake.failures import short
from intake.loading import BusyError, load
from intake.messages import Message, by_time, read_message
from intake.problems import Fault, InvalidError
from intake.reader import parse, split
from server.admission import Admission, Reservation
from server.graphql import AuthFailure
from server.request_id import current_request_id
from server.requests import (
    RequestRefusedError,
    bad_request,
    forbidden,
    read_json,
    unavailable,
)

ClientT = TypeVar("ClientT")

POINTS_PER_MESSAGE = 50
BYTES_PER_POINT = 256
"""Reading a body and holding it against the standard's schemas is work that grows with it."""

_LONGEST_TEXT = 1_000
"""Characters of a path or a reason: both repeat what the message says."""

_OUTAGE_SECONDS = 5
"""After how many seconds a sender may try again while the database is unavailable."""

_log = structlog.get_logger("intake")


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the order book that a request is about."""

    tenant: str | None
    """The number of the tenant whose orders the messages are about; None where they say so."""
    scope: DataScope
    """What is within reach."""


class IntakeEndpoint(Generic[ClientT]):
    """An ASGI application; route it at its path, for every method.

    - ``authenticate`` and ``client_name`` are those of the graph.
    - ``may_report`` says whether a client may report at all, ``part_of`` on what: it raises
      RequestRefusedError.
    - ``admission`` is the graph's, so that a client's requests and points are counted together.
    """

    def __init__(
        self,
        database: Database,
        *,
        authenticate: Callable[[Headers], Awaitable[ClientT | AuthFailure]],
        may_report: Callable[[ClientT], bool],
        part_of: Callable[[ClientT, Headers], Awaitable[Part]],
        client_name: Callable[[ClientT], str],
        limits: Limits,
        admission: Admission,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._authenticate = authenticate
        self._may_report = may_report
        self._part_of = part_of
        self._client_name = client_name
        self._limits = limits
        self._admission = admission
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        exchange = _Exchange(scope["method"], Headers(scope=scope), receive)
        headers: dict[str, str] = {}
        payload: dict[str, Any]
        try:
            results = await self._results(exchange)
            status, payload = _status(results), {"results": results}
            if status == 500:
                payload["errors"] = [internal_error(exchange.request_id)]
        except ClientDisconnect:
            exchange.write(None, (perf_counter() - started) * 1000)
            return
        except Exception as error:
            # The boundary: masked for the client, logged whole.
            refused = _refusal(error)
            if refused is None:
                _log.exception("unexpected error")
                status, shown = 500, internal_error(exchange.request_id)
            else:
                status, headers = refused.status, refused.headers
                shown = formatted(refused.error, ErrorCode.BAD_REQUEST)
            exchange.codes.append(shown["extensions"]["code"])
            payload = {"errors": [shown]}
        body = orjson.dumps(payload)
        exchange.write(status, (perf_counter() - started) * 1000)
        headers = {**exchange.quota_headers, **headers, "Cache-Control": "no-store"}
        await Response(body, status, headers, "application/json")(scope, receive, send)

    async def _results(self, exchange: "_Exchange") -> list[dict[str, Any]]:
        if exchange.method != "POST":
            error = ApiError(f"{exchange.method} is not allowed here.", code=ErrorCode.BAD_REQUEST)
            raise RequestRefusedError(405, error, {"Allow": "POST"})
        client = await self._authenticate(exchange.headers)
        if isinstance(client, AuthFailure):
            error = ApiError(client.message, code=ErrorCode.UNAUTHENTICATED)
            raise RequestRefusedError(401, error, {"WWW-Authenticate": client.challenge})
        exchange.client = self._client_name(client)
        with self._admission.admit(exchange.client) as ticket:
            exchange.ticket = ticket
            try:
                return await self._admitted(exchange, client, ticket)
            except RequestRefusedError:
                await ticket.charge_minimum()
                raise

    async def _admitted(
        self, exchange: "_Exchange", client: ClientT, ticket: Reservation
    ) -> list[dict[str, Any]]:
        if not self._may_report(client):
            raise forbidden("This credential may not report orders and their progress.")
        part = await self._part_of(client, exchange.headers)
        body = await read_json(
            exchange.headers,
            exchange.receive,
            most=self._limits.intake_bytes,
            seconds=self._limits.body_seconds,
            limit="intakeBytes",
        )
        async with self._admission.preparing(ticket.client):
            # In a thread, so that the loop goes on; one at a time for each client.
            values = await asyncio.to_thread(_values, body)
            exchange.messages = len(values)
            cost = self._cost(len(values), len(body))
            self._admission.begin(ticket, cost)
            await ticket.take(cost)
            exchange.cost = cost
            read = await asyncio.to_thread(_read, values, self._now())
        loaded = await self._load(exchange, read, part)
        results = [
            _unread(entry, self._limits.errors)
            if isinstance(entry, InvalidError)
            else _shown(loaded[id(entry)], self._limits.errors)
            for entry in read
        ]
        for result in loaded.values():
            if result.error is not None:
                _log.error(
                    "unexpected error",
                    code=result.code,
                    digest=short(result.message.digest),
                    exc_info=result.error,
                )
        exchange.count(results)
        return results

    def _cost(self, messages: int, size: int) -> int:
        if messages > self._limits.intake_messages:
            raise _too_much("intakeMessages", "messages", messages, self._limits.intake_messages)
        cost = messages * POINTS_PER_MESSAGE + size // BYTES_PER_POINT
        if cost > self._limits.cost:
            raise _too_much("cost", "points to pay for", cost, self._limits.cost)
        return cost

    async def _load(
        self, exchange: "_Exchange", read: Sequence[Message | InvalidError], part: Part
    ) -> dict[int, Result]:
        """How each message fared, by the message's identity."""
        messages = by_time([entry for entry in read if isinstance(entry, Message)])
        try:
            async with asyncio.timeout(self._limits.request_seconds) as timeout:
                loaded = await load(
                    self._database,
                    messages,
                    tenant=part.tenant,
                    scope=part.scope,
                    now=self._now,
                )
        except BusyError:
            raise _not_now("Others are at work on the same orders.") from None
        except TimeoutError:
            if not timeout.expired():
                raise
            seconds = self._limits.request_seconds
            raise _not_now(f"It took longer than {seconds:g} seconds.") from None
        exchange.statements = loaded.statements
        return {id(result.message): result for result in loaded.results}


@dataclass(slots=True)
class _Exchange:
    """One request on its way to its answer, and what its log line says of it."""

    method: str
    headers: Headers
    receive: Receive
    client: str | None = None
    ticket: Reservation | None = None
    cost: int | None = None
    statements: int | None = None
    messages: int | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: list[str] = field(default_factory=list)
    request_id: str = field(default_factory=lambda: current_request_id() or uuid4().hex)

    @property
    def quota_headers(self) -> dict[str, str]:
        quota = self.ticket and self.ticket.quota
        return dict(quota.headers) if quota else {}

    def count(self, results: Sequence[dict[str, Any]]) -> None:
        self.outcomes = Counter(result["outcome"] for result in results)
        self.codes += [error["code"] for result in results for error in result.get("errors", ())]

    def write(self, status: int | None, milliseconds: float) -> None:
        """The line of the log. It holds nothing of what the messages say."""
        _log.info(
            "intake",
            client=self.client,
            status=status,
            milliseconds=round(milliseconds, 2),
            statements=self.statements,
            cost=self.cost,
            messages=self.messages,
            outcomes=dict(self.outcomes),
            errors=list(dict.fromkeys(self.codes)),
        )


def _values(body: bytes) -> list[tuple[str, Any]]:
    """The messages in a body, each with its JSON path."""
    try:
        value = parse(body)
    except InvalidError as error:
        [(_, reason)] = error.problems
        raise bad_request(f"The body cannot be read: {reason}.") from None
    if not isinstance(value, dict | list):
        raise bad_request("The body must be a message of TMF622 or a list of messages.")
    if not value:
        raise bad_request("The body holds no message.")
    return split(value)


def _read(values: Sequence[tuple[str, Any]], now: datetime) -> list[Message | InvalidError]:
    """Each of the messages, or what is wrong with it."""
    read: list[Message | InvalidError] = []
    for path, value in values:
        try:
            read.append(read_message(value, path, now))
        except InvalidError as error:
            read.append(error)
    return read


def _refusal(error: Exception) -> RequestRefusedError | None:
    """The refusal that a request is answered with; None for a fault of the program."""
    if isinstance(error, RequestRefusedError):
        return error
    if faults.classify(error) is not faults.Fault.DATABASE:
        return None
    _log.error("the database is unavailable", exc_info=error)
    return unavailable(
        "The database is unavailable. Send the same body again: messages that were taken in "
        "already count once.",
        _OUTAGE_SECONDS,
    )


REJECTED = "REJECTED"
FAILED = "FAILED"
PUT_ASIDE = "PUT_ASIDE"


def _status(results: Sequence[dict[str, Any]]) -> int:
    """What the sender has to do, in one number.

    200: all messages were taken in; 500: some have to be sent again; 422: all were rejected; 207:
    see the results, and do not send any of them again as it is.
    """
    outcomes = {result["outcome"] for result in results}
    if FAILED in outcomes:
        return 500
    if outcomes == {REJECTED}:
        return 422
    return 207 if outcomes & {REJECTED, PUT_ASIDE} else 200


def _shown(result: Result, most: int) -> dict[str, Any]:
    message = result.message
    named = {"order": message.number, "eventId": message.event_id}
    if result.outcome is not None:
        return {"outcome": result.outcome.name, **named}
    outcome, problems = REJECTED, result.problems
    match result.code:
        case Fault.REFUSED_BY_DATABASE:
            problems = ((message.path, "the database cannot store what it says"),)
        case Fault.FAILED:
            outcome, problems = FAILED, ((message.path, INTERNAL_MESSAGE),)
        case Fault.PUT_ASIDE:
            outcome = PUT_ASIDE
    return {"outcome": outcome, **named, "errors": _errors(str(result.code), problems, most)}


def _unread(error: InvalidError, most: int) -> dict[str, Any]:
    errors = _errors(str(error.code), error.problems, most)
    return {"outcome": REJECTED, "order": None, "eventId": None, "errors": errors}


def _errors(code: str, problems: Sequence[tuple[str, str]], most: int) -> list[dict[str, str]]:
    return [
        {"code": code, "message": _writable(why), "path": _writable(path)}
        for path, why in problems[:most]
    ]


def _writable(text: str) -> str:
    """The text in bounds, and without the halves of surrogate pairs that it may be about."""
    short = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return short.encode("utf-8", "backslashreplace").decode()


def _too_much(limit: str, what: str, actual: int, maximum: int) -> RequestRefusedError:
    error = LimitExceededError(
        limit,
        message=f"The body has {actual} {what}, at most {maximum} are allowed: send it in parts",
        actual=actual,
        maximum=maximum,
    )
    return RequestRefusedError(413, error)


def _not_now(why: str) -> RequestRefusedError:
    error = ApiError(
        f"{why} Send the same body again: what was taken in already counts once.",
        code=ErrorCode.TIMEOUT,
        extensions={"retryAfterSeconds": 1},
    )
    return RequestRefusedError(503, error, {"Retry-After": "1"})
