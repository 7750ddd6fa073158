"""Messages that come again: known by their digest, of the same tenant, before they are read."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import intake.entries
from db.enums import OrderPhase
from db.models import Customer, IntakeMessage, Order, OrderHistoryEntry
from intake.digests import _canonical, digest_of
from intake.problems import InvalidError
from intake.reader import Document, parse, split
from intake.repeats import digest_or_none
from tests.intake.payloads import T0, Intake, at, order, party, state
from tests.intake.reporting import Reporter
from tests.support.statements import sent


async def test_a_repeat_is_answered_without_being_read(
    reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = [order("A-1"), order("A-2"), state("held", 1, "A-1")]
    assert await reporter.outcomes(content) == ["LOADED"] * 3
    monkeypatch.setattr(
        intake.entries, "read_message", lambda *_, **__: pytest.fail("the message was read")
    )
    results = (await reporter.post(content)).json()["results"]
    assert results == [
        {"outcome": "DUPLICATE", "order": "A-1", "eventId": None},
        {"outcome": "DUPLICATE", "order": "A-2", "eventId": None},
        {"outcome": "DUPLICATE", "order": "A-1", "eventId": content[2]["eventId"]},
    ]


async def test_repeats_are_looked_up_together(take_in: Intake) -> None:
    def count(messages: int) -> int:
        return len([sql for sql, _ in statements if "intake_messages" in sql])

    counted = []
    for number in (1, 30):
        content = [order(f"A-{i}") for i in range(number)]
        await take_in(content)
        with sent() as statements:
            report = await take_in.good(content)
        assert report.unchanged == number
        counted.append(count(number))
    assert counted == [1, 1]


@pytest.mark.parametrize("indent", [None, 2])
async def test_a_text_that_was_taken_in_is_not_parsed_again(
    take_in: Intake, monkeypatch: pytest.MonkeyPatch, indent: int | None
) -> None:
    content = [order(f"A-{i}") for i in range(5)]
    file = take_in.file(content)
    file.write_text(json.dumps(content, indent=indent))
    one = take_in.file(state("held", 1))
    assert (await intake.run(take_in.database, [file])).loaded == 5
    assert (await intake.run(take_in.database, [one])).loaded == 1
    with monkeypatch.context() as patched:
        for name in ("_read_at", "_value_at"):
            patched.setattr(Document, name, lambda *_: pytest.fail("a message was parsed"))
        patched.setattr("intake.reader._parsed", lambda *_: pytest.fail("a message was parsed"))
        for known, number in ((file, 5), (one, 1)):
            report = await intake.run(take_in.database, [known])
            assert (report.problems, report.unchanged) == ([], number)
    content[2]["description"] = "anders"
    content.insert(4, order("B-1"))
    file.write_text(json.dumps(content, indent=indent))
    report = await intake.run(take_in.database, [file])
    assert (report.loaded, report.unchanged, report.failed) == (1, 4, 1)
    assert [p.path for p in report.problems] == ["$[2].description"]


async def test_the_order_of_names_and_the_spelling_of_numbers_make_no_new_message(
    reporter: Reporter,
) -> None:
    first = order("A-1")
    assert await reporter.outcomes(first) == ["LOADED"]
    turned = json.dumps(dict(reversed(first.items()))).replace('"value": 8.4', '"value": 840E-2')
    assert "840E-2" in turned
    assert await reporter.outcomes(turned.encode()) == ["DUPLICATE"]
    other = json.dumps(first).replace('"value": 8.4', '"value": 8.4000000000000000000000000000001')
    assert await reporter.outcomes(other.encode()) == ["REJECTED"]


async def test_the_same_content_for_another_tenant_is_no_repeat(take_in: Intake) -> None:
    """The order names P-7, and was taken in for P-8, for whom it is a repeat."""
    await take_in.good(order(), tenant="P-8")
    assert (await take_in.good(order(), tenant="P-8")).unchanged == 1
    assert (await take_in.good(order())).loaded == 1
    assert (await take_in.good(order())).unchanged == 1
    assert (await take_in.good(order(), tenant="P-9")).loaded == 1
    roots = {row.root_tenant_id for row in await take_in.rows(Order, number="A-1")}
    assert len(roots) == 3
    assert len(await take_in.rows(IntakeMessage)) == 3


async def test_a_report_that_names_no_tenant_is_a_repeat_while_its_number_is_the_only_one(
    take_in: Intake,
) -> None:
    report = state("held", 1)
    await take_in.good(order(), tenant="P-8")
    await take_in.good(report, tenant="P-8")
    assert (await take_in.good(report)).unchanged == 1
    await take_in.good(order(), tenant="P-9")
    problems = (await take_in(report)).problems
    assert "several partners" in problems[0].reason


async def test_a_message_with_a_name_twice_is_no_repeat_of_one_without(reporter: Reporter) -> None:
    first = order("A-1", description="b")
    assert await reporter.outcomes(first) == ["LOADED"]
    twice = json.dumps(first).replace(
        '"description": "b"', '"description": "a", "description": "b"'
    )
    [result] = (await reporter.post(twice.encode())).json()["results"]
    assert result["errors"][0]["message"] == "the object has this name twice"


async def test_copies_within_one_file_count_once(take_in: Intake) -> None:
    report = await take_in.good([order(), order(), state("held", 1), order()])
    assert (report.loaded, report.unchanged) == (2, 2)


async def test_a_large_file_is_loaded_in_the_order_of_time(take_in: Intake) -> None:
    """More messages than are read at once, with the events of each order before it."""
    numbers = [f"A-{i}" for i in range(600)]
    parties = [party("Partner", "P-7"), party("Kunde", "K-1")]
    steps: list[tuple[int, int]] = []
    content = [state("held", 1, number) for number in numbers]
    content += [order(number, relatedParty=parties) for number in numbers]
    report = await intake.run(
        take_in.database, [take_in.file(content)], progress=lambda *step: steps.append(step)
    )
    assert (report.problems, report.loaded) == ([], 1200)
    assert len(await take_in.rows(Customer)) == 1
    assert {row.phase.value for row in await take_in.rows(Order)} == {"ON_HOLD"}
    done = [part for part, _ in steps]
    assert done == sorted(done)
    assert len(set(done)) >= 5
    assert steps[-1][0] == steps[-1][1]


async def test_each_statement_that_locks_names_one_root_tenant(
    postgresql_reporter: Reporter,
) -> None:
    def parties(tenant: str) -> list[dict[str, Any]]:
        return [party("Partner", tenant), party("Kunde", "K-1")]

    agreement = [{"@type": "AgreementRef", "id": "V-1"}]
    tenants = ("P-7", "P-8", "P-9")
    take_in = postgresql_reporter.take_in
    await take_in.good(
        [order(f"A-{t}", relatedParty=parties(t), agreement=agreement) for t in tenants]
    )
    counts = []
    for hours in (1, 2):
        content = [state("held", hours, f"A-{t}") for t in tenants]
        content += [
            order(f"B-{i}-{t}", relatedParty=parties(t), agreement=agreement)
            for t in tenants
            for i in range(1 if hours == 1 else 20)
        ]
        with sent() as statements:
            await take_in.good(content)
        locking = [sql for sql, _ in statements if "FOR UPDATE" in sql or "FOR NO KEY" in sql]
        locking = [sql for sql in locking if "intake_failures" not in sql]
        assert all("root_tenant_id = $" in sql for sql in locking)
        counts.append(len(locking))
        if hours == 1:
            await take_in.good([order(f"C-{i}", relatedParty=parties("P-7")) for i in range(3)])
    # Orders and contracts of three trees.
    assert counts == [6, 6]


_NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=4) | _NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(value=_VALUES, large=st.integers(min_value=2**64))
def test_values_with_large_integers_have_the_same_canonical_form(value: Any, large: int) -> None:
    """orjson refuses integers of more than 64 bits, and writes everything else the same."""
    assert digest_of([value, Decimal(large)]) == digest_of([value, large])
    assert _canonical(value, 0) == _canonical(parse(_canonical(value, 0).encode()), 0)


_ALIKE = st.builds(
    lambda values, spaces: f"[{f',{spaces}'.join(_canonical({'a': v}, 0) for v in values)}]",
    st.lists(_VALUES, max_size=5),
    st.sampled_from(["", " ", "\n  "]),
)


@given(text=_ALIKE, chosen=st.sets(st.integers(min_value=0, max_value=4)))
def test_texts_that_are_skipped_change_nothing_for_others(text: str, chosen: set[int]) -> None:
    parsed = list(Document(text.encode()))
    skipped = {part.text_digest for i, part in enumerate(parsed) if i in chosen}
    document = Document(text.encode())
    document.texts_ahead(5)
    document.skip(skipped)
    for part, whole in zip(document, parsed, strict=True):
        is_skipped = part.value is None and part.text_digest in skipped
        assert is_skipped or part.value == whole.value
        assert (part.path, part.position) == (whole.path, whole.position)
        assert part.text_digest == whole.text_digest


_TEXT = st.lists(
    st.sampled_from(
        ["[", "]", "{", "}", ",", ":", '"a"', "1", "1.5", " ", "\n", "null", "x", "{}"]
    ),
    max_size=9,
).map("".join)


@given(text=_TEXT | st.lists(_VALUES, max_size=3).map(lambda v: _canonical(v, 0)))
def test_a_document_holds_what_its_whole_text_does(text: str) -> None:
    raw = text.encode()

    def whole() -> list[tuple[str, Any]]:
        return split(parse(raw))

    def streamed() -> list[tuple[str, Any]]:
        document = Document(raw)
        found = list(document)
        for part in found:
            assert document.value_at(part.position) == part.value
            assert part.digest in (None, digest_or_none(part.value))
        return [(part.path, part.value) for part in found]

    assert _result(streamed) == _result(whole)


@pytest.mark.parametrize(
    ("text", "is_fast"),
    [
        ('{"b":1.50,"a":"x:y"}', True),
        (r'{"a":"\u00fc"}', True),
        ('{"a":1,"a":2}', False),
        (r'{"a":"\u003a","a":2}', False),
        ('{"a":12345678901234567890123}', False),
        (r'{"a":"\ud800"}', False),
    ],
)
def test_a_digest_is_computed_while_reading_unless_a_name_may_occur_twice(
    text: str, is_fast: bool
) -> None:
    [part] = Document(f"[{text}]".encode())
    [(_, exact)] = split(parse(text.encode()))
    assert (part.value, type(part.value)) == (exact, type(exact))
    assert part.digest == (digest_or_none(exact) if is_fast else None)


def _result(read: Callable[[], Any]) -> Any:
    """What is read, or what is wrong with it."""
    try:
        return read()
    except InvalidError as error:
        return error.problems


async def test_an_account_that_cannot_be_stored_is_not_the_first_of_its_order(
    take_in: Intake,
) -> None:
    """It is valid by the schemas, and found out only when its batch is loaded."""
    early = order(creationDate="2026-03-01T08:00:00Z", externalId=[{"id": "x" * 600}])
    early["externalId"][0] |= {"@type": "ExternalIdentifier"}
    report = await take_in([early, state("held", 1), order(), order("A-2")])
    assert [p.reason for p in report.problems] == ["longer than 500 characters"]
    assert (report.loaded, report.failed) == (3, 1)
    assert (await take_in.order()).received_at == T0


async def test_after_a_repeat_the_next_account_of_its_order_is_in_its_place_by_time(
    take_in: Intake,
) -> None:
    """A sender repeats what it has sent, with what is new: nothing that happened is left out."""
    known = order()
    done = order(state="completed", completionDate=at(10))
    await take_in.good(known)
    report = await take_in.good([known, state("inProgress", 2), done])
    assert (report.loaded, report.unchanged, report.superseded) == (2, 1, 0)
    history = sorted(await take_in.rows(OrderHistoryEntry), key=lambda entry: entry.sequence)
    assert [entry.phase for entry in history] == [
        OrderPhase.RECEIVED,
        OrderPhase.PROVISIONING,
        OrderPhase.COMPLETED,
    ]


async def test_repeats_keep_their_orders_known_if_an_account_cannot_be_stored(
    take_in: Intake,
) -> None:
    known = order()
    done = order(state="completed", completionDate=at(10))
    bad = order("A-2", externalId=[{"@type": "ExternalIdentifier", "id": "x" * 600}])
    await take_in.good(known)
    report = await take_in([known, bad, state("inProgress", 2), done])
    assert (report.loaded, report.unchanged, report.superseded, report.failed) == (2, 1, 0, 1)
