"""How long an entity tag is valid where the answer depends on the time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from db.enums import ActionParty, OrderPhase
from ordering.request_clock import RequestClock
from server import etag_source
from tests.graph.client import Answer, serve
from tests.graph.factory import NOW, Factory
from tests.graph.partners import two_partners
from tests.graph.test_conditional import OF_ONE, tag_of


async def test_a_date_that_passes_changes_the_answer(database_url: str) -> None:
    """An explanation tells a date that has passed as one that has."""
    due = NOW + timedelta(hours=5)
    book = Factory()
    tenant = book.tenant()
    order = book.order(
        book.customer(tenant),
        phase=OrderPhase.CLARIFICATION,
        action_due=due,
        action_by=ActionParty.PARTNER,
        action_text="Hausnummer nennen",
        expected_completion_date=NOW + timedelta(days=9),
    )
    async with serve(database_url) as client:
        await client.fill(book)
        key = await client.key(client.tenant)
    asked: dict[str, Any] = {
        "document": OF_ONE.replace("number customer", "statusExplanation customer"),
        "variables": {"number": order.number},
    }
    answers: dict[datetime, Answer] = {}
    instant = timedelta(microseconds=1)
    for moment in (NOW, due - instant, due + instant, NOW + timedelta(days=2)):
        async with serve(database_url, now=moment) as client:
            answers[moment] = await client.get(**asked, key=key)
            for earlier, answer in answers.items():
                same = answer.response.content == answers[moment].response.content
                again = await client.get(**asked, key=key, tag=answer.tag)
                assert again.status == (304 if same else 200), (earlier, moment)
    assert len({answer.response.content for answer in answers.values()}) == 2
    # The second text holds until the next date, not for ever.
    assert len({answer.tag for answer in answers.values()}) == 2


async def test_what_is_said_of_today_holds_until_midnight(database_url: str) -> None:
    document = "{ contracts(filter: {renewableWithinDays: 30}) { nodes { number renewable } } }"
    async with serve(database_url) as client:
        await client.fill(two_partners().book)
        key = await client.key(client.tenant)
        tag = await tag_of(client, document)
    # 23:59 and 0:00 in Berlin.
    midnight = datetime(2026, 11, 20, 23, tzinfo=UTC)
    for moment, status in ((midnight - timedelta(minutes=1), 304), (midnight, 200)):
        async with serve(database_url, now=moment) as client:
            assert (await client.get(document, key=key, tag=tag)).status == status


async def test_what_says_nothing_of_the_time_holds_for_ever(database_url: str) -> None:
    document = "{ orders { nodes { number customer { name } } } }"
    async with serve(database_url) as client:
        await client.fill(two_partners().book)
        key = await client.key(client.tenant)
        tag = await tag_of(client, document)
    async with serve(database_url, now=NOW + timedelta(days=5_000)) as client:
        assert (await client.get(document, key=key, tag=tag)).status == 304


def test_the_present_ends_with_the_first_of_what_was_told() -> None:
    present = RequestClock(NOW)
    assert present.until is None
    assert present.is_past(NOW - timedelta(days=1))
    assert present.until is None
    assert not present.is_past(NOW + timedelta(days=3))
    assert present.until == NOW + timedelta(days=3)
    assert present.today == NOW.date()
    assert present.until == datetime(2026, 11, 20, 22, 59, 59, 999999, tzinfo=UTC)
    assert not present.is_past(NOW + timedelta(days=2))
    assert present.until == datetime(2026, 11, 20, 22, 59, 59, 999999, tzinfo=UTC)
    assert present.now == NOW
    assert present.until == NOW


def test_what_makes_answers_has_no_other_clock() -> None:
    """Or a tag would outlive what it stands for."""
    root = etag_source.ROOT
    files = [
        file
        for package in ("schema", "resolvers", "ordering/texts", "db/queries")
        for file in (root / package).rglob("*.py")
    ]
    assert len(files) > 40
    clock = re.compile(r"\b(now|utcnow|today|time|monotonic)\(|CURRENT_(TIME|DATE)|func\.now")
    found = {
        (file.relative_to(root).as_posix(), line.strip())
        for file in files
        for line in file.read_text("utf-8").splitlines()
        if clock.search(line)
    }
    # Answers to mutations get no tag.
    own = {(file, line) for file, line in found if file != "resolvers/mutations.py"}
    assert own == {("resolvers/context.py", "self.present = RequestClock(self.now())")}
