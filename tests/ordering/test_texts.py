"""What people read: complete in both languages, and right for the order at hand."""

import calendar
import string
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.resources import files
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import enums
from db.enums import (
    STATUS_OF_PHASE,
    ActionParty,
    BusinessCase,
    CustomerKind,
    OrderPhase,
    OrderStatus,
)
from db.models import Order
from ordering.request_clock import RequestClock
from ordering.texts import (
    Locale,
    OrderFacts,
    contact,
    label,
    negotiate,
    phase_actor,
    phase_meaning,
    phase_next,
    status_meaning,
)
from ordering.texts import explain as explain_at

CLOSED_SETS = [
    member
    for member in vars(enums).values()
    if isinstance(member, type) and issubclass(member, StrEnum) and member is not StrEnum
]
PHASES_BY_STATUS = {
    status: [phase for phase, its in STATUS_OF_PHASE.items() if its is status]
    for status in OrderStatus
}


NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


def explain(order: OrderFacts, locale: Locale) -> str:
    return explain_at(order, locale, RequestClock(NOW))


@dataclass(frozen=True)
class Facts:
    phase: OrderPhase = OrderPhase.RECEIVED
    automated: bool = False
    delayed: bool = False
    contract_id: UUID | None = UUID(int=1)
    expected_completion_date: datetime | None = None
    completed_at: datetime | None = None
    action_text: str | None = None
    action_by: ActionParty | None = None
    action_due: datetime | None = None


def catalogue(locale: Locale) -> dict[str, dict[str, str]]:
    file = files("ordering.texts").joinpath(f"{locale.lower()}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("members", CLOSED_SETS, ids=lambda members: members.__name__)
def test_every_closed_set_has_a_distinct_label_for_each_member(
    members: type[StrEnum], locale: Locale
) -> None:
    labels = [label(member, locale) for member in members]
    assert all(labels)
    assert len(set(labels)) == len(members)


@pytest.mark.parametrize("locale", Locale)
def test_the_guide_explains_every_status_and_phase_in_whole_sentences(locale: Locale) -> None:
    texts = [text(status, locale) for status in OrderStatus for text in (status_meaning, contact)]
    texts += [
        text(phase, locale)
        for phase in OrderPhase
        for text in (phase_meaning, phase_next, phase_actor)
    ]
    assert all(text[0].isupper() and text.endswith(".") for text in texts)


def test_both_languages_hold_the_same_texts_with_the_same_fields() -> None:
    german, english = catalogue(Locale.DE), catalogue(Locale.EN)
    assert {table: list(texts) for table, texts in german.items()} == {
        table: list(texts) for table, texts in english.items()
    }
    for table, texts in german.items():
        for key, text in texts.items():
            assert fields(text) == fields(english[table][key]), f"{table}.{key}"


def test_the_statuses_are_called_and_explained_as_the_carrier_does() -> None:
    assert [label(status, Locale.DE) for status in OrderStatus] == [
        "In Arbeit",
        "Abgeschlossen",
        "Fehler",
    ]
    assert [label(status, Locale.EN) for status in OrderStatus] == [
        "In progress",
        "Completed",
        "Error",
    ]
    assert status_meaning(OrderStatus.IN_PROGRESS, Locale.DE) == (
        "Der Auftrag ist eingegangen und befindet sich im Bearbeitungsprozess."
    )
    assert label(BusinessCase.NEW_SITE_WITH_PORTING, Locale.DE) == (
        "Neuer Standort + Anbieterwechsel / Rufnummern"
    )
    assert label(CustomerKind.PROSPECT, Locale.DE) == "Interessent"


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("phase", OrderPhase)
def test_every_phase_says_what_happens_what_comes_next_and_whom_to_contact(
    phase: OrderPhase, locale: Locale
) -> None:
    explanation = explain(Facts(phase), locale)
    assert explanation.startswith(phase_meaning(phase, locale))
    assert phase_actor(phase, locale) in explanation
    assert phase_next(phase, locale) in explanation
    assert explanation.endswith(contact(STATUS_OF_PHASE[phase], locale))


def test_a_clarification_says_who_must_do_what_by_when() -> None:
    order = Facts(
        OrderPhase.CLARIFICATION,
        action_text="Bitte die Hausnummer des Standorts mitteilen",
        action_by=ActionParty.PARTNER,
        action_due=datetime(2026, 11, 30, 23, 30, tzinfo=UTC),
    )
    assert explain(order, Locale.DE) == (
        "Zum Auftrag ist eine Rückfrage offen; bis sie geklärt ist, ruht die Bearbeitung. "
        "Der Partner muss jetzt handeln, spätestens bis zum 01.12.2026: "
        "„Bitte die Hausnummer des Standorts mitteilen“. "
        "Den verbindlichen Liefertermin sehen Sie hier, sobald er feststeht. "
        "Sobald die Rückfrage geklärt ist, geht die Bearbeitung dort weiter, wo sie unterbrochen "
        "wurde. "
        "Bei Fragen hilft Ihnen unser Support gern weiter."
    )
    assert (
        "The partner must act now, by 1 December 2026 at the latest: “Bitte die Hausnummer"
        in explain(order, Locale.EN)
    )


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("party", ActionParty)
def test_an_action_without_a_deadline_names_none(party: ActionParty, locale: Locale) -> None:
    order = Facts(OrderPhase.CLARIFICATION, action_text="{Kundennummer} prüfen.", action_by=party)
    explanation = explain(order, locale)
    quotation = "„{Kundennummer} prüfen.“ " if locale is Locale.DE else "“{Kundennummer} prüfen.” "
    assert quotation in explanation
    assert "bis zum" not in explanation
    assert " by " not in explanation
    assert phase_actor(OrderPhase.CLARIFICATION, locale) not in explanation


def test_a_known_date_is_the_carriers_day_in_the_readers_language() -> None:
    order = Facts(
        OrderPhase.CONFIRMED,
        expected_completion_date=datetime(2027, 6, 30, 22, 0, tzinfo=UTC),
    )
    assert "Der verbindliche Liefertermin ist der 01.07.2027." in explain(order, Locale.DE)
    assert "The binding delivery date is 1 July 2027." in explain(order, Locale.EN)


@pytest.mark.parametrize("month", range(1, 13))
def test_each_month_has_its_name(month: int) -> None:
    order = Facts(expected_completion_date=datetime(2026, month, 24, 12, tzinfo=UTC))
    assert f" 24 {calendar.month_name[month]} 2026." in explain(order, Locale.EN)
    assert f" 24.{month:02}.2026." in explain(order, Locale.DE)


def test_a_deadline_that_has_passed_is_not_told_as_one_to_come() -> None:
    order = Facts(
        OrderPhase.CLARIFICATION,
        action_text="Bitte die Hausnummer mitteilen.",
        action_by=ActionParty.CUSTOMER,
        action_due=datetime(2026, 1, 6, tzinfo=UTC),
    )
    german, english = explain(order, Locale.DE), explain(order, Locale.EN)
    assert "Der Kunde muss jetzt handeln; die Frist ist am 06.01.2026 abgelaufen: „Bitte" in german
    assert "bis zum" not in german
    assert "the deadline passed on 6 January 2026: “Bitte" in english


@pytest.mark.parametrize("delayed", [True, False])
@pytest.mark.parametrize("phase", [OrderPhase.CONFIRMED, OrderPhase.ON_HOLD])
def test_a_delivery_date_that_has_passed_is_told_as_missed(
    phase: OrderPhase, delayed: bool
) -> None:
    order = Facts(phase, delayed=delayed, expected_completion_date=datetime(2026, 1, 6, tzinfo=UTC))
    german = explain(order, Locale.DE)
    assert "Der zuletzt genannte Liefertermin, der 06.01.2026, ist verstrichen." in german
    assert "verbindlich" not in german
    assert "6 January 2026, has passed" in explain(order, Locale.EN)


@pytest.mark.parametrize("phase", [OrderPhase.CLARIFICATION, OrderPhase.ON_HOLD])
def test_no_date_binds_while_processing_is_interrupted(phase: OrderPhase) -> None:
    order = Facts(phase, expected_completion_date=datetime(2026, 3, 1, tzinfo=UTC))
    assert "Der zuletzt genannte Liefertermin ist der 01.03.2026." in explain(order, Locale.DE)
    assert "verbindlich" not in explain(order, Locale.DE)


def test_a_delayed_order_says_so_and_calls_its_date_no_longer_binding() -> None:
    order = Facts(
        OrderPhase.PROVISIONING,
        delayed=True,
        expected_completion_date=datetime(2026, 11, 24, tzinfo=UTC),
    )
    explanation = explain(order, Locale.DE)
    assert "Die Bearbeitung verzögert sich" in explanation
    assert "Der zuletzt genannte Liefertermin ist der 24.11.2026." in explanation
    assert "verbindlich" not in explanation


@pytest.mark.parametrize(
    ("order", "promised"),
    [
        (Facts(automated=True), True),
        (Facts(automated=False), False),
        (Facts(automated=True, delayed=True), False),
        (Facts(OrderPhase.CLARIFICATION, automated=True), False),
        (Facts(OrderPhase.COMPLETED, automated=True), False),
    ],
)
def test_minutes_are_promised_only_where_automation_runs_freely(
    order: Facts, promised: bool
) -> None:
    assert ("wenige Minuten" in explain(order, Locale.DE)) is promised
    assert ("few minutes" in explain(order, Locale.EN)) is promised


def test_a_completed_order_names_the_day_since_when_the_product_is_available() -> None:
    order = Facts(OrderPhase.COMPLETED, completed_at=datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    assert explain(order, Locale.DE).startswith(
        "Die Auftragsbearbeitung wurde am 06.01.2026 abgeschlossen; seitdem steht das Produkt"
    )
    assert "completed on 6 January 2026" in explain(order, Locale.EN)


@pytest.mark.parametrize(
    ("status", "announced"),
    [(OrderStatus.IN_PROGRESS, True), (OrderStatus.COMPLETED, True), (OrderStatus.ERROR, False)],
)
def test_a_missing_contract_number_is_announced_unless_the_order_failed(
    status: OrderStatus, announced: bool
) -> None:
    for phase in PHASES_BY_STATUS[status]:
        missing = explain(Facts(phase, contract_id=None), Locale.DE)
        assert ("Vertragsnummer ist noch nicht zugeordnet" in missing) is announced
        assert "Vertragsnummer" not in explain(Facts(phase), Locale.DE)


def test_errors_lead_to_sales_support_and_name_no_delivery_date() -> None:
    for phase in PHASES_BY_STATUS[OrderStatus.ERROR]:
        order = Facts(phase, expected_completion_date=datetime(2026, 11, 24, tzinfo=UTC))
        assert "Vertriebssupport" in explain(order, Locale.DE)
        assert "sales support" in explain(order, Locale.EN)
        assert "2026" not in explain(order, Locale.DE)


def test_an_order_of_the_database_can_be_explained() -> None:
    order = Order(phase=OrderPhase.ACCEPTED, automated=False, delayed=False)
    assert explain(order, Locale.EN).startswith("The order has been checked and accepted.")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, Locale.DE),
        ("", Locale.DE),
        ("en", Locale.EN),
        ("EN-gb", Locale.EN),
        ("de-AT, en;q=0.8", Locale.DE),
        ("en;q=0.8, de-AT", Locale.DE),
        ("de;q=0.5,en;q=0.51", Locale.EN),
        ("fr, en;q=0.3", Locale.EN),
        ("fr", Locale.DE),
        ("*", Locale.DE),
        ("fr, *;q=0.1", Locale.DE),
        ("de;q=0, *", Locale.EN),
        ("en;q=0", Locale.DE),
        ("en;q=0, de;q=0", Locale.DE),
        ("en, de", Locale.EN),
        ("en ; q = 0.9 , de;q=0.8", Locale.EN),
        ("en;q=nan", Locale.DE),
        ("en;q=2", Locale.DE),
        ("english", Locale.DE),
        ("en;q=0.5;level=1", Locale.DE),
        (";;,,=\x00,en", Locale.EN),
    ],
)
def test_the_header_chooses_the_language(header: str | None, locale: Locale) -> None:
    assert negotiate(None, header) is locale


@pytest.mark.parametrize("asked", Locale)
def test_an_argument_outweighs_the_header(asked: Locale) -> None:
    assert negotiate(asked, "de") is negotiate(asked, "en") is asked


@given(st.text(alphabet="den*-;q=01. ,\t\x00é", max_size=60))
def test_no_header_is_too_strange(header: str) -> None:
    assert negotiate(None, header) in Locale
