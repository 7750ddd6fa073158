"""The application as the carrier's own systems reach it: reports by HTTP."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from auth.bearer import Bearers
from auth.principal import Principal, PrincipalKind
from db.ids import new_id
from db.scope import Scope
from tests.graph.client import Client, serve
from tests.intake.payloads import NOW, Intake

_KEY = "fulfilment"


@dataclass
class Reporter:
    """Posts messages as a system of the carrier's; `client` asks the graph beside it."""

    client: Client
    take_in: Intake
    """Intake of files into the same database."""

    async def post(
        self, content: Any, *, key: str | None = _KEY, path: str = "/intake", **headers: str
    ) -> httpx.Response:
        """Post a JSON value, or bytes as they are; `X_Tenant="P-7"` is a header."""
        sent = {"Content-Type": "application/json"}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.client.http.post(path, content=body, headers=sent)

    async def outcomes(self, content: Any, **options: Any) -> list[str]:
        """What became of each message."""
        answer = (await self.post(content, **options)).json()
        return [result["outcome"] for result in answer["results"]]


@asynccontextmanager
async def reporting(
    database_url: str, folder: Path, *, now: datetime = NOW, **settings: Any
) -> AsyncIterator[Reporter]:
    """The application over that database."""
    principal = Principal(
        kind=PrincipalKind.FULFILMENT,
        client_id=new_id(),
        client_name="order management",
        account="carrier/order management",
        token_id="pgk_fulfilment",
        scope=Scope.carrier(),
        permissions=frozenset(),
        expires_at=None,
    )
    known = Bearers.principal

    async def find(self: Bearers, authorization: str | None) -> Principal:
        if authorization == f"Bearer {_KEY}":
            return principal
        return await known(self, authorization)

    with patch.object(Bearers, "principal", find):
        async with serve(database_url, tenant="P-7", now=now, **settings) as client:
            yield Reporter(client, Intake(client.database, folder))


def codes(response: httpx.Response) -> list[str]:
    """Of the errors of a request that was refused as a whole."""
    answer: Mapping[str, Any] = response.json()
    return [error["extensions"]["code"] for error in answer["errors"]]
