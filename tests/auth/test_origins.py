"""`partnergraph widget-origin`: the origins of pages, compared exactly."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.admin import credentials, origins
from db.models import Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.conftest import STARTED
from tests.execution.support import logging_restored
from tests.test_cli import ROOT, assert_mistake, run

PORTAL = "https://portal.example.de"
OF_CLIENT = ("--tenant", "P", "--name", "Portal")


@pytest.fixture(autouse=True)
def environment(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database with tenant P and its client, which the commands find."""

    async def fill() -> None:
        database = Database(database_url)
        tenant = Tenant(id=1, root_tenant_id=1, number="P", name="Partner", created_at=STARTED)
        async with database.write(TenantScope.carrier()) as session:
            session.add(tenant)
        await credentials.create_key(database, tenant_number="P", client_name="Portal", now=STARTED)
        await database.close()

    asyncio.run(fill())
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", database_url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    with logging_restored():
        yield


def test_an_origin_is_registered_listed_and_removed() -> None:
    assert "is registered" in run("widget-origin", "add", *OF_CLIENT, PORTAL).stdout
    assert "is already registered" in run("widget-origin", "add", *OF_CLIENT, PORTAL).stdout
    [_, listed] = run("widget-origin", "list", "--tenant", "P").stdout.splitlines()
    assert listed.split()[:3] == [PORTAL, "P", "Portal"]
    assert "is removed" in run("widget-origin", "remove", *OF_CLIENT, PORTAL).stdout
    assert "There are no origins." in run("widget-origin", "list").stderr


@pytest.mark.parametrize(
    "origin",
    [
        "https://portal.example.de:8443",
        "https://xn--mnchen-3ya.example",
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://[::1]:3000",
    ],
)
def test_what_a_browser_may_send_can_be_registered(origin: str) -> None:
    assert run("widget-origin", "add", *OF_CLIENT, origin).exit_code == 0


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("http://portal.example.de", "must begin with https://"),
        ("http://localhost.example.de", "must begin with https://"),
        ("https://portal.example.de/", "in lower case"),
        ("https://portal.example.de/widget", "in lower case"),
        ("https://Portal.example.de", "in lower case"),
        ("https://*.example.de", "in lower case"),
        ("https://portal.example.de.", "in lower case"),
        ("https://user@portal.example.de", "in lower case"),
        ("portal.example.de", "in lower case"),
        ("null", "in lower case"),
        ("*", "in lower case"),
        (f"https://{'a.' * 130}de", "in lower case"),
        ("https://portal.example.de:443", "leave out the port 443"),
        ("http://localhost:80", "leave out the port 80"),
        ("https://portal.example.de:99999", "no such port"),
    ],
)
def test_what_no_browser_sends_or_what_is_not_safe_is_a_mistake(origin: str, reason: str) -> None:
    assert_mistake(run("widget-origin", "add", *OF_CLIENT, origin), reason)
    assert "There are no origins." in run("widget-origin", "list").stderr


def test_mistakes_about_whose_origin_it_is() -> None:
    for command in ("add", "remove"):
        nobodys = run("widget-origin", command, "--tenant", "M-0", PORTAL)
        assert_mistake(nobodys, "There is no tenant M-0.")
        unnamed = run("widget-origin", command, "--tenant", "P", "--name", "CRM", PORTAL)
        assert_mistake(unnamed, "Tenant P has no client 'CRM'", "api-key create")
    assert_mistake(run("widget-origin", "remove", *OF_CLIENT, PORTAL), "is not registered")
    assert_mistake(run("widget-origin", "list", "--tenant", "M-0"), "There is no tenant M-0.")


def test_a_client_has_a_bounded_number_of_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "MOST_ORIGINS", 1)
    assert run("widget-origin", "add", *OF_CLIENT, PORTAL).exit_code == 0
    more = run("widget-origin", "add", *OF_CLIENT, "https://other.example.de")
    assert_mistake(more, "already has 1 origins")
