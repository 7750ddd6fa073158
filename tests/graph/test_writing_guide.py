"""docs/writing.md: the requests that it shows, sent to the application."""

import json
import re
from pathlib import Path
from typing import Any

from sqlalchemy import update

from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.models import Credential
from ordering.problems import UserErrorCode
from tests.graph.client import CARRIER, Client
from tests.graph.mutations import WRITES, fill

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "writing.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "web/graphiql/examples/10-note.graphql").read_text(encoding="utf-8")
[DOCUMENT] = re.findall(r"^```graphql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
VARIABLES, ADDED, REPLAYED, REUSED, REJECTED = map(
    json.loads, re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
)


async def test_the_answers_shown_are_those_of_the_server(client: Client) -> None:
    desk = await fill(client)
    assert desk.order.number == VARIABLES["input"]["order"]

    async def send(**changed: str) -> Any:
        variables = {"input": VARIABLES["input"] | changed}
        answer = await client.query(DOCUMENT, variables, key=key)
        return {"data": answer.data}

    key = await named_key(client)
    assert await send() == ADDED
    assert await send() == REPLAYED
    assert await send(text="Tor 4") == REUSED
    assert await send(idempotencyKey="crm-note-4712", order="A-1", text=" ") == REJECTED


async def named_key(client: Client) -> str:
    """A key of the client "CRM", which the page shows."""
    key = await client.key("M-10001", READ_SCOPES)
    async with client.database.write(CARRIER) as session:
        await session.execute(update(Credential).values(scopes=sorted(WRITES)))
    return key


async def test_the_example_of_graphiql_can_be_run_twice(client: Client) -> None:
    desk = await fill(client)
    variables = {"number": desk.order.number, "idempotencyKey": "example-1"}
    for replayed in (False, True):
        answer = await client.query(EXAMPLE, variables, granted=WRITES)
        assert answer.data["orderNoteAdd"]["replayed"] is replayed


def test_every_code_is_explained() -> None:
    assert {*re.findall(r"^\| ([A-Z_]+) \| `", PAGE, re.MULTILINE)} == {*UserErrorCode}
    assert OAuthScope.ORDERS_COMMENT in PAGE
