"""The carrier's products, their prices, and the business cases that occur for each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from db.enums import BusinessCase, DocumentKind, ProductFamily
from seeding.draw import Draw
from seeding.rows import Batch

TAX_RATE = Decimal("19.00")
DOCUMENTS_URL = "https://docs.partnergraph.example"

_F = ProductFamily
_CENT = Decimal("0.01")


def characteristics(**values: str | int) -> str:
    """Return characteristics as stored JSON. Underscores in names become spaces."""
    pairs = [{"name": n.replace("_", " "), "value": str(v)} for n, v in values.items()]
    return json.dumps(pairs, ensure_ascii=False)


def gross(net: Decimal) -> Decimal:
    return (net * (100 + TAX_RATE) / 100).quantize(_CENT)


@dataclass(frozen=True)
class Line:
    """A product or an option that can be ordered, with its prices."""

    name: str
    one_time: Decimal | None
    monthly: Decimal | None
    quantities: tuple[int, ...]
    characteristics: str
    product: UUID | None = None

    @cached_property
    def prices(self) -> list[tuple[str, str, Decimal, Decimal, str | None, int | None]]:
        """`(kind, name, net, gross, period, period_length)`"""
        prices: list[tuple[str, str, Decimal, Decimal, str | None, int | None]] = []
        if self.one_time is not None:
            amount = self.one_time
            prices.append(("ONE_TIME", "Einrichtung", amount, gross(amount), None, None))
        if self.monthly is not None:
            amount = self.monthly
            prices.append(("RECURRING", "Grundpreis", amount, gross(amount), "month", 1))
        return prices


@dataclass(frozen=True)
class Product:
    id: UUID
    number: str
    name: str
    family: ProductFamily
    line: Line
    options: tuple[Line, ...]


def _option(
    name: str, one_time: str | None, monthly: str | None, *quantities: int, **values: str | int
) -> Line:
    return Line(
        name,
        Decimal(one_time) if one_time else None,
        Decimal(monthly) if monthly else None,
        quantities,
        characteristics(**values),
    )


NUMBER_BLOCK = _option("Rufnummernblock", "15.00", None, 1, 1, 2, Rufnummern=10)
PORTING = _option("Rufnummernmitnahme", "9.95", None, 1, 1, 2, 3, Verfahren="WBCI")

_SEATS = (
    _option("Arbeitsplatz", None, "8.90", 3, 5, 8, 10, 12, 15, 20, 25, 40, Lizenz="Komfort"),
    _option("Tischtelefon", "89.00", None, 2, 4, 5, 8, 10, Bauart="IP-Systemtelefon"),
    NUMBER_BLOCK,
)
_CHANNELS = (
    _option("Sprachkanal", None, "2.90", 2, 4, 8, 10, Codec="G.711"),
    NUMBER_BLOCK,
    _option("Flatrate Mobilfunk", None, "4.90", 1, 2, 4, 8, Ziel="deutsche Mobilfunknetze"),
)
_SITE_OPTIONS = (NUMBER_BLOCK, _option("Notrufstandort", None, "1.50", 1))
_ACCESS = (
    _option("Business-Router", "149.00", "4.90", 1, Modell="VDSL/Ethernet"),
    _option("Feste IPv4-Adressen", None, "5.00", 1, Netz="/29"),
    _option("Service-Level Plus", None, "19.00", 1, Entstörung="8 Stunden"),
)
_LEASED = (
    _option("Service-Level Premium", None, "59.00", 1, Entstörung="4 Stunden"),
    _option("Feste IPv4-Adressen", None, "9.00", 1, Netz="/28"),
    _option("Zweitweg über Mobilfunk", "99.00", "39.00", 1, Technik="5G"),
)
_FIBRE = (
    _option("Glasfaser-Router", "99.00", "3.90", 1, Modell="XGS-PON"),
    _option("Feste IPv4-Adressen", None, "5.00", 1, Netz="/29"),
    _option("Hausanschluss", "799.00", None, 1, Bauweise="Tiefbau"),
)

# number, name, family, one-time, monthly, characteristics, options, German, English
_PRODUCTS: Sequence[
    tuple[str, str, ProductFamily, str, str, Mapping[str, Any], tuple[Line, ...], str, str]
] = (
    (
        *("CF-START", "Tengo Centraflex Start", _F.CENTRAFLEX, "49.00", "14.90"),
        *({"Nebenstellen": 10}, _SEATS),
        "Telefonanlage aus dem Netz für kleine Betriebe.",
        "Hosted telephone system for small businesses.",
    ),
    (
        *("CF-KOMFORT", "Tengo Centraflex Komfort", _F.CENTRAFLEX, "99.00", "29.90"),
        *({"Nebenstellen": 50}, _SEATS),
        "Telefonanlage aus dem Netz mit Warteschleifen und Gruppenrufen.",
        "Hosted telephone system with call queues and hunt groups.",
    ),
    (
        *("CF-PREMIUM", "Tengo Centraflex Premium", _F.CENTRAFLEX, "199.00", "59.90"),
        *({"Nebenstellen": 250}, _SEATS),
        "Telefonanlage aus dem Netz für mehrere Standorte, mit Anbindung von CRM-Systemen.",
        "Hosted telephone system for several sites, with CRM integration.",
    ),
    (
        *("SIP-10", "IPfonie SIP-Trunk 10", _F.SIP_TRUNK, "49.00", "24.90"),
        *({"Sprachkanäle": 10}, _CHANNELS),
        "Anlagenanschluss über IP mit zehn Sprachkanälen.",
        "SIP trunk with ten voice channels.",
    ),
    (
        *("SIP-30", "IPfonie SIP-Trunk 30", _F.SIP_TRUNK, "99.00", "59.90"),
        *({"Sprachkanäle": 30}, _CHANNELS),
        "Anlagenanschluss über IP mit dreißig Sprachkanälen.",
        "SIP trunk with thirty voice channels.",
    ),
    (
        *("VOICE-SITE", "Nutzungsstandort Voice", _F.VOICE_SITE, "19.00", "4.90"),
        *({"Ortsnetz": "laut Adresse"}, _SITE_OPTIONS),
        "Weiterer Standort, an dem ein Sprachprodukt mit eigenen Rufnummern genutzt wird.",
        "Another site at which a voice product is used with numbers of its own.",
    ),
    (
        *("DSL-100", "DSL Business 100", _F.DSL, "49.00", "39.90"),
        *({"Bandbreite": "100/40 Mbit/s"}, _ACCESS),
        "Internetzugang über VDSL mit bis zu 100 Mbit/s.",
        "Internet access over VDSL with up to 100 Mbit/s.",
    ),
    (
        *("DSL-250", "DSL Business 250", _F.DSL, "49.00", "54.90"),
        *({"Bandbreite": "250/40 Mbit/s"}, _ACCESS),
        "Internetzugang über VDSL mit Supervectoring und bis zu 250 Mbit/s.",
        "Internet access over VDSL with supervectoring and up to 250 Mbit/s.",
    ),
    (
        *("LL-200", "Standleitung Ethernet 200", _F.LEASED_LINE, "990.00", "349.00"),
        *({"Bandbreite": "200/200 Mbit/s"}, _LEASED),
        "Symmetrische Standleitung mit zugesicherten 200 Mbit/s.",
        "Leased line with a guaranteed 200 Mbit/s both ways.",
    ),
    (
        *("LL-1000", "Standleitung Ethernet 1000", _F.LEASED_LINE, "1490.00", "690.00"),
        *({"Bandbreite": "1000/1000 Mbit/s"}, _LEASED),
        "Symmetrische Standleitung mit zugesicherten 1.000 Mbit/s.",
        "Leased line with a guaranteed 1,000 Mbit/s both ways.",
    ),
    (
        *("GF-HOME-500", "Glasfaser Home 500", _F.FIBRE, "69.00", "49.90"),
        *({"Bandbreite": "500/250 Mbit/s"}, _FIBRE),
        "Glasfaseranschluss bis ins Haus mit bis zu 500 Mbit/s.",
        "Fibre to the home with up to 500 Mbit/s.",
    ),
    (
        *("GF-OFFICE-1000", "Glasfaser Office 1000", _F.FIBRE, "99.00", "99.90"),
        *({"Bandbreite": "1000/500 Mbit/s"}, _FIBRE),
        "Glasfaseranschluss für Unternehmen mit bis zu 1.000 Mbit/s.",
        "Fibre for businesses with up to 1,000 Mbit/s.",
    ),
)

# The products that a customer can change to.
SUCCESSORS: dict[str, tuple[str, ...]] = {
    "CF-START": ("CF-KOMFORT", "CF-PREMIUM"),
    "CF-KOMFORT": ("CF-PREMIUM",),
    "CF-PREMIUM": ("SIP-30",),
    "SIP-10": ("SIP-30", "CF-KOMFORT"),
    "SIP-30": ("CF-PREMIUM",),
    "VOICE-SITE": (),
    "DSL-100": ("DSL-250", "GF-HOME-500", "GF-OFFICE-1000"),
    "DSL-250": ("GF-HOME-500", "GF-OFFICE-1000", "LL-200"),
    "LL-200": ("LL-1000", "GF-OFFICE-1000"),
    "LL-1000": ("GF-OFFICE-1000",),
    "GF-HOME-500": ("GF-OFFICE-1000",),
    "GF-OFFICE-1000": ("LL-1000",),
}

POPULARITY: dict[str, int] = {
    "CF-START": 9,
    "CF-KOMFORT": 9,
    "CF-PREMIUM": 5,
    "SIP-10": 10,
    "SIP-30": 5,
    "VOICE-SITE": 10,
    "DSL-100": 13,
    "DSL-250": 11,
    "LL-200": 5,
    "LL-1000": 3,
    "GF-HOME-500": 11,
    "GF-OFFICE-1000": 9,
}

_C = BusinessCase
_VOICE_CHANGES = {
    _C.REORDER: 46,
    _C.NEW_NUMBERS_FOR_SITE: 14,
    _C.CONTRACT_ADJUSTMENT: 12,
    _C.TARIFF_CHANGE: 9,
    _C.PROVIDER_CHANGE_FOR_SITE: 9,
    _C.PRODUCT_CHANGE: 6,
    _C.PRODUCT_CHANGE_WITH_NEW_ORDER: 4,
}
_ACCESS_CHANGES = {
    _C.TARIFF_CHANGE: 33,
    _C.CONTRACT_ADJUSTMENT: 28,
    _C.REORDER: 14,
    _C.PRODUCT_CHANGE: 17,
    _C.PRODUCT_CHANGE_WITH_NEW_ORDER: 8,
}
CHANGES: dict[ProductFamily, dict[BusinessCase, int]] = {
    _F.CENTRAFLEX: _VOICE_CHANGES,
    _F.SIP_TRUNK: _VOICE_CHANGES,
    _F.VOICE_SITE: {
        _C.NEW_NUMBERS_FOR_SITE: 55,
        _C.CONTRACT_ADJUSTMENT: 20,
        _C.PROVIDER_CHANGE_FOR_SITE: 25,
    },
    _F.DSL: _ACCESS_CHANGES,
    _F.LEASED_LINE: _ACCESS_CHANGES,
    _F.FIBRE: _ACCESS_CHANGES,
}
"""Business cases that follow a contract, by its product, in percent."""

VOICE = frozenset({_F.CENTRAFLEX, _F.SIP_TRUNK, _F.VOICE_SITE})


def category(family: ProductFamily) -> str:
    return "Sprache" if family in VOICE else "Internetzugang"


_DOCUMENTS = (
    (DocumentKind.PRODUCT_SHEET, "Produktblatt", "de"),
    (DocumentKind.PRODUCT_SHEET, "Product sheet", "en"),
    (DocumentKind.SERVICE_DESCRIPTION, "Leistungsbeschreibung", "de"),
    (DocumentKind.SERVICE_DESCRIPTION, "Service description", "en"),
    (DocumentKind.PRICE_LIST, "Preisliste", "de"),
    (DocumentKind.TERMS, "Allgemeine Geschäftsbedingungen", "de"),
    (DocumentKind.GUIDE, "Erste Schritte", "de"),
    (DocumentKind.GUIDE, "Getting started", "en"),
)


def add_products(batch: Batch, draw: Draw, since: int) -> dict[str, Product]:
    """Add the products, created at `since`, and return them by number."""
    products = {}
    for number, name, family, one_time, monthly, values, options, german, english in _PRODUCTS:
        identifier = draw.id(since)
        batch.add("products", identifier, number, name, family, german, english)
        for position, (kind, title, language) in enumerate(_DOCUMENTS, 1):
            file = f"{kind.lower().replace('_', '-')}-{language}.pdf"
            url = f"{DOCUMENTS_URL}/products/{number.lower()}/{file}"
            batch.add(
                *("product_documents", identifier, position, kind, f"{title} {name}", language),
                *("application/pdf", url),
            )
        amounts = (Decimal(one_time), Decimal(monthly))
        line = Line(name, *amounts, (1,), characteristics(**values), identifier)
        products[number] = Product(identifier, number, name, family, line, options)
    return products
