"""`partnergraph user`: who may sign in through the portal."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.session import Database
from tests.execution.support import logging_restored
from tests.graph.factory import Factory
from tests.test_cli import ROOT, assert_mistake, run


@pytest.fixture(autouse=True)
def environment(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database, which the commands find: partner P with customer K, branch P-A, stranger S."""

    async def fill() -> None:
        book = Factory()
        partner = book.tenant(number="P")
        book.tenant(partner, number="P-A")
        book.tenant(number="S")
        book.customer(partner, number="K")
        database = Database(database_url)
        await book.write(database)
        await database.close()

    asyncio.run(fill())
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", database_url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    with logging_restored():
        yield


def create(email: str, tenant: str, *more: str) -> None:
    result = run("user", "create", email, "--name", "Petra Portal", "--tenant", tenant, *more)
    assert result.exit_code == 0, result.output


def listed(*more: str) -> list[list[str]]:
    """Address, tenant, customer, state and subject of the users."""
    rows = [line.split() for line in run("user", "list", *more).stdout.splitlines()[1:]]
    return [[*row[:3], row[5], row[7]] for row in rows]


def test_users_are_made_for_a_tenant_and_for_a_customer() -> None:
    create("petra@p.example", "P")
    create("kurt@k.example", "P", "--customer", "K")
    create("anna@p.example", "P-A")
    assert listed() == [
        ["petra@p.example", "P", "-", "active", "-"],
        ["kurt@k.example", "P", "K", "active", "-"],
        ["anna@p.example", "P-A", "-", "active", "-"],
    ]
    assert listed("--tenant", "P-A") == [["anna@p.example", "P-A", "-", "active", "-"]]


def test_a_user_is_linked_and_linked_to_another_subject() -> None:
    create("petra@p.example", "P")
    assert run("user", "link", "petra@p.example", "auth0|1").stdout == (
        "petra@p.example is linked to auth0|1.\n"
    )
    assert run("user", "link", "petra@p.example", "auth0|2").stdout == (
        "petra@p.example is linked to auth0|2, no longer to auth0|1.\n"
    )
    assert listed() == [["petra@p.example", "P", "-", "active", "auth0|2"]]


def test_a_user_is_disabled_and_enabled() -> None:
    create("petra@p.example", "P")
    assert "is disabled" in run("user", "disable", "petra@p.example").stdout
    assert "has been disabled since" in run("user", "disable", "petra@p.example").stdout
    assert listed()[0][3] == "disabled"
    assert "may sign in" in run("user", "enable", "petra@p.example").stdout
    assert listed()[0][3] == "active"


def test_an_address_that_two_partners_have_needs_the_tenant() -> None:
    for tenant in ("P", "S"):
        create("petra@p.example", tenant)
    for command in (("link", "petra@p.example", "x"), ("disable", "petra@p.example")):
        assert_mistake(run("user", *command), "choose one with --tenant, of P, S")
    run("user", "link", "petra@p.example", "auth0|1", "--tenant", "S")
    assert [row[4] for row in listed()] == ["-", "auth0|1"]


def test_one_subject_is_one_user() -> None:
    create("petra@p.example", "P")
    create("anna@p.example", "P")
    run("user", "link", "petra@p.example", "auth0|1")
    assert_mistake(
        run("user", "link", "anna@p.example", "auth0|1"), "Another user is linked to auth0|1"
    )
    assert sorted(row[4] for row in listed()) == ["-", "auth0|1"]


def test_mistakes_about_users() -> None:
    create("petra@p.example", "P")
    again = ("user", "create", "petra@p.example", "--name", "Petra", "--tenant")
    assert_mistake(run(*again, "P-A"), "already has a user petra@p.example")
    assert_mistake(run(*again, "M-0"), "There is no tenant M-0.")
    assert_mistake(run(*again, "S", "--customer", "K"), "Tenant S has no customer K.")
    assert_mistake(run("user", "list", "--tenant", "M-0"), "There is no tenant M-0.")
    assert_mistake(run("user", "link", "x@p.example", "1"), "There is no user x@p.example")
    assert_mistake(run("user", "disable", "petra@p.example", "--tenant", "S"), "There is no user")
    assert_mistake(run("user", "link", "petra@p.example", "x" * 256), "A subject has 1 to 255")
    assert_mistake(run("user", "link", "petra@p.example", ""), "A subject has 1 to 255")
    assert "There are no users." in run("user", "list", "--tenant", "S").stderr
