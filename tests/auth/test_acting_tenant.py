"""`X-Tenant`: a principal acts for one of the tenants that it sees, and for no other."""

from collections.abc import AsyncIterator

import pytest

from tests.graph.client import Answer, Client, serve
from tests.graph.partners import Partners, two_partners


@pytest.fixture(scope="module")
async def served(shared_database_url: str) -> AsyncIterator[tuple[Client, Partners]]:
    partners = two_partners()
    async with serve(shared_database_url) as client:
        await client.fill(partners.book)
        yield client, partners


async def ask(client: Client, acting_for: str, tenant: str | None = None) -> Answer:
    return await client.query(
        "{ viewer { tenantNumber tenant { number } } tenants { nodes { number } }"
        " orders { nodes { tenant { number } } } }",
        tenant=tenant,
        headers={"X-Tenant": acting_for},
    )


async def test_the_header_narrows_to_the_tenant_and_all_below_it(
    served: tuple[Client, Partners],
) -> None:
    client, partners = served
    branch, nested = partners.branch.tenant.number, partners.nested.tenant.number
    data = (await ask(client, branch)).data
    assert data["viewer"] == {"tenantNumber": branch, "tenant": {"number": branch}}
    assert {tenant["number"] for tenant in data["tenants"]["nodes"]} == {branch, nested}
    assert {order["tenant"]["number"] for order in data["orders"]["nodes"]} == {branch, nested}


async def test_a_part_of_a_tree_narrows_further(served: tuple[Client, Partners]) -> None:
    client, partners = served
    nested = partners.nested.tenant.number
    data = (await ask(client, nested, tenant=partners.branch.tenant.number)).data
    assert [tenant["number"] for tenant in data["tenants"]["nodes"]] == [nested]


async def test_the_own_number_changes_nothing(served: tuple[Client, Partners]) -> None:
    client, partners = served
    own = partners.partner.tenant.number
    data = (await ask(client, own)).data
    assert len(data["tenants"]["nodes"]) == 4


async def test_no_header_reaches_a_tenant_that_the_credential_does_not(
    served: tuple[Client, Partners],
) -> None:
    client, partners = served
    out_of_reach = [
        partners.partner.tenant.number,  # the parent
        partners.sibling.tenant.number,
        partners.stranger.tenant.number,
        "M-99999",
        "x" * 1000,
        "",
    ]
    answers = [await ask(client, n, tenant=partners.branch.tenant.number) for n in out_of_reach]
    assert {answer.response.status_code for answer in answers} == {403}
    assert {answer.response.content for answer in answers} == {answers[0].response.content}
    assert answers[0].codes == ["FORBIDDEN"]
    assert "data" not in answers[0].json


async def test_a_part_that_is_asked_for_again_costs_no_statement(
    served: tuple[Client, Partners],
) -> None:
    client, partners = served
    headers = {"X-Tenant": partners.sibling.tenant.number}
    counts = [
        (await client.query("{ orders { totalCount } }", headers=headers)).statements
        for _ in range(2)
    ]
    assert counts[0] > counts[1] == 2
