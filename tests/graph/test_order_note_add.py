"""`orderNoteAdd`: a partner's note to the processing of an order."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from auth.oauth_scopes import OAuthScope
from db.enums import AuditAction, AuditActor
from db.models import AuditEntry, OrderNote
from ordering.order.notes import LONGEST_NOTE
from tests.graph.client import CARRIER, Client, serve
from tests.graph.factory import NOW
from tests.graph.mutations import WRITES, Desk, fill

COMMENT = frozenset({OAuthScope.ORDERS_COMMENT})


@pytest.fixture(params=["levels", "core"])
async def both(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Desk]:
    """By each executor."""
    async with serve(database_url, executor=request.param) as client:
        yield await fill(client)


@pytest.fixture
async def desk(client: Client) -> Desk:
    return await fill(client)


async def test_the_answer_shows_the_order_as_it_is_afterwards(both: Desk) -> None:
    added = await both.add("  Tor 3\r\nbeim Empfang  ")
    assert added["replayed"] is False
    text = "Tor 3\nbeim Empfang"
    assert added["note"] == {
        "text": text,
        "account": "M-10001/CRM 0",
        "author": None,
        "writtenAt": NOW.isoformat().replace("+00:00", "Z"),
    }
    assert added["order"]["version"] == both.order.version + 1
    assert added["order"]["updatedAt"] == added["note"]["writtenAt"]
    assert added["order"]["notes"] == [{"text": text}]


async def test_an_unknown_and_a_foreign_order_give_the_same_answer(both: Desk) -> None:
    numbers = both.foreign.number, "A-99999", "", "9" * 500
    answers = [
        (await both.send(key=f"{key}", order=number)).json["data"]
        for key, number in enumerate(numbers)
    ]
    assert answers == [answers[0]] * 4
    [error] = answers[0]["orderNoteAdd"]["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["order"])
    assert await both.count(OrderNote) == 0


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "NOT_EMPTY"),
        (" \n\t ", "NOT_EMPTY"),
        ("\u200b\n\u202e\ufeff", "NOT_EMPTY"),
        ("x" * (LONGEST_NOTE + 1), "MAX_LENGTH"),
        ("Tor\x1b[31m", "NO_CONTROL_CHARACTERS"),
        ("Tor\u0085 3", "NO_CONTROL_CHARACTERS"),
        ("a\rb", "NO_CONTROL_CHARACTERS"),
    ],
)
async def test_each_rule_of_the_text_has_a_name(desk: Desk, text: str, rule: str) -> None:
    [error] = await desk.errors(text)
    assert (error["code"], error["path"], error["rule"]) == ("INVALID_FIELD", ["text"], rule)


async def test_the_longest_text_and_decomposed_letters_are_stored_whole(desk: Desk) -> None:
    # Two code points for each letter, which become one.
    added = await desk.add("u\u0308" * LONGEST_NOTE)
    assert added["note"]["text"] == "ü" * LONGEST_NOTE
    assert await desk.notes() == ["ü" * LONGEST_NOTE]


async def test_all_errors_are_reported_at_once(both: Desk) -> None:
    errors = await both.errors("", key="schlüssel", order="A-99999")
    assert [(error["code"], error["path"]) for error in errors] == [
        ("INVALID_FIELD", ["idempotencyKey"]),
        ("INVALID_FIELD", ["text"]),
        ("NOT_FOUND", ["order"]),
    ]
    assert [error["__typename"] for error in errors] == ["InvalidField", "InvalidField", "NotFound"]


async def test_the_credential_may_add_notes_without_reading_orders(both: Desk) -> None:
    answer = await both.send(granted=COMMENT)
    result = answer.json["data"]["orderNoteAdd"]
    assert result["order"] is None
    assert result["note"]["text"] == "Tor 3"
    assert {(error["extensions"]["scope"], error["path"][-1]) for error in answer.errors} == {
        ("orders:read", "order"),
        ("personal-data:read", "author"),
        ("tenants:read", "account"),
    }
    assert await both.notes() == ["Tor 3"]


async def test_the_note_leaves_an_audit_entry_for_the_partner(desk: Desk) -> None:
    answer = await desk.send()
    async with desk.client.database.read(CARRIER) as session:
        [entry] = await session.entities(
            select(AuditEntry).where(AuditEntry.action == AuditAction.ORDER_NOTE_ADDED)
        )
    assert (entry.tenant_id, entry.root_tenant_id) == (desk.partner.id, desk.partner.id)
    assert (entry.actor_kind, entry.actor) == (AuditActor.API_CLIENT, "M-10001/CRM 0")
    assert entry.subject == desk.order.number
    assert entry.request_id == answer.response.headers["x-request-id"]
    log = await desk.client.query(
        "query { auditLog { nodes { action actionLabel(locale: EN) subject } } }"
    )
    assert {
        "action": "ORDER_NOTE_ADDED",
        "actionLabel": "Note added to an order",
        "subject": desk.order.number,
    } in log.data["auditLog"]["nodes"]


async def test_an_answer_that_was_kept_is_no_longer_valid(desk: Desk) -> None:
    query = "query Orders { orders { nodes { number version } } }"
    tag = (await desk.client.get(query)).tag
    assert (await desk.client.get(query, tag=tag)).status == 304
    await desk.add()
    changed = await desk.client.get(query, tag=tag)
    assert changed.status == 200
    assert changed.data["orders"]["nodes"][0]["version"] == desk.order.version + 1


async def test_the_number_of_statements_does_not_depend_on_earlier_notes(desk: Desk) -> None:
    counts = [(await desk.send(key=f"{n}", granted=WRITES)).statements for n in range(6)]
    assert len(set(counts)) == 1


async def test_the_account_of_a_note_needs_the_scope_of_tenants(desk: Desk) -> None:
    """It contains the number of a tenant, perhaps one below the reader's."""
    await desk.add()
    asked = f'{{ order(number: "{desk.order.number}") {{ notes {{ text account }} }} }}'
    answer = await desk.client.query(asked, granted=frozenset({OAuthScope.ORDERS_READ}))
    assert [error["extensions"]["scope"] for error in answer.errors] == [OAuthScope.TENANTS_READ]
    assert answer.json["data"]["order"]["notes"] == [{"text": "Tor 3", "account": None}]
