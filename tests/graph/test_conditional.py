"""Conditional requests: when the answer is 304, after which changes it is not, and the cost."""

import shutil
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from sqlalchemy import update

from auth import audit, support
from auth.admin import credentials
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.changes import tokens
from db.enums import ClientKind
from db.models import Customer
from execution.executor import ExecutorName
from server import etag_source
from tests.graph.client import CARRIER, Answer, Client, serve
from tests.graph.factory import NOW, Factory
from tests.graph.partners import Partners, two_partners

ORDERS = """{ orders { nodes {
  number statusExplanation(locale: EN) customer { name } tenant { name } product { name }
} } }"""
OF_ONE = "query ($number: String!) { order(number: $number) { number customer { name } } }"


@pytest.fixture
async def partners(client: Client) -> Partners:
    partners = two_partners()
    await client.fill(partners.book)
    return partners


async def rename(client: Client, customer: Customer, name: str = "Neuer Name AG") -> None:
    async with client.database.write(CARRIER) as session:
        change = update(Customer).where(Customer.id == customer.id)
        await session.execute(change.values(name=name))


async def tag_of(client: Client, document: str = ORDERS, **how: Any) -> str:
    answer = await client.get(document, **how)
    assert answer.data
    assert answer.tag is not None
    return answer.tag


async def test_nothing_new_costs_no_statement_for_rows(client: Client, partners: Partners) -> None:
    full = await client.get(ORDERS)
    assert len(full.data["orders"]["nodes"]) == 8
    again = await client.get(ORDERS, tag=full.tag)
    assert (again.status, again.response.content, again.tag) == (304, b"", full.tag)
    # The token, and nothing else.
    assert again.statements == 1
    assert full.statements > again.statements


async def test_an_answer_by_post_reads_no_token(client: Client, partners: Partners) -> None:
    by_get, by_post = await client.get(ORDERS), await client.query(ORDERS)
    assert by_post.statements == by_get.statements - 1
    assert by_post.response.content == by_get.response.content
    assert by_post.tag is None


async def test_a_change_is_seen_at_once(client: Client, partners: Partners) -> None:
    tag = await tag_of(client)
    await rename(client, partners.nested.customer)
    answer = await client.get(ORDERS, tag=tag)
    assert "Neuer Name AG" in str(answer.data)
    assert answer.tag not in {None, tag}


async def test_what_others_do_changes_no_tag(client: Client, partners: Partners) -> None:
    asked: dict[str, dict[str, Any]] = {
        "partner": {"tenant": partners.partner.tenant.number},
        "branch": {"tenant": partners.branch.tenant.number},
        "nested": {"tenant": partners.nested.tenant.number},
        "sibling": {"tenant": partners.sibling.tenant.number},
        "stranger": {"tenant": partners.stranger.tenant.number},
        "acting for nested": {"headers": {"X-Tenant": partners.nested.tenant.number}},
    }
    changes = {
        "nested": {"partner", "branch", "nested", "acting for nested"},
        "partner": {"partner"},
        "stranger": {"stranger"},
    }
    for place, seen in changes.items():
        tags = {name: await tag_of(client, **how) for name, how in asked.items()}
        await rename(client, getattr(partners, place).customer, f"Nach {place}")
        again = {
            name: (await client.get(ORDERS, tag=tags[name], **how)).status
            for name, how in asked.items()
        }
        assert {name for name, status in again.items() if status == 200} == seen, place


async def test_a_tag_is_of_whoever_asked(client: Client, partners: Partners) -> None:
    """Even if the answers are equal."""
    document = "{ __typename }"
    with patch.object(audit, "record", AsyncMock()):
        second = await credentials.create_key(
            client.database,
            tenant_number=client.tenant,
            client_name="Second",
            now=NOW,
            scopes=READ_SCOPES,
        )
    asked: list[dict[str, Any]] = [
        {},
        {"key": second.secret},
        {"granted": READ_SCOPES - {OAuthScope.TENANTS_READ}},
        {"tenant": partners.branch.tenant.number},
        {"headers": {"X-Tenant": partners.branch.tenant.number}},
        {"headers": {"Accept-Language": "en"}},
    ]
    tags = [await tag_of(client, document, **how) for how in asked]
    assert len(set(tags)) == len(tags)
    for tag in tags:
        answers = [(await client.get(document, tag=tag, **how)).status for how in asked]
        assert sorted(answers) == [*[200] * (len(asked) - 1), 304]


@pytest.mark.parametrize("executor", ["levels", "core"])
async def test_what_lacks_a_scope_lacks_it_again(database_url: str, executor: ExecutorName) -> None:
    """As a customer in a widget does, where an order is open."""
    async with serve(database_url, executor=executor) as client:
        partners = two_partners()
        await client.fill(partners.book)
        how: dict[str, Any] = {"granted": READ_SCOPES - {OAuthScope.TENANTS_READ}}
        full = await client.get(ORDERS, **how)
        assert set(full.codes) == {"FORBIDDEN"}
        assert full.tag is not None
        assert (await client.get(ORDERS, tag=full.tag, **how)).status == 304
        await rename(client, partners.nested.customer)
        changed = await client.get(ORDERS, tag=full.tag, **how)
        assert (changed.status, set(changed.codes)) == (200, {"FORBIDDEN"})
        # Beside any other error it is as without.
        both = await client.get(
            "{ tenants { totalCount } orders(first: -1) { totalCount } }", **how
        )
        assert set(both.codes) == {"FORBIDDEN", "BAD_USER_INPUT"}
        assert both.tag is None


async def test_keepers_are_told_what_the_answer_depends_on(
    client: Client, partners: Partners
) -> None:
    response = (await client.get(ORDERS)).response
    assert response.headers["cache-control"] == "private, no-cache"
    vary = {each.strip() for each in response.headers["vary"].split(",")}
    assert vary == {"Authorization", "Accept", "Accept-Language", "X-Tenant", "Origin"}


async def test_a_revoked_key_is_told_nothing(database_url: str) -> None:
    moment = NOW
    async with serve(database_url) as client:
        partners = two_partners()
        await client.fill(partners.book)
        tag = await tag_of(client)
        await credentials.revoke_all(client.database, "CRM", now=NOW)
    # Another process, which does not remember the key.
    async with serve(database_url, now=moment) as other:
        revoked = await other.get(ORDERS, tag=tag, key=client._keys[client.tenant, READ_SCOPES])
        assert (revoked.status, revoked.tag) == (401, None)


async def test_another_process_knows_the_tag(database_url: str) -> None:
    answers: dict[ExecutorName, Answer] = {}
    async with serve(database_url) as client:
        await client.fill(two_partners().book)
        key = await client.key(client.tenant)
    names: tuple[ExecutorName, ...] = ("levels", "core")
    for name in names:
        async with serve(database_url, executor=name) as client:
            answers[name] = await client.get(ORDERS, key=key)
            for known in answers.values():
                again = await client.get(ORDERS, key=key, tag=known.tag)
                assert again.status == 304
    assert answers["levels"].response.content == answers["core"].response.content


async def test_another_version_of_the_program_does_not(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(database_url) as client:
        await client.fill(two_partners().book)
        tag, key = await tag_of(client), await client.key(client.tenant)
    monkeypatch.setattr(etag_source, "program_digest", lambda: "the next one")
    async with serve(database_url) as client:
        assert (await client.get(ORDERS, tag=tag, key=key)).status == 200


@pytest.mark.parametrize("package", etag_source.PACKAGES)
def test_a_change_of_any_source_file_changes_the_digest_of_its_package(
    tmp_path: Path, package: str
) -> None:
    copy = tmp_path / package
    source = etag_source.ROOT / package
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = etag_source.package_digest(copy)
    assert before == etag_source.package_digest(source)
    file = max(copy.rglob("*.py"))
    file.write_bytes(file.read_bytes() + b"\n")
    assert etag_source.package_digest(copy) != before


def test_the_program_cannot_be_named_by_nothing(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"x")
    with pytest.raises(ValueError, match="no source files"):
        etag_source.package_digest(tmp_path)


def test_the_program_is_named_by_its_libraries_and_packages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = etag_source.program_digest.__wrapped__
    whole = digest()
    assert digest() == whole
    for name in ("PACKAGES", "LIBRARIES"):
        with monkeypatch.context() as patched:
            patched.setattr(etag_source, name, getattr(etag_source, name)[:-1])
            assert digest() != whole, name


async def test_support_gets_each_answer_and_an_entry_for_it(
    client: Client, partners: Partners
) -> None:
    desk = await credentials.create_key(
        client.database,
        kind=ClientKind.SUPPORT,
        client_name="Desk",
        now=NOW,
        scopes=READ_SCOPES,
    )
    headers = {"X-Tenant": partners.partner.tenant.number, "X-On-Behalf-Of": "agent 4711"}
    tag = await tag_of(client)
    with patch.object(support, "record_reads", AsyncMock()) as written:
        for known in (None, tag, "*"):
            answer = await client.get(ORDERS, key=desk.secret, headers=headers, tag=known)
            assert (answer.status, answer.tag) == (200, None)
    assert written.await_count == 3


@pytest.mark.parametrize(
    ("document", "scopes"),
    [
        ("{ auditLog { nodes { id } } }", READ_SCOPES | {OAuthScope.AUDIT_READ}),
        ("query A { auditLog { nodes { id } } }", READ_SCOPES | {OAuthScope.AUDIT_READ}),
        ("{ viewer { rateLimit { remaining } } }", READ_SCOPES),
    ],
)
async def test_what_renews_no_token_has_no_tag(
    document: str, scopes: frozenset[OAuthScope], client: Client, partners: Partners
) -> None:
    for known in (None, "*"):
        answer = await client.get(document, granted=scopes, tag=known)
        assert (answer.status, answer.tag) == (200, None)


async def test_who_may_read_the_audit_log_keeps_other_answers(
    client: Client, partners: Partners
) -> None:
    granted = READ_SCOPES | {OAuthScope.AUDIT_READ}
    tag = await tag_of(client, granted=granted)
    async with client.database.write(CARRIER) as session:
        book = Factory()
        session.add(book.audit_entry(partners.partner.tenant))
    assert (await client.get(ORDERS, tag=tag, granted=granted)).status == 304


async def test_a_writer_between_token_and_rows_is_in_neither(
    client: Client, partners: Partners
) -> None:
    """The tag of a full answer is of the snapshot that its rows are from."""
    read = tokens.current_token
    customer = partners.nested.customer
    before = await client.get(ORDERS)

    async def read_and_write(session: Any) -> str | None:
        token = await read(session)
        await rename(client, customer)
        return token

    with patch.object(tokens, "current_token", read_and_write):
        # The request has a tag that matches nothing, so the token is read before the rows.
        meanwhile = await client.get(ORDERS, tag=f'"-.{"x" * 32}"')
    assert (meanwhile.response.content, meanwhile.tag) == (before.response.content, before.tag)
    after = await client.get(ORDERS, tag=meanwhile.tag)
    assert after.status == 200
    assert "Neuer Name AG" in str(after.data)


async def test_a_writer_between_rows_and_token_is_in_neither(
    client: Client, partners: Partners
) -> None:
    read = tokens.current_token
    before = await client.get(ORDERS)

    async def write_and_read(session: Any) -> str | None:
        await rename(client, partners.nested.customer)
        return await read(session)

    with patch.object(tokens, "current_token", write_and_read):
        meanwhile = await client.get(ORDERS)
    assert (meanwhile.response.content, meanwhile.tag) == (before.response.content, before.tag)
    assert (await client.get(ORDERS, tag=meanwhile.tag)).status == 200
