"""Texts about an order in German and English: labels, the explanation, the guide."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from db.enums import STATUS_OF_PHASE, ActionParty, OrderPhase
from tests.graph.client import Answer, Client
from tests.graph.factory import Factory

LABELS = {
    "RECEIVED": ("Eingegangen", "Received"),
    "ACCEPTED": ("Angenommen", "Accepted"),
    "CLARIFICATION": ("In Klärung", "In clarification"),
    "ON_HOLD": ("Zurückgestellt", "On hold"),
    "CONFIRMED": ("Termin bestätigt", "Date confirmed"),
    "PROVISIONING": ("In Bereitstellung", "Being provisioned"),
    "COMPLETED": ("Abgeschlossen", "Completed"),
    "REJECTED": ("Abgelehnt", "Rejected"),
    "FAILED": ("Fehlgeschlagen", "Failed"),
    "PARTIAL": ("Teilweise ausgeführt", "Partially fulfilled"),
    "CANCELLED": ("Storniert", "Cancelled"),
}
STATUSES = {
    "IN_PROGRESS": ("In Arbeit", "In progress"),
    "COMPLETED": ("Abgeschlossen", "Completed"),
    "ERROR": ("Fehler", "Error"),
}
LATE_IN_THE_EVENING = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
"""1 December for the carrier."""


@pytest.fixture(scope="module")
async def client(empty_client: Client) -> Client:
    book = Factory()
    customer = book.customer(book.tenant())

    def order(number: str, phase: OrderPhase, **given: Any) -> None:
        given = {"contract": book.contract(customer), **given}
        book.order(customer, number=number, phase=phase, **given)

    for phase in OrderPhase:
        order(f"A-{phase}", phase)
        order(f"A-{phase}-DATED", phase, expected_completion_date=LATE_IN_THE_EVENING)
        order(f"A-{phase}-ALONE", phase, contract=None)
    for party in ActionParty:
        asked = {"action_text": "Bitte die Hausnummer nennen", "action_by": party}
        order(f"A-{party}", OrderPhase.CLARIFICATION, **asked)
        order(f"A-{party}-DUE", OrderPhase.CLARIFICATION, action_due=LATE_IN_THE_EVENING, **asked)
    order("A-AUTOMATED", OrderPhase.RECEIVED, automated=True)
    late = {"expected_completion_date": LATE_IN_THE_EVENING, "delayed": True}
    order("A-DELAYED", OrderPhase.PROVISIONING, **late)
    order("A-DONE", OrderPhase.COMPLETED, received_at=datetime(2026, 1, 5, 19, 30, tzinfo=UTC))
    await empty_client.fill(book)
    return empty_client


async def explained(client: Client, number: str, locale: str | None = None) -> str:
    query = "query ($n: String!, $l: Locale) { order(number: $n) { statusExplanation(locale: $l) }}"
    answer = await client.query(query, {"n": number, "l": locale})
    explanation: str = answer.data["order"]["statusExplanation"]
    return explanation


@pytest.mark.parametrize("phase", OrderPhase)
async def test_status_and_phase_are_labelled_in_both_languages(
    client: Client, phase: OrderPhase
) -> None:
    query = """query ($n: String!) { order(number: $n) {
        status phase de: statusLabel(locale: DE) en: statusLabel(locale: EN)
        phaseDe: phaseLabel(locale: DE) phaseEn: phaseLabel(locale: EN)
    } }"""
    order = (await client.query(query, {"n": f"A-{phase}"})).data["order"]
    assert (order["de"], order["en"]) == STATUSES[order["status"]]
    assert (order["phaseDe"], order["phaseEn"]) == LABELS[order["phase"]]


@pytest.mark.parametrize(
    ("header", "label"),
    [
        (None, "In Arbeit"),
        ("", "In Arbeit"),
        ("en", "In progress"),
        ("de", "In Arbeit"),
        ("en-US,en;q=0.9,de;q=0.8", "In progress"),
        ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "In Arbeit"),
        ("de;q=0.4, en;q=0.6", "In progress"),
        ("fr-FR, nl", "In Arbeit"),
        ("fr-FR, en;q=0.1", "In progress"),
        ("*", "In Arbeit"),
        ("en;q=high, ,;;=", "In Arbeit"),
        ("en_US", "In Arbeit"),
        ("x" * 500, "In Arbeit"),
    ],
)
async def test_without_an_argument_the_header_decides_and_german_is_the_default(
    client: Client, header: str | None, label: str
) -> None:
    headers = {} if header is None else {"Accept-Language": header}
    assert await _label(client, headers) == label


async def test_a_header_in_several_lines_is_one_header(client: Client) -> None:
    lines = [("Accept-Language", "fr"), ("Accept-Language", "en;q=0.5")]
    assert await _label(client, lines) == "In progress"


@pytest.mark.parametrize(("locale", "label"), [("DE", "In Arbeit"), ("EN", "In progress")])
@pytest.mark.parametrize("header", ["de", "en"])
async def test_the_argument_outweighs_the_header(
    client: Client, locale: str, label: str, header: str
) -> None:
    assert await _label(client, {"Accept-Language": header}, f"(locale: {locale})") == label


async def test_a_null_argument_leaves_the_choice_to_the_header(client: Client) -> None:
    assert await _label(client, {"Accept-Language": "en"}, "(locale: null)") == "In progress"


async def _label(client: Client, headers: Any, arguments: str = "") -> str:
    key = await client.key(client.tenant)
    # The client of the tests names no language of its own, and can repeat a header.
    request = client.http.build_request(
        "POST",
        "/graphql",
        json={"query": f'{{order(number: "A-RECEIVED") {{statusLabel{arguments}}}}}'},
        headers=[
            ("Authorization", f"Bearer {key}"),
            *(headers.items() if isinstance(headers, Mapping) else headers),
        ],
    )
    answer = Answer(await client.http.send(request), 0)
    label: str = answer.data["order"]["statusLabel"]
    return label


async def test_an_unknown_locale_is_refused_before_anything_is_read(client: Client) -> None:
    answer = await client.query('{order(number: "A-RECEIVED") {statusLabel(locale: FR)}}')
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_all_labels_of_an_answer_follow_the_header(client: Client) -> None:
    query = """{ order(number: "A-COMPLETED") {
        businessCaseLabel history { phaseLabel } contract { statusLabel }
    } orderSummary { byStatus { label } byBusinessCase { label } } }"""
    for language, expected in (("de", "Neubestellung"), ("en", "New order")):
        data = (await client.query(query, headers={"Accept-Language": language})).data
        place = 0 if language == "de" else 1
        order = data["order"]
        assert order["businessCaseLabel"] == expected
        assert order["history"][0]["phaseLabel"] == LABELS["RECEIVED"][place]
        assert order["contract"]["statusLabel"] == ("Aktiv", "Active")[place]
        labels = [count["label"] for count in data["orderSummary"]["byStatus"]]
        assert labels == [label[place] for label in STATUSES.values()]
        assert data["orderSummary"]["byBusinessCase"][0]["label"] == expected


HAPPENING = {
    "RECEIVED": ("Der Auftrag ist eingegangen.", "The order has been received."),
    "ACCEPTED": ("geprüft und angenommen.", "checked and accepted."),
    "CLARIFICATION": ("Rückfrage offen", "open question"),
    "ON_HOLD": ("zurückgestellt", "on hold"),
    "CONFIRMED": ("für die Bereitstellung eingeplant", "scheduled for provisioning"),
    "PROVISIONING": ("wird bereitgestellt", "being provisioned"),
    "COMPLETED": ("am 21.10.2026 abgeschlossen", "completed on 21 October 2026"),
    "REJECTED": ("abgelehnt", "rejected"),
    "FAILED": ("auf einen Fehler gelaufen", "ran into an error"),
    "PARTIAL": ("nur teilweise ausgeführt", "only be carried out in part"),
    "CANCELLED": ("storniert", "cancelled"),
}
ACTING = {
    "RECEIVED": ("Sie müssen nichts tun", "you do not need to do anything"),
    "ACCEPTED": ("Sie müssen nichts tun", "you do not need to do anything"),
    "CLARIFICATION": ("Der Kunde muss jetzt handeln", "The customer must act now"),
    "ON_HOLD": ("Sie müssen derzeit nichts tun", "you do not need to do anything at the moment"),
    "CONFIRMED": ("Sie müssen nichts tun", "you do not need to do anything"),
    "PROVISIONING": ("Sie müssen nichts tun", "you do not need to do anything"),
    "COMPLETED": ("Sie müssen nichts mehr tun", "You do not need to do anything else"),
    "REJECTED": ("ist ein neuer Auftrag nötig", "a new order is necessary"),
    "FAILED": ("Wir beheben den Fehler", "We are correcting the error"),
    "PARTIAL": ("ist dafür ein neuer Auftrag nötig", "a new order for them is necessary"),
    "CANCELLED": ("ist ein neuer Auftrag nötig", "a new order is necessary"),
}
COMING = {
    "RECEIVED": ("Als Nächstes prüfen wir", "Next, we check"),
    "ACCEPTED": ("Als Nächstes planen wir die Bereitstellung", "Next, we schedule"),
    "CLARIFICATION": ("wo sie unterbrochen wurde", "where it was interrupted"),
    "ON_HOLD": ("wo sie unterbrochen wurde", "where it was interrupted"),
    "CONFIRMED": ("Als Nächstes beginnt die Bereitstellung", "Next, provisioning begins"),
    "PROVISIONING": ("ist der Auftrag abgeschlossen", "the order is complete"),
    "COMPLETED": ("Vertrag wird entsprechend abgerechnet", "is billed accordingly"),
    "REJECTED": ("nicht weiter bearbeitet", "will not be processed any further"),
    "FAILED": ("beginnt die Bearbeitung von vorn", "processing starts again"),
    "PARTIAL": ("nicht mehr ausgeführt", "no longer be carried out"),
    "CANCELLED": ("nicht weiter bearbeitet", "will not be processed any further"),
}


@pytest.mark.parametrize("place", [0, 1], ids=["DE", "EN"])
@pytest.mark.parametrize("phase", OrderPhase)
async def test_an_explanation_says_what_happens_who_acts_what_comes_and_whom_to_contact(
    client: Client, phase: OrderPhase, place: int
) -> None:
    text = await explained(client, f"A-{phase}", ("DE", "EN")[place])
    failed = STATUS_OF_PHASE[phase] == "ERROR"
    contact = ("Vertriebssupport.", "sales support.") if failed else ("Support", "support team")
    parts = [table[phase][place] for table in (HAPPENING, ACTING, COMING)] + [contact[place]]
    places = [text.find(part) for part in parts]
    assert -1 not in places, text
    assert places == sorted(places)


@pytest.mark.parametrize("variant", ["", "-DATED", "-ALONE"])
@pytest.mark.parametrize("phase", OrderPhase)
async def test_a_german_explanation_is_whole_polite_sentences(
    client: Client, phase: OrderPhase, variant: str
) -> None:
    text = await explained(client, f"A-{phase}{variant}")
    assert text.endswith(".")
    assert not re.search(r"[{}]|None|  |\.\.|\s[.,;:]", text)
    for sentence in re.split(r"\. ", text.replace("bzw. ", "oder ")):
        assert re.match(r"[A-ZÄÖÜ„]", sentence), sentence
    assert not re.search(r"\b([Dd]u|[Dd]ich|[Dd]ein\w*|[Ee]uch|[Ee]ure?)\b", text)
    # The formal address is written with a capital letter, wherever it stands.
    assert not re.search(r"\b(ihnen|ihre[mnrs]?)\b", text)


@pytest.mark.parametrize("number", ["A-PARTNER-DUE", "A-CUSTOMER-DUE", "A-CARRIER-DUE"])
async def test_a_deadline_is_named_as_the_carriers_day(client: Client, number: str) -> None:
    assert "bis zum 01.12.2026" in await explained(client, number, "DE")
    assert "by 1 December 2026" in await explained(client, number, "EN")


@pytest.mark.parametrize(
    ("party", "german", "english"),
    [
        ("PARTNER", "Der Partner muss jetzt handeln", "The partner must act now"),
        ("CUSTOMER", "Der Kunde muss jetzt handeln", "The customer must act now"),
        ("CARRIER", "Wir klären den folgenden Punkt", "you do not need to do anything"),
    ],
)
@pytest.mark.parametrize("due", ["", "-DUE"])
async def test_a_clarification_says_whose_turn_it_is_and_quotes_what_is_asked(
    client: Client, party: str, german: str, english: str, due: str
) -> None:
    text = await explained(client, f"A-{party}{due}", "DE")
    assert german in text
    assert "„Bitte die Hausnummer nennen“." in text
    text = await explained(client, f"A-{party}{due}", "EN")
    assert english in text
    assert "“Bitte die Hausnummer nennen”." in text


@pytest.mark.parametrize("phase", OrderPhase)
async def test_a_delivery_date_is_named_while_the_order_is_in_progress(
    client: Client, phase: OrderPhase
) -> None:
    in_progress = STATUS_OF_PHASE[phase] == "IN_PROGRESS"
    dated = await explained(client, f"A-{phase}-DATED")
    assert ("Liefertermin ist der 01.12.2026." in dated) is in_progress
    follows = "Den verbindlichen Liefertermin sehen Sie hier, sobald er feststeht."
    assert (follows in await explained(client, f"A-{phase}")) is in_progress
    assert follows not in dated


@pytest.mark.parametrize("phase", OrderPhase)
async def test_a_missing_contract_number_is_explained_where_one_is_to_come(
    client: Client, phase: OrderPhase
) -> None:
    text = await explained(client, f"A-{phase}-ALONE")
    expected = STATUS_OF_PHASE[phase] != "ERROR"
    assert ("Eine Vertragsnummer ist noch nicht zugeordnet" in text) is expected
    assert "Vertragsnummer" not in await explained(client, f"A-{phase}")


async def test_an_automated_order_is_promised_in_minutes(client: Client) -> None:
    assert "dauert in der Regel nur wenige Minuten" in await explained(client, "A-AUTOMATED")
    assert "wenige Minuten" not in await explained(client, "A-RECEIVED")


async def test_a_delayed_order_says_so_and_promises_nothing_binding(client: Client) -> None:
    text = await explained(client, "A-DELAYED")
    assert "Die Bearbeitung verzögert sich" in text
    assert "Der zuletzt genannte Liefertermin ist der 01.12.2026." in text
    assert "verbindlich" not in text


async def test_a_completed_order_is_explained_to_the_last_word(client: Client) -> None:
    assert await explained(client, "A-DONE") == (
        "Die Auftragsbearbeitung wurde am 06.01.2026 abgeschlossen; seitdem steht das Produkt "
        "bzw. die Anpassung oder Erweiterung zur Verfügung. Sie müssen nichts mehr tun. Der "
        "zugehörige Vertrag wird entsprechend abgerechnet. Bei Fragen hilft Ihnen unser Support "
        "gern weiter."
    )


async def test_explaining_costs_no_statement_of_its_own(client: Client) -> None:
    plain = await client.query('{order(number: "A-DELAYED") {number}}')
    explained = await client.query(
        '{order(number: "A-DELAYED") {statusLabel phaseLabel statusExplanation}}'
    )
    assert explained.data["order"]["statusExplanation"]
    assert explained.statements == plain.statements == 1


GUIDE = """query ($locale: Locale) { statusGuide(locale: $locale) {
    status label meaning contact phases { phase label meaning actor next tmf622State }
} }"""


async def test_the_guide_explains_each_status_with_its_phases_once(client: Client) -> None:
    guide = (await client.query(GUIDE)).data["statusGuide"]
    assert [entry["status"] for entry in guide] == [*STATUSES]
    phases = {phase["phase"]: entry["status"] for entry in guide for phase in entry["phases"]}
    assert phases == {str(phase): str(status) for phase, status in STATUS_OF_PHASE.items()}
    assert sum(len(entry["phases"]) for entry in guide) == len(OrderPhase)


@pytest.mark.parametrize(("locale", "place"), [("DE", 0), ("EN", 1)])
async def test_the_guide_uses_the_labels_of_the_orders(
    client: Client, locale: str, place: int
) -> None:
    guide = (await client.query(GUIDE, {"locale": locale})).data["statusGuide"]
    assert {entry["status"]: entry["label"] for entry in guide} == {
        status: labels[place] for status, labels in STATUSES.items()
    }
    assert {phase["phase"]: phase["label"] for entry in guide for phase in entry["phases"]} == {
        phase: labels[place] for phase, labels in LABELS.items()
    }


async def test_the_guide_says_of_the_statuses_what_the_carriers_help_says(client: Client) -> None:
    guide = (await client.query(GUIDE)).data["statusGuide"]
    in_progress, completed, error = (entry["meaning"] for entry in guide)
    assert in_progress == "Der Auftrag ist eingegangen und befindet sich im Bearbeitungsprozess."
    assert completed == (
        "Die Auftragsbearbeitung wurde abgeschlossen. Das Produkt bzw. die Anpassung oder "
        "Erweiterung steht zur Verfügung."
    )
    assert error == (
        "Der Auftrag ist auf einen Fehler gelaufen und wurde nicht korrekt erstellt. "
        "Kontaktieren Sie bitte unseren Vertriebssupport."
    )


@pytest.mark.parametrize("locale", ["DE", "EN"])
async def test_each_text_of_the_guide_can_stand_alone(client: Client, locale: str) -> None:
    guide = (await client.query(GUIDE, {"locale": locale})).data["statusGuide"]
    texts = [entry[field] for entry in guide for field in ("meaning", "contact")]
    phases = [phase for entry in guide for phase in entry["phases"]]
    texts += [phase[field] for phase in phases for field in ("meaning", "actor", "next")]
    assert all(text[0].isupper() and text.endswith(".") for text in texts)
    # A table shows who must act in a column of its own, where a pronoun refers to nothing.
    actors = " ".join(phase["actor"] for phase in phases)
    assert not re.search(r"\b(ihn|sie|it)\b", actors)


async def test_the_guide_follows_the_header_and_reads_nothing(client: Client) -> None:
    answer = await client.query(GUIDE, headers={"Accept-Language": "en"})
    assert answer.data["statusGuide"][0]["label"] == "In progress"
    assert answer.statements == 0


async def test_each_message_of_an_answer_can_have_a_language_of_its_own(client: Client) -> None:
    query = """{ order(number: "A-DELAYED") {
        de: statusExplanation(locale: DE) en: statusExplanation(locale: EN) statusExplanation
    } }"""
    order = (await client.query(query, headers={"Accept-Language": "en"})).data["order"]
    assert order["statusExplanation"] == order["en"] != order["de"]
