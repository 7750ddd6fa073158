"""The application as the carrier's own systems reach it: reports by HTTP."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from auth.admin import credentials
from db.enums import ClientKind
from tests.graph.client import Client, serve
from tests.intake.payloads import NOW, Intake


@dataclass
class Reporter:
    """Posts messages as a system of the carrier's; `client` asks the graph beside it."""

    client: Client
    take_in: Intake
    """Intake of files into the same database."""
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}

    async def post(self, content: Any, *, path: str = "/intake", **headers: str) -> httpx.Response:
        """Post a JSON value, or bytes as they are; `X_Tenant="P-7"` is a header."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
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
    async with serve(database_url, tenant="P-7", now=now, **settings) as client:
        key = await credentials.create_key(
            client.database, kind=ClientKind.FULFILMENT, client_name="order management", now=NOW
        )
        yield Reporter(client, Intake(client.database, folder), key.secret)


async def book(take_in: Intake) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table except those of clients: using a credential is recorded there."""
    everything = await take_in.everything()
    clients = {"api_clients", "credentials"}
    return {table: rows for table, rows in everything.items() if table not in clients}


def codes(response: httpx.Response) -> list[str]:
    """Of the errors of a request that was refused as a whole."""
    answer: Mapping[str, Any] = response.json()
    return [error["extensions"]["code"] for error in answer["errors"]]
