"""What the parts of the generator share: the rows so far, the pools, the numbers given."""

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
        self._given: dict[tuple[str, date], tuple[str, Iterator[int]]] = {}

    def number(self, prefix: str, seconds: int) -> str:
        """The next business number of that day: A-251104-0017, say."""
        key = (prefix, day(seconds))
        given = self._given.get(key)
        if given is None:
            given = self._given[key] = (f"{prefix}-{key[1]:%y%m%d}-", count(1))
        return f"{given[0]}{next(given[1]):04d}"

    def take(self) -> Batch:
        """The rows since the last call."""
        batch, self.batch = self.batch, Batch()
        return batch
