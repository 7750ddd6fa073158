"""Notes that a partner adds between the carrier's reports."""

from typing import Any

from tests.graph.mutations import ADD, WRITES
from tests.intake.payloads import at, order, state
from tests.intake.reporting import Reporter

NOTES = 'query Notes { order(number: "A-1") { version notes { text account } } }'


def note(text: str) -> dict[str, Any]:
    return {"@type": "Note", "id": text, "author": "Lea Leitung", "date": at(1), "text": text}


async def _add(reporter: Reporter, text: str) -> None:
    values = {"idempotencyKey": text, "order": "A-1", "text": text}
    answer = await reporter.client.query(ADD, {"input": values}, granted=WRITES)
    assert answer.data["orderNoteAdd"]["__typename"] == "OrderNoteAdded"


async def test_a_note_keeps_its_place_whatever_later_reports_list(reporter: Reporter) -> None:
    assert await reporter.outcomes(order(note=[note("zuerst")])) == ["LOADED"]
    await _add(reporter, "vom Partner")
    # A later account of the order with other notes, and one without any.
    later = [
        order(note=[note("danach"), note("zuerst")], state="inProgress"),
        state("inProgress", 3, note=[note("zuletzt")]),
        order(state="inProgress", description="ohne Notizen"),
    ]
    for message in later:
        await reporter.outcomes(message)
    await _add(reporter, "noch einmal")
    answer = await reporter.client.query(NOTES)
    notes = answer.data["order"]["notes"]
    assert [note["text"] for note in notes[:2]] == ["zuerst", "vom Partner"]
    assert notes[-1]["text"] == "noch einmal"
    by_partner = [note["text"] for note in notes if note["account"] is not None]
    assert by_partner == ["vom Partner", "noch einmal"]
    assert "danach" in [note["text"] for note in notes]


async def test_a_report_with_the_same_text_is_another_note(reporter: Reporter) -> None:
    await reporter.outcomes(order())
    await _add(reporter, "Tor 3")
    await _add(reporter, "Tor 4")
    await reporter.outcomes(state("inProgress", 3, note=[note("Tor 3")]))
    notes = (await reporter.client.query(NOTES)).data["order"]["notes"]
    assert [note["text"] for note in notes] == ["Tor 3", "Tor 4", "Tor 3"]
    assert [note["account"] is None for note in notes] == [False, False, True]
