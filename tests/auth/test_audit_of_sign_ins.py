"""Every kind of refused credential is recorded in the audit log."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from auth.admin import credentials, origins
from auth.failed_sign_ins import EVERY_SECONDS
from db.enums import AuditAction, AuditActor, ClientKind, CredentialKind
from db.models import AnyAuditEntry
from db.session import Database
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import GRANT, Worker, basic, make, signer, workers
from tests.auth.provider import add_user, provider_at_home, signing_in
from tests.auth.test_audit import entries, failed
from tests.auth.widgets import OTHER, PORTAL, Page, add_customers, portal

PERSON = {"X-On-Behalf-Of": "agent 4711"}


async def refused_token(worker: Worker, authorization: str) -> None:
    response = await worker.token(headers={"Authorization": authorization})
    assert response.json()["error"] == "invalid_client"


async def refused(worker: Worker, token: str) -> None:
    assert (await worker.ask(token)).status_code == 401


async def test_an_unknown_oauth_client_is_recorded_without_its_name(
    database: Database, database_url: str, hand: Hand
) -> None:
    async with workers(database_url, hand.clock) as [worker]:
        await refused_token(worker, basic("pgc_0123456789abcdef0123", "secret of nobody"))
    assert await failed(database) == [(None, None, "unknown", 1)]
    assert "pgc_" not in str([entry.details for entry in await entries(database)])


async def test_a_wrong_secret_names_the_client_and_its_tenant(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database, tenant_number="P-A")
    async with workers(database_url, hand.clock) as [worker]:
        await refused_token(worker, basic(client.identifier, "wrong"))
    assert await failed(database) == [(client.identifier, 2, "not proved", 1)]


@pytest.mark.parametrize("ended", ["revoked", "expired"])
async def test_a_client_that_has_ended_is_recorded_with_the_reason(
    database: Database, database_url: str, hand: Hand, ended: str
) -> None:
    until = STARTED + timedelta(minutes=1)
    client = await make(database, expires_at=until if ended == "expired" else None)
    if ended == "revoked":
        await credentials.revoke(
            database, CredentialKind.OAUTH_CLIENT, client.identifier, now=STARTED
        )
    hand.move(60)
    async with workers(database_url, hand.clock) as [worker]:
        await refused_token(worker, basic(client.identifier, client.secret or ""))
    assert await failed(database) == [(client.identifier, 1, ended, 1)]


async def test_an_assertion_of_another_key_is_recorded_for_the_client_it_names(
    database: Database, database_url: str, hand: Hand
) -> None:
    mine = await signer(database, hand.clock)
    mine.key = ECKey.generate_key("P-256")
    async with workers(database_url, hand.clock) as [worker]:
        response = await worker.token(mine.form())
        assert response.json()["error"] == "invalid_client"
    assert await failed(database) == [(mine.client.identifier, 1, "not proved", 1)]


async def test_attempts_at_the_token_endpoint_are_an_entry_a_minute_however_many_there_are(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    async with workers(database_url, hand.clock, failed_attempts=1000) as [worker]:
        for number in range(30):
            await refused_token(worker, basic(client.identifier, f"wrong {number}"))
        hand.move(EVERY_SECONDS)
        await refused_token(worker, basic(client.identifier, "wrong again"))
    assert [attempts for *_, attempts in await failed(database)] == [1, 30]


async def test_a_token_of_ours_that_is_over_is_recorded_and_a_flood_is_one_entry(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    async with workers(database_url, hand.clock) as [worker]:
        token = await worker.issued(client)
        hand.move(3600)
        for _ in range(20):
            await refused(worker, token)
    assert await failed(database) == [
        (None, None, "invalid JWT", 1),
        (None, None, "invalid JWT", 19),
    ]


async def test_an_invalid_token_of_the_provider_is_recorded(
    database: Database, database_url: str, hand: Hand
) -> None:
    await add_user(database)
    async with (
        provider_at_home(lambda: hand.clock.now().timestamp()) as provider,
        signing_in(database_url, provider, hand.clock) as worker,
    ):
        assert (await worker.ask(provider.token())).status_code == 200
        await refused(worker, provider.token(aud="another"))
    assert await failed(database) == [(None, None, "invalid JWT", 1)]
    assert "petra" not in str([entry.details for entry in await entries(database)])


async def test_a_page_whose_origin_was_removed_is_recorded(
    database: Database, database_url: str, hand: Hand
) -> None:
    await add_customers(database, **{"K-1": "P"})
    async with workers(database_url, hand.clock) as [worker]:
        token = await (await portal(database, worker)).session(customer="K-1")
        await origins.remove(
            database, tenant_number="P", client_name="Portal", origin=PORTAL, now=STARTED
        )
        hand.move(1)
        assert (await Page(worker.http).ask(token)).status_code == 401
    assert await failed(database) == [(None, None, "invalid JWT", 1)]


async def test_a_session_in_a_page_of_another_origin_is_recorded(
    database: Database, database_url: str, hand: Hand
) -> None:
    await add_customers(database, **{"K-1": "P"})
    async with workers(database_url, hand.clock) as [worker]:
        token = await (await portal(database, worker)).session(customer="K-1")
        assert (await Page(worker.http, OTHER).ask(token)).status_code == 401
    assert await failed(database) == [(None, None, "another origin", 1)]


async def test_no_credential_at_all_is_no_sign_in(
    database: Database, database_url: str, hand: Hand
) -> None:
    async with workers(database_url, hand.clock) as [worker]:
        assert (await worker.http.post("/graphql", json={"query": "{ a }"})).status_code == 401
        assert (await worker.token(GRANT)).status_code == 401
    assert await failed(database) == []


async def read(database: Database) -> Sequence[AnyAuditEntry]:
    return await entries(database, AuditAction.DATA_READ)


async def test_support_is_audited_by_access_token_as_by_key(
    database: Database, database_url: str, hand: Hand
) -> None:
    await add_customers(database, **{"K-1": "P", "K-2": "S"})
    desk = await credentials.create_oauth_client(
        database, kind=ClientKind.SUPPORT, client_name="Desk", now=STARTED
    )
    async with workers(database_url, hand.clock) as [worker]:
        token = await worker.issued(desk)
        sent: dict[str, Any] = {
            "json": {"query": "query All { customers { nodes { number } } }"},
            "headers": {"Authorization": f"Bearer {token}"},
        }
        unnamed = await worker.http.post("/graphql", **sent)
        assert unnamed.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        sent["headers"].update(PERSON)
        answer = (await worker.http.post("/graphql", **sent)).json()
        assert len(answer["data"]["customers"]["nodes"]) == 2
    found = await read(database)
    assert sorted(entry.tenant_id or 0 for entry in found) == [1, 5]
    for entry in found:
        assert (entry.actor_kind, entry.actor) == (AuditActor.SUPPORT, "support:Desk")
        assert entry.on_behalf_of == "agent 4711"
        assert entry.details["operation"] == "All"
        assert token not in str(vars(entry))
