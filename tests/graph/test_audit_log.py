"""The audit log in the graph: its entries, its filters, and who may read it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from auth.admin import credentials
from auth.oauth_scopes import (
    ALL_OF_KIND,
    ALLOWED_BY_KIND,
    CUSTOMER_USER_SCOPES,
    DEFAULT_BY_KIND,
    READ_SCOPES,
    TENANT_USER_SCOPES,
    WIDGET_SCOPES,
    OAuthScope,
)
from db.enums import AuditAction, AuditActor, ClientKind
from db.models import AuditEntry, Tenant
from schema.scalars import format_instant
from tests.auth.test_audit import entries
from tests.graph.client import Answer, Client, serve
from tests.graph.factory import NOW, Factory

LIST = """query ($filter: AuditFilter, $orderBy: AuditSort, $first: Int, $after: String) {
    auditLog(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
        totalCount nodes { subject } pageInfo { hasNextPage endCursor }
    }
}"""
WHOLE_ENTRY = """{ auditLog(filter: {actions: [DATA_READ]}) { nodes {
    id occurredAt action actionLabel(locale: DE) actorKind actor credential onBehalfOf subject
    tenant { number } requestId details { name value }
} } }"""
PERSON = {"X-On-Behalf-Of": "agent 4711"}


class Log:
    """A partner with a branch, and a stranger; the carrier has entries of its own."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.book = book = Factory()
        self.partner = book.tenant()
        self.branch = book.tenant(self.partner)
        self.stranger = book.tenant()
        self.read = self._read(self.branch)
        for tenant, subject, days in (
            (self.partner, "old", 9),
            (self.partner, "new", 1),
            (self.stranger, "foreign", 3),
        ):
            book.audit_entry(tenant, subject=subject, occurred_at=NOW - timedelta(days=days))
        book.carrier_audit_entry(subject="carrier's", occurred_at=NOW - timedelta(days=4))

    def _read(self, tenant: Tenant) -> AuditEntry:
        return self.book.audit_entry(
            tenant,
            action=AuditAction.DATA_READ,
            actor_kind=AuditActor.SUPPORT,
            actor="support:Desk",
            credential="pgk_ABCDEFGH",
            on_behalf_of="agent 4711",
            subject="read",
            request_id="call-1",
            occurred_at=NOW - timedelta(days=5),
            details={"operation": None, "attempts": 2, "scopes": ["a", "b"], "client": "CRM"},
        )

    async def found(self, key: str | None = None, **asked: Any) -> list[str]:
        headers = None if key is None else PERSON
        answer = await self.client.query(LIST, asked, key=key, headers=headers)
        return [entry["subject"] for entry in answer.data["auditLog"]["nodes"]]

    async def support(self) -> str:
        desk = await credentials.create_key(
            self.client.database,
            kind=ClientKind.SUPPORT,
            client_name="Desk",
            now=NOW,
            scopes=READ_SCOPES,
        )
        return desk.secret


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with serve(database_url) as client:
        log = Log(client)
        client.tenant = log.partner.number
        await client.fill(log.book)
        yield log


async def test_an_entry_says_who_did_what_to_whose_when_and_how(log: Log) -> None:
    answer = await log.client.query(WHOLE_ENTRY)
    assert answer.data["auditLog"]["nodes"] == [
        {
            "id": str(log.read.id),
            "occurredAt": format_instant(NOW - timedelta(days=5)),
            "action": "DATA_READ",
            "actionLabel": "Daten gelesen",
            "actorKind": "SUPPORT",
            "actor": "support:Desk",
            "credential": "pgk_ABCDEFGH",
            "onBehalfOf": "agent 4711",
            "subject": "read",
            "tenant": {"number": log.branch.number},
            "requestId": "call-1",
            "details": [
                {"name": "attempts", "value": "2"},
                {"name": "client", "value": "CRM"},
                {"name": "scopes", "value": '["a", "b"]'},
            ],
        }
    ]


async def test_the_newest_entries_of_ones_own_tenants_come_first(log: Log) -> None:
    assert await log.found() == ["new", "read", "old"]
    assert await log.found(orderBy={"direction": "ASC"}) == ["old", "read", "new"]


async def test_pages_follow_one_another(log: Log) -> None:
    first = (await log.client.query(LIST, {"first": 2})).data["auditLog"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    assert await log.found(first=2, after=first["pageInfo"]["endCursor"]) == ["old"]


async def test_entries_are_found_by_action_actor_time_and_tenant(log: Log) -> None:
    old = {"occurred": {"to": format_instant(NOW - timedelta(days=5))}}
    assert await log.found(filter={"actions": ["DATA_READ"]}) == ["read"]
    assert await log.found(filter={"actions": ["DATA_READ", "KEY_CREATED"]}) == [
        "new",
        "read",
        "old",
    ]
    assert await log.found(filter={"actor": "support:Desk"}) == ["read"]
    assert await log.found(filter={"actor": "support"}) == []
    assert await log.found(filter=old) == ["old"]
    assert await log.found(filter={"tenant": log.branch.number}) == ["read"]
    assert await log.found(filter={"tenant": log.partner.number, **old}) == ["old"]
    assert await log.found(filter={"tenant": log.stranger.number}) == []


async def test_what_is_about_no_tenant_is_for_the_carriers_staff_alone(log: Log) -> None:
    desk = await log.support()
    subjects = await log.found(desk)
    assert {"carrier's", "foreign", "new", "read", "old"} < set(subjects)


async def test_that_support_reads_the_log_is_in_the_log_for_each_tenant(log: Log) -> None:
    desk = await log.support()
    answer = await log.client.query(
        "{ auditLog(filter: {actions: [KEY_CREATED]}) { nodes { subject } } }",
        key=desk,
        headers=PERSON,
    )
    assert len(answer.data["auditLog"]["nodes"]) == 5
    read = await entries(log.client.database, AuditAction.DATA_READ)
    assert sorted(entry.tenant_id or 0 for entry in read if entry.id != log.read.id) == [
        log.partner.id,
        log.stranger.id,
    ]


async def test_support_reads_what_is_nobodys_without_an_entry(log: Log) -> None:
    desk = await log.support()
    noon = NOW - timedelta(days=4)
    day = {"from": format_instant(noon), "to": format_instant(noon + timedelta(hours=1))}
    answer = await log.client.query(
        "query ($day: DateTimeRange) { auditLog(filter: {occurred: $day}) { nodes { subject } } }",
        {"day": day},
        key=desk,
        headers=PERSON,
    )
    assert answer.data["auditLog"]["nodes"] == [{"subject": "carrier's"}]
    read = await entries(log.client.database, AuditAction.DATA_READ)
    assert [entry.id for entry in read] == [log.read.id]


async def test_the_person_needs_the_scope_of_personal_data(log: Log) -> None:
    answer = await log.client.query(
        WHOLE_ENTRY, granted=frozenset({OAuthScope.AUDIT_READ, OAuthScope.TENANTS_READ})
    )
    [entry] = answer.json["data"]["auditLog"]["nodes"]
    assert (entry["onBehalfOf"], entry["actor"]) == (None, "support:Desk")
    assert forbidden(answer) == ["personal-data:read"]


async def test_without_its_scope_there_is_no_log(log: Log) -> None:
    answer = await log.client.query(
        "{ auditLog { totalCount } viewer { kind } }",
        granted=READ_SCOPES - {OAuthScope.AUDIT_READ},
    )
    assert answer.json["data"] == {"auditLog": None, "viewer": {"kind": "API_CLIENT"}}
    assert forbidden(answer) == ["audit:read"]


def forbidden(answer: Answer) -> list[str]:
    assert set(answer.codes) == {"FORBIDDEN"}
    return [error["extensions"]["scope"] for error in answer.errors]


def test_nobody_may_read_the_log_unless_it_is_asked_for() -> None:
    for kind in ClientKind:
        assert OAuthScope.AUDIT_READ not in DEFAULT_BY_KIND[kind]
    allowed = {kind for kind in ClientKind if OAuthScope.AUDIT_READ in ALLOWED_BY_KIND[kind]}
    assert allowed == {ClientKind.PARTNER, ClientKind.SUPPORT}
    assert {kind for kind in ClientKind if OAuthScope.AUDIT_READ in ALL_OF_KIND[kind]} == allowed


def test_neither_people_nor_pages_may_read_the_log() -> None:
    for whole in (CUSTOMER_USER_SCOPES, TENANT_USER_SCOPES, WIDGET_SCOPES):
        assert OAuthScope.AUDIT_READ not in whole
