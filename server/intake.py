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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from auth.oauth_scopes import OAuthScope
from auth.principal import Principal
from db import faults
from db.session import Database
from execution.errors import INTERNAL_MESSAGE, internal_error
from intake.batch import Result
from intake.entries import Entry, Found, by_time, read_entries
from intake.failures import short
from intake.loading import BusyError, load
from intake.problems import Fault, InvalidError
from intake.reader import parse, split
from server.admission import Admission, Reservation
from server.authentication import Authentication
from server.bodies import check_json, read_body
from server.endpoint import AuthenticatedEndpoint, Exchange
from server.errors import (
    HttpErrorCode,
    RequestRefusedError,
    bad_request,
    forbidden,
    limit_exceeded,
    unavailable,
)
from server.limits import ServerLimits
from server.logs import write_line
from server.requests import Request
from server.responses import Response, encoded

POINTS_PER_MESSAGE = 50
BYTES_PER_POINT = 256
"""Parsing a body and validating it by the standard's schemas is work that grows with its size."""

_LONGEST_TEXT = 1_000
"""Characters of a path or a reason in the response: both quote the message."""

_OUTAGE_SECONDS = 5
"""After how many seconds a sender may try again while the database is unavailable."""

_log = structlog.get_logger("intake")


@dataclass(slots=True)
class IntakeExchange(Exchange):
    """A report on its way to its response. The log holds nothing of what its messages say."""

    messages: int | None = None
    outcomes: Counter[str] = field(default_factory=Counter)


class IntakeEndpoint(AuthenticatedEndpoint[IntakeExchange, Principal]):
    """Takes in reports of orders and their progress."""

    def __init__(
        self,
        database: Database,
        authentication: Authentication,
        *,
        limits: ServerLimits,
        admission: Admission,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(limits, admission)
        self._database = database
        self._authentication = authentication
        self._now = now

    def exchange(self, request: Request) -> IntakeExchange:
        return IntakeExchange(request)

    def log(self, exchange: IntakeExchange) -> None:
        fields = {
            "client": exchange.client,
            "status": exchange.status,
            "milliseconds": exchange.milliseconds,
            "statements": exchange.statements,
            "cost": exchange.cost,
            "messages": exchange.messages,
            "outcomes": dict(exchange.outcomes),
            "errors": list(dict.fromkeys(exchange.codes)),
        }
        write_line("intake", fields, exchange.request.id)

    async def respond(self, exchange: IntakeExchange) -> Response:
        try:
            return await super().respond(exchange)
        except Exception as error:
            if faults.classify(error) is not faults.Fault.DATABASE:
                raise
            _log.error("the database is unavailable", exc_info=error)
            raise unavailable(
                "The database is unavailable. Send the same body again: messages that were taken "
                "in already count once.",
                _OUTAGE_SECONDS,
            ) from None

    async def authenticate(self, request: Request) -> Principal:
        return await self._authentication.authenticate(request)

    async def handle(
        self, exchange: IntakeExchange, principal: Principal, reservation: Reservation
    ) -> Response:
        if OAuthScope.PROGRESS_REPORT not in principal.scopes:
            raise forbidden("This credential may not report orders and their progress.")
        acting = await self._authentication.acting(principal, exchange.request)
        read = await self._read(exchange, reservation, acting)
        loaded = await self._load(exchange, read, acting)
        results = [
            _unread(entry, self.limits.errors)
            if isinstance(entry, InvalidError)
            else _shown(loaded[entry.header.path], self.limits.errors)
            for entry in read
        ]
        for result in loaded.values():
            if result.error is not None:
                _log.error(
                    "unexpected error",
                    code=result.code,
                    digest=short(result.header.digest),
                    exc_info=result.error,
                )
        exchange.outcomes = Counter(result["outcome"] for result in results)
        exchange.codes = [error["code"] for result in results for error in result.get("errors", ())]
        status = _status(results)
        payload: dict[str, Any] = {"results": results}
        if status == 500:
            payload["errors"] = [internal_error(exchange.request.id)]
        return Response(status, encoded(payload))

    async def _read(
        self, exchange: IntakeExchange, reservation: Reservation, acting: Principal
    ) -> list[Entry | InvalidError]:
        """The messages of the body, each paid for, or what is wrong with it."""
        check_json(exchange.request.headers)
        body = await read_body(
            exchange.request,
            most=self.limits.intake_bytes,
            seconds=self.limits.body_seconds,
            limit="intakeBytes",
        )
        async with self.admission.preparing(reservation.client):
            # In a thread, so that the event loop goes on.
            values = await asyncio.to_thread(_values, body)
            exchange.messages = len(values)
            cost = self._cost(len(values), len(body))
            reservation.begin(cost)
            await reservation.take(cost)
            exchange.cost = cost
            return await read_entries(
                self._database,
                values,
                tenant=acting.tenant_number,
                scope=acting.tenant_scope,
                now=self._now(),
                run=asyncio.to_thread,
            )

    def _cost(self, messages: int, size: int) -> int:
        if messages > self.limits.intake_messages:
            raise _too_much("intakeMessages", "messages", messages, self.limits.intake_messages)
        cost = messages * POINTS_PER_MESSAGE + size // BYTES_PER_POINT
        if cost > self.limits.cost:
            raise _too_much("cost", "points to pay for", cost, self.limits.cost)
        return cost

    async def _load(
        self, exchange: IntakeExchange, read: Sequence[Entry | InvalidError], acting: Principal
    ) -> dict[str, Result]:
        """The result of each message that could be read, by the message's path."""
        entries = by_time([entry for entry in read if isinstance(entry, Entry)])
        seconds = self.limits.request_seconds
        try:
            async with asyncio.timeout(seconds) as timeout:
                loaded = await load(
                    self._database,
                    entries,
                    tenant=acting.tenant_number,
                    scope=acting.tenant_scope,
                    now=self._now,
                )
        except BusyError:
            raise _not_now("Others are changing the same orders.") from None
        except TimeoutError:
            if not timeout.expired():
                raise
            raise _not_now(f"It took longer than {seconds:g} seconds.") from None
        exchange.statements = loaded.statements
        return {result.header.path: result for result in loaded.results}


def _values(body: bytes) -> list[Found]:
    """The messages in a body."""
    try:
        value = parse(body)
    except InvalidError as error:
        [(_, reason)] = error.problems
        raise bad_request(f"The body cannot be read: {reason}.") from None
    if not isinstance(value, dict | list):
        raise bad_request("The body must be a TMF622 message or a list of messages.")
    if not value:
        raise bad_request("The body holds no message.")
    return [Found(path, message) for path, message in split(value)]


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
    message = result.header
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
    """The text within its length, and without lone surrogates, which UTF-8 cannot encode."""
    short = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return short.encode("utf-8", "backslashreplace").decode()


def _too_much(limit: str, what: str, actual: int, maximum: int) -> RequestRefusedError:
    message = f"The body has {actual} {what}, at most {maximum} are allowed: send it in parts"
    return limit_exceeded(413, limit, message, actual=actual, maximum=maximum)


def _not_now(why: str) -> RequestRefusedError:
    return RequestRefusedError(
        503,
        HttpErrorCode.TIMEOUT,
        f"{why} Send the same body again: each message counts once.",
        extensions={"retryAfterSeconds": 1},
        headers={"retry-after": "1"},
    )
