"""Whoever polls is told of a report at once, and of nothing that was reported of others."""

from tests.graph.client import Answer
from tests.intake.payloads import order, party, state
from tests.intake.reporting import Reporter

PHASES = "{ orders { nodes { number phase } } }"


async def test_a_report_changes_the_tag_at_once(reporter: Reporter) -> None:
    await reporter.take_in.good([order("A-1")])

    async def poll(tag: str | None) -> Answer:
        return await reporter.client.get(PHASES, tag=tag)

    first = await poll(None)
    assert (await poll(first.tag)).status == 304
    assert await reporter.outcomes([state("held", 1, "A-1")]) == ["LOADED"]
    second = await poll(first.tag)
    assert (second.status, second.data["orders"]["nodes"][0]["phase"]) == (200, "ON_HOLD")
    assert (await poll(second.tag)).status == 304


async def test_a_report_that_is_known_already_changes_nothing(reporter: Reporter) -> None:
    messages = [order("A-1"), state("held", 1, "A-1")]
    await reporter.take_in.good(messages)
    tag = (await reporter.client.get(PHASES)).tag
    assert await reporter.outcomes(messages) == ["DUPLICATE", "DUPLICATE"]
    assert (await reporter.client.get(PHASES, tag=tag)).status == 304


async def test_what_is_reported_of_another_partner_changes_nothing(reporter: Reporter) -> None:
    theirs = [party("Partner", "P-8"), party("Kunde", "K-8")]
    await reporter.take_in.good([order("A-1"), order("A-2", relatedParty=theirs)])
    tags = {
        tenant: (await reporter.client.get(PHASES, tenant=tenant)).tag for tenant in ("P-7", "P-8")
    }
    assert await reporter.outcomes([state("held", 1, "A-2")]) == ["LOADED"]
    answers = {
        tenant: (await reporter.client.get(PHASES, tenant=tenant, tag=tag)).status
        for tenant, tag in tags.items()
    }
    assert answers == {"P-7": 304, "P-8": 200}
