"""German texts of the carrier's staff and of partners."""

from db.enums import ActionParty, BusinessCase, OrderPhase

CASES: dict[BusinessCase, str] = {
    BusinessCase.NEW_ORDER: "Neubestellung",
    BusinessCase.REORDER: "Nachbestellung",
    BusinessCase.CONTRACT_RENEWAL: "Vertragsverlängerung",
    BusinessCase.TARIFF_CHANGE: "Tarifwechsel",
    BusinessCase.CONTRACT_ADJUSTMENT: "Vertragsanpassung",
    BusinessCase.NEW_SITE_WITH_PORTING: "Neuer Standort mit Anbieterwechsel",
    BusinessCase.NEW_NUMBERS_FOR_SITE: "Neue Rufnummern für bestehenden Standort",
    BusinessCase.PROVIDER_CHANGE_FOR_SITE: "Anbieterwechsel für bestehenden Standort",
    BusinessCase.PRODUCT_CHANGE: "Produktwechsel",
    BusinessCase.PRODUCT_CHANGE_WITH_NEW_ORDER: "Produktwechsel mit Neubestellung",
}

PARTNER, CUSTOMER, CARRIER = ActionParty.PARTNER, ActionParty.CUSTOMER, ActionParty.CARRIER

# `{day}` is the due date.
CLARIFICATIONS: tuple[tuple[ActionParty, str], ...] = (
    (PARTNER, "Bitte reichen Sie die unterschriebene Vollmacht des Kunden bis zum {day} nach."),
    (PARTNER, "Bitte bestätigen Sie bis zum {day} die Lage der TAE-Dose am Standort."),
    (PARTNER, "Bitte nennen Sie bis zum {day} einen Ansprechpartner vor Ort mit Rückrufnummer."),
    (CUSTOMER, "Bitte stimmen Sie bis zum {day} einen Termin für die Begehung des Gebäudes ab."),
    (
        CUSTOMER,
        (
            "Der Techniker hat niemanden angetroffen. Bitte nennen Sie bis zum {day} einen "
            "neuen Termin."
        ),
    ),
    (
        CUSTOMER,
        (
            "Für die Verlegung fehlt die Zustimmung des Eigentümers. Bitte senden Sie sie bis "
            "zum {day}."
        ),
    ),
    (
        CARRIER,
        "Wir klären bis zum {day} mit dem Netzbetreiber, ob am Standort ein Leitungsweg frei ist.",
    ),
)
PORTING_CLARIFICATIONS: tuple[tuple[ActionParty, str], ...] = (
    (
        PARTNER,
        (
            "Der bisherige Anbieter kennt den Anschlussinhaber nicht. Bitte prüfen Sie bis zum "
            "{day} Name und Adresse im Portierungsauftrag."
        ),
    ),
    (
        CUSTOMER,
        (
            "Bitte teilen Sie uns bis zum {day} mit, welche Rufnummern des Blocks portiert "
            "werden sollen."
        ),
    ),
    (
        CARRIER,
        (
            "Wir warten auf die Rückmeldung des bisherigen Anbieters zur Portierung und fragen "
            "am {day} nach."
        ),
    ),
)
HOLDS = (
    "Auf Wunsch des Kunden zurückgestellt.",
    "Wartet auf den Baufortschritt am Standort.",
    "Ruht, bis der Hauptauftrag abgeschlossen ist.",
)
DELAYS: tuple[tuple[str, str], ...] = (
    ("CIVIL_WORKS", "Der Tiefbau verzögert sich, weil die Genehmigung der Gemeinde aussteht."),
    ("CAPACITY", "Am Verteiler ist derzeit kein Port frei; der Ausbau ist beauftragt."),
    ("SUPPLIER", "Der Vorlieferant hat den Schalttermin verschoben."),
    ("TECHNICIAN", "Der Techniker konnte den Termin nicht halten; ein Ersatztermin folgt."),
    ("HARDWARE", "Der bestellte Router ist beim Hersteller nicht lieferbar."),
)
ERRORS: dict[OrderPhase, tuple[str, ...]] = {
    OrderPhase.REJECTED: (
        "Am Standort ist das Produkt nicht verfügbar.",
        "Die Bonitätsprüfung des Kunden war nicht erfolgreich.",
        "Die Adresse konnte keinem Gebäude zugeordnet werden.",
        "Der bisherige Anbieter hat den Wechsel abgelehnt.",
    ),
    OrderPhase.FAILED: (
        "Die Einrichtung im Netz ist fehlgeschlagen.",
        "Die Leitung hat den Abnahmetest nicht bestanden.",
        "Die Rufnummern konnten nicht eingerichtet werden.",
    ),
    OrderPhase.PARTIAL: (
        "Der Anschluss ist geschaltet, eine bestellte Option konnte nicht eingerichtet werden.",
        "Ein Teil der Rufnummern wurde nicht portiert.",
    ),
    OrderPhase.CANCELLED: (
        "Auf Wunsch des Kunden storniert.",
        "Vom Partner storniert: doppelt beauftragt.",
    ),
}
REPAIRED = "Fehler behoben, der Auftrag wird neu bearbeitet."
CRASHED = "Technischer Fehler bei der Übergabe an die Produktion."
NOTES = (
    "Bitte den Techniker beim Empfang anmelden.",
    "Kunde bittet um Schaltung außerhalb der Geschäftszeiten.",
    "Hausmeister ist dienstags und donnerstags vor Ort.",
    "Der Technikraum liegt im Untergeschoss, Schlüssel beim Pförtner.",
    "Rechnung bitte mit der Kostenstelle des Kunden.",
    "Parallelbetrieb mit der alten Anlage bis zur Umschaltung.",
)
