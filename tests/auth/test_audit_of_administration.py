"""Changes of users and origins are recorded in their own transaction, or not made."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from auth import audit
from auth.admin import credentials, origins, portal_users
from db.enums import AuditAction, AuditActor
from db.models import AnyAuditEntry
from db.session import Database
from tests.auth.conftest import STARTED
from tests.auth.provider import add_user
from tests.auth.test_audit import entries, told
from tests.auth.widgets import PORTAL, add_customers, register

PETRA = "petra@partner.example"
OF_USERS = (
    AuditAction.PORTAL_USER_CREATED,
    AuditAction.PORTAL_USER_LINKED,
    AuditAction.PORTAL_USER_DISABLED,
    AuditAction.PORTAL_USER_ENABLED,
)
OF_ORIGINS = (AuditAction.WIDGET_ORIGIN_ADDED, AuditAction.WIDGET_ORIGIN_REMOVED)


async def link(database: Database) -> None:
    await portal_users.link(database, PETRA, "petra", now=STARTED)


async def disable(database: Database) -> None:
    await portal_users.disable(database, PETRA, now=STARTED)


async def enable(database: Database) -> None:
    await portal_users.enable(database, PETRA, now=STARTED)


async def remove(database: Database) -> None:
    await origins.remove(
        database, tenant_number="P", client_name="Portal", origin=PORTAL, now=STARTED
    )


async def portal_client(database: Database) -> None:
    await credentials.create_key(database, tenant_number="P", client_name="Portal", now=STARTED)


async def test_each_change_of_a_user_is_recorded_once(database: Database) -> None:
    await add_user(database, subject=None)
    for change in (link, disable, enable):
        for _ in range(2):
            await change(database)
    found = await entries(database, *OF_USERS)
    assert [(entry.action, entry.tenant_id) for entry in found] == [
        (action, 1) for action in OF_USERS
    ]
    assert {entry.actor_kind for entry in found} == {AuditActor.OPERATOR}
    assert len({entry.subject for entry in found}) == 1


async def test_an_entry_about_a_user_holds_neither_name_nor_address_nor_subject(
    database: Database,
) -> None:
    await add_user(database)
    [created, linked] = await entries(database, *OF_USERS)
    assert (created.details, linked.details) == ({}, {"again": False})
    assert created.subject is not None
    assert created.subject.startswith("user:P/")
    assert "petra" not in created.subject


async def test_a_user_of_a_customer_is_recorded_with_the_customers_number(
    database: Database,
) -> None:
    await add_customers(database, **{"K-1": "P-A"})
    await add_user(database, "P-A", customer="K-1", subject=None)
    [created] = await entries(database, *OF_USERS)
    assert (created.tenant_id, created.details) == (2, {"customer": "K-1"})


async def test_origins_that_come_and_go_are_recorded_once(database: Database) -> None:
    await portal_client(database)
    for change in (register, remove):
        for _ in range(2):
            await change(database)
    found = await entries(database, *OF_ORIGINS)
    assert [told(entry) for entry in found] == [(action, PORTAL, 1) for action in OF_ORIGINS]
    assert [entry.details for entry in found] == [{"client": "Portal"}] * 2


@pytest.mark.parametrize("change", [link, disable, register])
async def test_without_its_entry_nothing_changes(
    database: Database,
    change: Callable[[Database], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> AnyAuditEntry:
        raise RuntimeError("the log cannot be written")

    await portal_client(database)
    await add_user(database, subject=None)
    monkeypatch.setattr(audit, "entry", fail)
    with pytest.raises(RuntimeError):
        await change(database)
    [user] = await portal_users.list_users(database)
    assert (user.subject, user.disabled_at) == (None, None)
    assert await origins.list_origins(database) == []


async def test_a_change_that_is_refused_leaves_no_entry(database: Database) -> None:
    await add_user(database)
    await add_user(database, subject=None, email="other@partner.example")
    before = len(await entries(database))
    with pytest.raises(portal_users.SubjectTakenError):
        await portal_users.link(database, "other@partner.example", "petra", now=STARTED)
    with pytest.raises(portal_users.UserExistsError):
        await add_user(database, subject=None)
    assert len(await entries(database)) == before
