"""A sender that names a tenant reaches that part of the tree, and is told nothing of the rest."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import select

from db.models import Contract, Customer, Order, Product, Tenant
from db.scope.tenant_scope import TenantScope
from tests.intake.payloads import NOW, Intake, event, order, party, state
from tests.intake.reporting import Reporter
from tests.support.statements import sent

CARRIER = TenantScope.carrier()
OWNED = re.compile(r"\b(FROM|UPDATE|JOIN) (orders|customers|contracts|offers|sites|order_\w+)\b")
ELSEWHERE = [party("Partner", "P-8"), party("Kunde", "K-8")]


def _contract(number: str) -> list[dict[str, Any]]:
    return [{"@type": "AgreementRef", "id": number}]


def _quote(number: str) -> list[dict[str, Any]]:
    return [{"@type": "QuoteRef", "id": number}]


async def _add_sub_tenant(take_in: Intake) -> None:
    """P-7-1 below P-7, which has orders already."""
    async with take_in.database.write(CARRIER) as session:
        [root] = await session.entities(select(Tenant).where(Tenant.number == "P-7"))
        session.add(
            Tenant(
                id=70,
                root_tenant_id=root.id,
                parent_id=root.id,
                number="P-7-1",
                name="Zweigstelle",
                created_at=NOW,
            )
        )


async def _results(reporter: Reporter, content: Any, tenant: str) -> list[dict[str, Any]]:
    answer = await reporter.post(content, X_Tenant=tenant)
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def _errors(reporter: Reporter, content: Any, tenant: str) -> list[list[dict[str, Any]]]:
    return [result["errors"] for result in await _results(reporter, content, tenant)]


async def test_an_order_of_another_partner_and_an_unknown_one_are_answered_alike(
    reporter: Reporter,
) -> None:
    await reporter.take_in.good([order(), order("A-8", relatedParty=ELSEWHERE)])
    theirs, nobodys = await _results(
        reporter, [state("held", 1, "A-8"), state("held", 1, "A-9")], "P-7"
    )
    for result in (theirs, nobodys):
        result.pop("eventId")
        [error] = result["errors"]
        error["message"] = error["message"].replace(result.pop("order"), "A")
        error["path"] = error["path"].replace("[1]", "[0]")
    assert theirs == nobodys
    assert (await reporter.take_in.order("A-8")).version == 1


async def test_numbers_of_another_partner_are_free(reporter: Reporter) -> None:
    theirs = order(relatedParty=[party("Partner", "P-8"), party("Kunde", "K-1")])
    await reporter.take_in.good(order("A-7"), {**theirs, "agreement": _contract("V-1")})
    own = order(agreement=_contract("V-1"))
    assert [r["outcome"] for r in await _results(reporter, own, "P-7")] == ["LOADED"]
    for model, number in ((Order, "A-1"), (Contract, "V-1"), (Customer, "K-1")):
        rows = await reporter.take_in.rows(model, number=number)
        assert len({row.root_tenant_id for row in rows}) == 2


async def test_numbers_of_the_tree_outside_of_the_part_are_taken(reporter: Reporter) -> None:
    await reporter.take_in.good(order(agreement=_contract("V-1"), quote=_quote("Q-1")))
    await _add_sub_tenant(reporter.take_in)
    parties = [party("Kunde", "K-7")]
    own = order("B-1", relatedParty=parties, quote=[])
    assert (await _results(reporter, own, "P-7-1"))[0]["outcome"] == "LOADED"
    before = await reporter.take_in.rows(Order), await reporter.take_in.rows(Contract)
    errors = await _errors(
        reporter,
        [
            order(relatedParty=parties, quote=[]),
            order("B-2", quote=[]),
            order("B-3", relatedParty=parties, quote=_quote("Q-1")),
            order("B-4", relatedParty=parties, quote=[], agreement=_contract("V-1")),
            event("ProductOrderAttributeValueChangeEvent", 1, "B-1", agreement=_contract("V-1")),
        ],
        "P-7-1",
    )
    expected = [
        ("order A-1 belongs to another tenant", "$[0].id"),
        ("customer K-1 belongs to another tenant", "$[1].relatedParty[1].partyOrPartyRole"),
        ("offer Q-1 belongs to another customer", "$[2].quote"),
        ("contract V-1 belongs to another customer", "$[3].agreement"),
        ("contract V-1 belongs to another customer", "$[4].event.productOrder.agreement"),
    ]
    assert errors == [
        [{"code": "BELONGS_TO_ANOTHER", "message": message, "path": path}]
        for message, path in expected
    ]
    after = await reporter.take_in.rows(Order), await reporter.take_in.rows(Contract)
    assert [[row.version for row in rows] for rows in after] == [
        [row.version for row in rows] for rows in before
    ]


async def test_what_a_sub_tenant_may_report_loads_beside_what_it_may_not(
    reporter: Reporter,
) -> None:
    await reporter.take_in.good(order())
    await _add_sub_tenant(reporter.take_in)
    parties = [party("Kunde", "K-7")]
    content = [order(f"B-{i}", relatedParty=parties) for i in range(6)]
    content[3] = order(relatedParty=parties)
    content.append(state("held", 1, "A-1"))
    outcomes = [result["outcome"] for result in await _results(reporter, content, "P-7-1")]
    assert outcomes == ["LOADED"] * 3 + ["REJECTED"] + ["LOADED"] * 2 + ["REJECTED"]


@pytest.mark.parametrize("tenant", ["P-7", "P-7-1"])
async def test_every_statement_on_rows_of_tenants_has_the_scope_of_the_tenant(
    reporter: Reporter, tenant: str
) -> None:
    await reporter.take_in.good([order(), order("A-8", relatedParty=ELSEWHERE)])
    await _add_sub_tenant(reporter.take_in)
    own = order("B-1", relatedParty=[party("Kunde", "K-7")], agreement=_contract("V-7"))
    with sent() as statements:
        for content in (own, [state("held", 1, "B-1"), state("held", 1, "A-8")]):
            await reporter.post(content, X_Tenant=tenant)
    selects = [sql for sql, _ in statements if sql.startswith("SELECT") and OWNED.search(sql)]
    assert len(selects) > 10
    assert [sql for sql in selects if "root_tenant_id = " not in sql] == []
    assert (await reporter.take_in.order("B-1")).version == 2


async def test_an_unknown_product_of_a_tenants_order_comes_into_the_catalogue(
    reporter: Reporter,
) -> None:
    await reporter.take_in.good(order())
    payload = order("A-2")
    payload["productOrderItem"][0]["productOffering"] |= {"id": "NEW", "name": "Glasfaser"}
    answers = await asyncio.gather(
        *(_results(reporter, {**payload, "id": f"A-{i}", "quote": []}, "P-7") for i in (2, 3))
    )
    assert [result["outcome"] for [result] in answers] == ["LOADED", "LOADED"]
    products = await reporter.take_in.rows(Product, number="NEW")
    assert [product.name for product in products] == ["Glasfaser"]


async def test_a_file_for_a_tenant_reaches_its_part_alone(take_in: Intake) -> None:
    await take_in.good(order())
    await _add_sub_tenant(take_in)
    report = await take_in([state("held", 1), order("B-1", relatedParty=[])], tenant="P-7-1")
    assert [problem.reason for problem in report.problems] == ["unknown order A-1"]
    assert report.loaded == 1
    assert {row.tenant_id for row in await take_in.rows(Order, number="B-1")} == {70}
    assert (await take_in.good(state("held", 1), tenant="P-7")).loaded == 1


async def test_events_for_an_unknown_tenant_do_not_add_it(take_in: Intake) -> None:
    await take_in.good(order())
    report = await take_in(state("held", 1), tenant="P-99")
    assert [problem.reason for problem in report.problems] == ["unknown order A-1"]
    assert [tenant.number for tenant in await take_in.rows(Tenant)] == ["P-7"]


async def test_a_sender_does_not_wait_for_locks_of_another_partner(
    postgresql_reporter: Reporter,
) -> None:
    """Rows with the same numbers are neither read nor locked. SQLite has one writer."""
    reporter = postgresql_reporter
    theirs = order(relatedParty=ELSEWHERE, agreement=_contract("V-1"))
    await reporter.take_in.good(order("A-7"), theirs)
    async with reporter.client.database.write(CARRIER) as other:
        for model in (Order, Contract, Customer):
            await other.execute(select(model).with_for_update())
        own = order(agreement=_contract("V-1"), relatedParty=[party("Kunde", "K-8")])
        async with asyncio.timeout(20):
            [result] = await _results(reporter, own, "P-7")
    assert result["outcome"] == "LOADED"
