"""The ceiling: an ASGI application that does the least possible work for two operations.

One hand-written statement builds the whole answer in PostgreSQL, which is sent unchanged. There is
no GraphQL, no limits, no log and no authentication: the tenant is configured.

    PARTNERGRAPH_DATABASE_URL=… RAW_ROOT_TENANT=… uvicorn --factory bench.raw:application
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import orjson

from db.scope.roles import Roles, quoted
from db.scope.tenant_scope import TenantScope

Handler = Callable[[dict[str, Any], Callable[[], Awaitable[Any]], Any], Awaitable[None]]

_HEADERS = [(b"content-type", b"application/graphql-response+json; charset=utf-8")]

_RELATED = """
LEFT JOIN customers c ON c.id = o.customer_id AND c.root_tenant_id = $1
LEFT JOIN offers f ON f.id = o.offer_id AND f.root_tenant_id = $1
LEFT JOIN contracts k ON k.id = o.contract_id AND k.root_tenant_id = $1
"""

_INSTANT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def _instant(column: str) -> str:
    return _INSTANT.format(column)


_ORDER = f"""
'number', o.number, 'status', o.status, 'phase', o.phase,
'receivedAt', {_instant("o.received_at")},
'customer', CASE WHEN c.id IS NOT NULL THEN json_build_object('number', c.number, 'name', c.name,
    'kind', c.kind, 'createdAt', {_instant("c.created_at")}) END,
'offer', CASE WHEN f.id IS NOT NULL THEN json_build_object('number', f.number, 'status', f.status,
    'businessCase', f.business_case, 'createdAt', {_instant("f.created_at")}) END
"""

ONE_ORDER = f"""
SELECT json_build_object('data', json_build_object('order', (
  SELECT json_build_object({_ORDER},
    'contract', CASE WHEN k.id IS NOT NULL THEN json_build_object('number', k.number,
      'status', k.status, 'createdAt', {_instant("k.created_at")},
      'term', json_build_object('start', k.term_start, 'end', k.term_end)) END)
  FROM orders o {_RELATED}
  WHERE o.root_tenant_id = $1 AND o.number = $2)))::text
"""  # noqa: S608 - made of constants

FIFTY_ORDERS = f"""
SELECT json_build_object('data', json_build_object('orders', json_build_object('nodes',
  json_agg(json_build_object({_ORDER},
    'tenant', json_build_object('number', t.number, 'name', t.name, 'email', t.email,
      'createdAt', {_instant("t.created_at")}),
    'contract', CASE WHEN k.id IS NOT NULL THEN json_build_object('number', k.number,
      'status', k.status, 'createdAt', {_instant("k.created_at")}, 'version', k.version) END)
    ORDER BY o.received_at DESC, o.id DESC))))::text
FROM (
  SELECT * FROM orders WHERE root_tenant_id = $1 ORDER BY received_at DESC, id DESC LIMIT 50
) o {_RELATED} JOIN tenants t ON t.id = o.tenant_id AND t.root_tenant_id = $1
"""  # noqa: S608 - made of constants


def application() -> Handler:
    """Return the ASGI application. It connects at its first request."""
    url = os.environ["PARTNERGRAPH_DATABASE_URL"].replace("postgresql+asyncpg", "postgresql")
    root = int(os.environ["RAW_ROOT_TENANT"])
    pool: asyncpg.Pool[Any] | None = None

    async def serve(
        scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any
    ) -> None:
        nonlocal pool
        if scope["type"] != "http":
            return
        if scope["path"] == "/readyz":
            await _answer(send, b"{}")
            return
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message.get("more_body"):
                break
        if pool is None:
            pool = await asyncpg.create_pool(url, min_size=10, max_size=10, init=_become_carrier)
        number = orjson.loads(body)["variables"].get("number")
        arguments = (root,) if number is None else (root, number)
        statement = FIFTY_ORDERS if number is None else ONE_ORDER
        await _answer(send, (await pool.fetchval(statement, *arguments)).encode())

    return serve


async def _become_carrier(connection: Any) -> None:
    """Take on the carrier's role: without any, row-level security hides every row."""
    owner = await connection.fetchval(
        "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('tenants')"
    )
    role = Roles(owner).of(TenantScope.carrier(), None)
    await connection.execute(f"SET ROLE {quoted(role)}")


async def _answer(send: Any, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": body})
