"""State that all parts of the generator share: rows, pools and business numbers."""

from collections.abc import Iterator
from datetime import date
from itertools import count

from seeding.catalogue import POPULARITY, Product, add_products
from seeding.clock import DAY, day
from seeding.draw import Draw, weighted
from seeding.names import Names
from seeding.rows import Batch

YEARS = 3


class Book:
    def __init__(self, seed: int, now: int) -> None:
        self.draw = Draw(seed)
        self.names = Names(seed, self.draw)
        self.now = now
        self.since = now - YEARS * 365 * DAY
        self.today = day(now)
        self.batch = Batch()
        self.products = add_products(self.batch, self.draw, self.since - 365 * DAY)
        by_number = {self.products[number]: share for number, share in POPULARITY.items()}
        self.popular: tuple[Product, ...] = weighted(by_number)
        self._numbers: dict[tuple[str, date], tuple[str, Iterator[int]]] = {}

    def number(self, prefix: str, seconds: int) -> str:
        """Return the next business number of a day, like A-251104-0017."""
        key = (prefix, day(seconds))
        numbers = self._numbers.get(key)
        if numbers is None:
            numbers = self._numbers[key] = (f"{prefix}-{key[1]:%y%m%d}-", count(1))
        return f"{numbers[0]}{next(numbers[1]):04d}"

    def take(self) -> Batch:
        """Return the rows since the last call."""
        batch, self.batch = self.batch, Batch()
        return batch
