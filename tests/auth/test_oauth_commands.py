"""`partnergraph oauth-client` and `signing-key`."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey

from db.models import Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.conftest import STARTED
from tests.execution.support import logging_restored
from tests.support.processes import served
from tests.test_cli import PROGRAM, ROOT, assert_mistake, run

CREATE = ("oauth-client", "create", "--tenant", "P")


@pytest.fixture(autouse=True)
def environment(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database with tenant P, which the commands find."""

    async def add_tenant() -> None:
        database = Database(database_url)
        tenant = Tenant(id=1, root_tenant_id=1, number="P", name="Partner", created_at=STARTED)
        async with database.write(TenantScope.carrier()) as session:
            session.add(tenant)
        await database.close()

    asyncio.run(add_tenant())
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", database_url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    with logging_restored():
        yield


def created(*more: str) -> dict[str, str]:
    """What standard output holds of a new client."""
    result = run(*CREATE, *more)
    assert result.exit_code == 0, result.output
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


def test_a_new_client_is_two_lines_and_is_listed_without_its_secret() -> None:
    made = created("--name", "CRM", "--expires", "30", "--scope", "orders:read")
    assert list(made) == ["CLIENT_ID", "CLIENT_SECRET"]
    listed = run("oauth-client", "list", "--tenant", "P").stdout
    assert listed.splitlines()[1].split()[:6] == [
        made["CLIENT_ID"],
        "partner",
        "P",
        "CRM",
        "active",
        "secret",
    ]
    assert listed.splitlines()[1].endswith("orders:read")
    assert made["CLIENT_SECRET"] not in listed


def test_a_client_is_revoked_by_its_id() -> None:
    name = created()["CLIENT_ID"]
    assert "is revoked" in run("oauth-client", "revoke", name).stdout
    assert "has been revoked since" in run("oauth-client", "revoke", name).stdout
    assert " revoked " in run("oauth-client", "list").stdout


def test_a_client_that_signs_has_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=False)))
    assert list(created("--public-keys", str(file))) == ["CLIENT_ID"]
    assert " signature " in run("oauth-client", "list").stdout


def test_mistakes_about_clients(tmp_path: Path) -> None:
    private = tmp_path / "private.json"
    private.write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True)))
    assert_mistake(run(*CREATE, "--public-keys", str(private)), "must stay with the partner")
    private.write_bytes(b"\xff")
    assert_mistake(run(*CREATE, "--public-keys", str(private)), "not UTF-8")
    assert_mistake(run(*CREATE, "--scope", "orders:burn"), "There is no scope orders:burn")
    assert_mistake(run(*CREATE[:3], "M-0"), "There is no tenant M-0.")
    assert_mistake(run("oauth-client", "list", "--tenant", "M-0"), "There is no tenant M-0.")
    assert_mistake(run("oauth-client", "revoke", "pgc_x"), "There is no OAuth client pgc_x")
    assert "There are no OAuth clients." in run("oauth-client", "list").stderr


def test_a_third_active_client_of_a_name_is_a_mistake() -> None:
    for _ in range(2):
        created()
    assert_mistake(run(*CREATE), "2 active OAuth clients", "revoke one")


def test_a_client_of_the_carrier_belongs_to_no_tenant() -> None:
    made = run("oauth-client", "create", "--support", "--name", "Desk")
    assert made.exit_code == 0, made.output
    row = run("oauth-client", "list").stdout.splitlines()[1].split()
    assert row[1:5] == ["support", "-", "Desk", "active"]
    assert "personal-data:read" not in row


def test_keys_are_rotated_one_at_a_time_and_withdrawn_at_once() -> None:
    def states() -> list[str]:
        listed = run("signing-key", "list").stdout.splitlines()[1:]
        return [line.split()[1] for line in listed]

    assert "There are no signing keys yet" in run("signing-key", "list").stderr
    assert run("signing-key", "rotate").exit_code == 0
    assert states() == ["signs"]
    assert "signs from" in run("signing-key", "rotate").stdout
    assert states() == ["signs", "next"]
    assert_mistake(run("signing-key", "rotate"), "already published")
    assert "withdrawn" in run("signing-key", "rotate", "--compromised").stdout
    assert states() == ["withdrawn", "withdrawn", "signs"]


def test_a_served_client_gets_a_token_and_asks_with_it() -> None:
    made = created()
    with (
        served([*PROGRAM, "serve"]) as (_, origin),
        httpx.Client(trust_env=False, timeout=60) as http,
    ):
        metadata = http.get(f"{origin}/.well-known/oauth-authorization-server").json()
        assert metadata["issuer"] == origin
        token = http.post(
            metadata["token_endpoint"],
            data={"grant_type": "client_credentials"},
            auth=(made["CLIENT_ID"], made["CLIENT_SECRET"]),
        ).json()
        answer = http.post(
            f"{origin}/graphql",
            json={"query": "{ viewer { tenantNumber } }"},
            headers={"Authorization": f"Bearer {token['access_token']}"},
        )
    assert answer.json()["data"] == {"viewer": {"tenantNumber": "P"}}
