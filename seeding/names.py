"""German people, companies and addresses, combined from pools that are drawn once."""

import unicodedata
from typing import NamedTuple

from seeding.draw import Draw
from seeding.errors import SeedError

# City, lowest and highest postal code.
_CITIES = (
    ("Berlin", 10115, 10999),
    ("Hamburg", 20095, 20359),
    ("München", 80331, 80539),
    ("Köln", 50667, 50939),
    ("Frankfurt am Main", 60306, 60439),
    ("Stuttgart", 70173, 70199),
    ("Düsseldorf", 40210, 40239),
    ("Leipzig", 4103, 4129),
    ("Dortmund", 44135, 44149),
    ("Essen", 45127, 45149),
    ("Bremen", 28195, 28219),
    ("Dresden", 1067, 1099),
    ("Hannover", 30159, 30179),
    ("Nürnberg", 90402, 90431),
    ("Duisburg", 47051, 47059),
    ("Bochum", 44787, 44809),
    ("Wuppertal", 42103, 42119),
    ("Bielefeld", 33602, 33619),
    ("Bonn", 53111, 53129),
    ("Münster", 48143, 48167),
    ("Karlsruhe", 76131, 76149),
    ("Mannheim", 68159, 68169),
    ("Augsburg", 86150, 86169),
    ("Wiesbaden", 65183, 65203),
    ("Braunschweig", 38100, 38126),
    ("Kiel", 24103, 24118),
    ("Magdeburg", 39104, 39130),
    ("Freiburg im Breisgau", 79098, 79117),
    ("Lübeck", 23552, 23569),
    ("Erfurt", 99084, 99099),
    ("Rostock", 18055, 18069),
    ("Kassel", 34117, 34134),
    ("Saarbrücken", 66111, 66133),
    ("Regensburg", 93047, 93059),
    ("Ulm", 89073, 89081),
    ("Würzburg", 97070, 97084),
    ("Oldenburg", 26121, 26135),
    ("Osnabrück", 49074, 49090),
)

# Blocks of telephone numbers that the Bundesnetzagentur reserves for fiction.
_FICTION = ("+49 30 23125", "+49 69 90009", "+49 40 66969", "+49 221 4710", "+49 89 99998")

_TRADES = (
    *("Logistik", "Metallbau", "Elektrotechnik", "Druck & Medien", "Maschinenbau", "Bau"),
    *("Gebäudetechnik", "Steuerberatung", "Ingenieure", "Immobilien", "Textil", "Pharma"),
    *("Softwarehaus", "Werbeagentur", "Sanitärtechnik", "Kältetechnik", "Holzbau", "Spedition"),
    *("Medizintechnik", "Versicherungsmakler", "Feinmechanik", "Großhandel", "Autohaus"),
    *("Hausverwaltung", "Landtechnik", "Brauerei", "Verlag", "Dental", "Solar", "Gartenbau"),
    *("Möbelhaus", "Optik", "Apotheke", "Catering", "Personalservice", "Sicherheitstechnik"),
)
_FORMS = ("GmbH", "GmbH", "GmbH", "GmbH & Co. KG", "GmbH & Co. KG", "AG", "KG", "OHG", "e. K.")
_PARTNER_TRADES = (
    *("Systemhaus", "Telekommunikation", "IT-Services", "Netzwerktechnik", "Kommunikation"),
    *("Datentechnik", "TK-Systeme", "Business Solutions", "Communications"),
)
SITE_NAMES = ("Zentrale", "Filiale", "Lager", "Werk", "Niederlassung", "Verwaltung", "Büro")


class Address(NamedTuple):
    street: str
    house_number: str
    postal_code: str
    city: str
    country: str


class Person(NamedTuple):
    name: str
    mailbox: str
    """The part before the @ of the person's e-mail address."""


class Names:
    """Draws names, addresses and numbers. Raises SeedError if faker is not installed."""

    def __init__(self, seed: int, draw: Draw) -> None:
        # An extra, which nothing else of the product needs.
        try:
            from faker import Faker  # noqa: PLC0415
        except ModuleNotFoundError:
            raise SeedError(
                "A made-up order book needs the package faker: install partnergraph[demo]."
            ) from None
        faker = Faker("de_DE")
        faker.seed_instance(seed)
        self._draw = draw
        self._streets = [faker.street_name() for _ in range(400)]
        self._surnames = sorted({faker.last_name() for _ in range(500)})
        people = [(faker.first_name(), faker.last_name()) for _ in range(600)]
        self._people = [Person(f"{f} {s}", f"{slug(f)}.{slug(s)}") for f, s in people]
        self._houses = [faker.building_number() for _ in range(100)]

    def person(self) -> Person:
        return self._draw.one_of(self._people)

    def company(self) -> str:
        draw = self._draw
        surname, trade = draw.one_of(self._surnames), draw.one_of(_TRADES)
        form = draw.one_of(_FORMS)
        kind = draw.random()
        if kind < 0.45:
            return f"{surname} {trade} {form}"
        if kind < 0.65:
            return f"{surname} & {draw.one_of(self._surnames)} {form}"
        if kind < 0.85:
            return f"{trade} {surname} {form}"
        city = draw.one_of(_CITIES)[0]
        return f"{trade} {city.split()[0]} {form}"

    def partner(self) -> str:
        draw = self._draw
        return f"{draw.one_of(self._surnames)} {draw.one_of(_PARTNER_TRADES)} GmbH"

    def address(self) -> Address:
        draw = self._draw
        city, low, high = draw.one_of(_CITIES)
        code = f"{draw.between(low, high):05d}"
        return Address(draw.one_of(self._streets), draw.one_of(self._houses), code, city, "DE")

    def telephone(self) -> str:
        """Draw a number that is reserved for fiction."""
        return f"{self._draw.one_of(_FICTION)} {self._draw.between(0, 999):03d}"


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug(text: str) -> str:
    """Reduce text to a to z, digits and hyphens, for e-mail and web addresses."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_UMLAUTS))
    plain = plain.encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())
