"""Carries a mutation out, once for each idempotency key. There is no other way to write.

Key, change and audit entry are one transaction. It is committed before the payload is resolved,
from a snapshot that is opened afterwards.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

import orjson
from sqlalchemy.exc import DBAPIError

from auth import audit
from db.enums import AuditAction
from db.faults import is_contention
from db.session import WriteSession
from ordering import idempotency
from ordering.idempotency import KeyTakenError, RequestKey
from ordering.problems import KeyReused, Problem, Problems, RejectedError
from resolvers.context import Context

_ATTEMPTS = 3
"""How often a transaction is tried that fails on the locks of others."""
_KEY = "idempotency_key"
_KEY_PATH = ("idempotencyKey",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The object that a mutation has made or changed."""

    table: str
    id: UUID
    position: int | None = None
    """If it is a part of the object `id`."""
    replayed: bool = False
    """Whether an earlier request with the key has made it."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit entry of a mutation says."""

    tenant_id: int
    root_tenant_id: int
    subject: str


class Input(Protocol):
    """The input of every mutation; a dataclass."""

    idempotency_key: Any


InputT = TypeVar("InputT", bound=Input)

Service = Callable[[WriteSession, Problems, InputT, Context], Awaitable[tuple[Written, Audited]]]
"""Makes the change, without committing it. Adds what is wrong with the input to the problems, and
calls `reject_if_any` before it changes anything."""


async def carry_out(
    context: Context, action: AuditAction, service: Service[InputT], input: InputT
) -> Written | tuple[Problem, ...]:
    """What the service has written, now or in an earlier request; or the problems of the input.

    After problems nothing is stored, and the key may be used again.
    """
    request = _request(context, input)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await _write(context, request, action, service, input)
        except RejectedError as rejected:
            return rejected.problems
        except KeyTakenError:
            earlier = await _earlier(context, request)
            if earlier is not None:
                return earlier
        except DBAPIError as error:
            if not is_contention(error) or attempt == _ATTEMPTS:
                raise
    raise KeyTakenError


async def _write(
    context: Context,
    request: RequestKey,
    action: AuditAction,
    service: Service[InputT],
    input: InputT,
) -> Written:
    problems = Problems()
    idempotency.check(problems, _KEY_PATH, request.key)
    async with context.write() as session:
        if not problems:
            key = await idempotency.claim(session, request, context.now())
        written, audited = await service(session, problems, input, context)
        problems.reject_if_any()
        key.object_kind, key.object_id = written.table, written.id
        key.object_position = written.position
        entry = audit.entry(
            action,
            by=audit.Actor.of(context.principal),
            at=context.now(),
            owner=(audited.tenant_id, audited.root_tenant_id),
            subject=audited.subject,
            request_id=context.request_id,
            details={},
        )
        session.add(entry)
    return written


async def _earlier(context: Context, request: RequestKey) -> Written | tuple[Problem, ...] | None:
    """What was written with the key before; None if it is free again."""
    key = await idempotency.find(context.session, request)
    if key is None:
        return None
    if idempotency.has_expired(key, context.now()):
        async with context.write() as session:
            await idempotency.forget_expired(session, request, context.now())
        return None
    if key.request_hash != request.request_hash:
        message = "This idempotency key was used for another request: use a new one."
        return (KeyReused(message, _KEY_PATH, key.created_at),)
    if key.object_kind is None or key.object_id is None:
        raise LookupError("a key was committed without its object")
    return Written(
        table=key.object_kind, id=key.object_id, position=key.object_position, replayed=True
    )


def _request(context: Context, input: Any) -> RequestKey:
    """The key of a request, for the account and the tenant that it acts for."""
    principal = context.principal
    tenant_id, root = principal.tenant_id, principal.tenant_scope.root_tenant_id
    if tenant_id is None or root is None:
        raise ValueError("mutations are for principals of one partner")
    values = asdict(input)
    key = str(values.pop(_KEY))
    content = orjson.dumps(
        [type(input).__name__, values], option=orjson.OPT_SORT_KEYS, default=repr
    )
    return RequestKey(
        principal.client_id, root, tenant_id, key, hashlib.sha256(content).hexdigest()
    )
