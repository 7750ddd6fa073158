"""Who is asking, as the graph tells them."""

import pytest

from auth.admin import credentials
from tests.graph.client import Client
from tests.graph.factory import NOW
from tests.graph.partners import two_partners

QUERY = "{ viewer { __typename kind clientName tenant { number parent { number } } } }"


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    await empty_client.fill(two_partners().book)
    return empty_client


async def test_a_client_learns_its_name_and_its_tenant(client: Client) -> None:
    key = await credentials.create_key(
        client.database, tenant_number="M-10001", client_name="Händler-CRM", now=NOW
    )
    assert (await client.query(QUERY, key=key.secret)).data["viewer"] == {
        "__typename": "Viewer",
        "kind": "API_CLIENT",
        "clientName": "Händler-CRM",
        "tenant": {"number": "M-10001", "parent": None},
    }


async def test_a_branch_is_at_the_top_of_what_it_may_see(client: Client) -> None:
    viewer = (await client.query(QUERY, tenant="M-10002")).data["viewer"]
    assert viewer["tenant"] == {"number": "M-10002", "parent": None}
    seen_from_above = await client.query('{ tenant(number: "M-10002") { parent { number } } }')
    assert seen_from_above.data["tenant"]["parent"] == {"number": "M-10001"}


async def test_all_that_a_viewer_may_see_hangs_on_its_tenant(client: Client) -> None:
    query = """{
        viewer { tenant { children { nodes { number } } orders { totalCount } } }
        tenants { nodes { number } }
    }"""
    data = (await client.query(query, tenant="M-10002")).data
    assert data["viewer"]["tenant"]["children"]["nodes"] == [{"number": "M-10003"}]
    assert data["tenants"]["nodes"] == [{"number": "M-10002"}, {"number": "M-10003"}]
    assert data["viewer"]["tenant"]["orders"]["totalCount"] > 0


async def test_each_request_is_told_by_its_own_key(client: Client) -> None:
    numbers = [
        (await client.query(QUERY, tenant=tenant)).data["viewer"]["tenant"]["number"]
        for tenant in ("M-10001", "M-10005", "M-10001")
    ]
    assert numbers == ["M-10001", "M-10005", "M-10001"]


async def test_knowing_who_asks_costs_no_statement_on_tenants_data(client: Client) -> None:
    answer = await client.query("{ viewer { kind clientName } }")
    assert answer.data["viewer"]["clientName"] == "CRM"
    assert answer.statements == 0
