"""The carrier's products: known by number, shared by all tenants."""

from collections.abc import Collection

from sqlalchemy import select

from db import detached
from db.enums import ProductFamily
from db.ids import new_id
from db.models import Product
from db.session import ReadSession
from ordering.lookups import Lookups

_NUMBERS_PER_STATEMENT = 1000

_FAMILY_WORDS: tuple[tuple[ProductFamily, tuple[str, ...]], ...] = (
    (ProductFamily.CENTRAFLEX, ("centraflex",)),
    (ProductFamily.VOICE_SITE, ("nutzungsstandort", "voice site", "voice-site")),
    (ProductFamily.SIP_TRUNK, ("sip trunk", "sip-trunk", "ipfonie")),
    (ProductFamily.FIBRE, ("glasfaser", "fibre", "fiber", "ftth")),
    (ProductFamily.LEASED_LINE, ("leased line", "standleitung", "ethernet", "festverbindung")),
    (ProductFamily.DSL, ("dsl",)),
)


def guess_family(name: str) -> ProductFamily:
    """The family of a product that is not in the catalogue, by its name."""
    folded = name.casefold()
    for family, words in _FAMILY_WORDS:
        if any(word in folded for word in words):
            return family
    return ProductFamily.OTHER


def find_or_add_product(lookups: Lookups, number: str, name: str) -> Product:
    return lookups.products.get(number) or lookups.products.add(
        detached.new(
            Product,
            id=new_id(),
            number=number,
            name=name,
            family=guess_family(name),
            description_de=None,
            description_en=None,
        )
    )


async def unknown_products(session: ReadSession, numbers: Collection[str]) -> list[str]:
    """Those of the numbers that the catalogue does not have, sorted."""
    known: set[str] = set()
    ordered = sorted(numbers)
    for start in range(0, len(ordered), _NUMBERS_PER_STATEMENT):
        some = ordered[start : start + _NUMBERS_PER_STATEMENT]
        rows = await session.rows(select(Product.number).where(Product.number.in_(some)))
        known.update(number for (number,) in rows)
    return [number for number in ordered if number not in known]
