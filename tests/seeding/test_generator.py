"""The rows themselves, before any database."""

import hashlib
from datetime import datetime, timedelta

import pytest

from db.models import Base
from seeding import REFERENCE
from seeding.partners import split
from seeding.rows import COLUMNS, Batch
from seeding.run import Generator


def digest(orders: int, seed: int, now: datetime = REFERENCE) -> str:
    content = hashlib.sha256()
    for batch in Generator(orders, seed, now).batches():
        content.update(repr(batch.rows).encode())
    return content.hexdigest()


def test_the_same_numbers_give_the_same_rows() -> None:
    assert digest(300, 1) == digest(300, 1)


@pytest.mark.parametrize(
    ("orders", "seed", "now"),
    [(300, 2, REFERENCE), (301, 1, REFERENCE), (300, 1, REFERENCE + timedelta(days=1))],
)
def test_another_number_or_present_gives_other_rows(orders: int, seed: int, now: datetime) -> None:
    assert digest(orders, seed, now) != digest(300, 1)


def test_every_column_that_the_database_does_not_compute_is_filled() -> None:
    for name, columns in COLUMNS.items():
        table = Base.metadata.tables[name]
        assert set(columns) == {c.name for c in table.columns if c.computed is None}, name


def test_a_large_order_book_has_one_wide_partner_and_comes_in_batches() -> None:
    generator = Generator(200_000, 1, REFERENCE)
    first = next(generator.batches())
    tenants = first.rows["tenants"]
    by_root = [row[2] for row in tenants]
    sizes = sorted((by_root.count(root) for root in set(by_root)), reverse=True)
    assert sizes[0] == 501
    assert sizes[1] <= 13
    assert len(first) < 10_000


@pytest.mark.parametrize("total", [0, 1, 7, 1000])
def test_parts_add_up_to_the_whole(total: int) -> None:
    parts = split(total, [3.0, 2.0, 0.5, 0.5])
    assert sum(parts) == total
    assert min(parts) >= 0


def test_a_row_without_a_value_for_each_column_is_refused() -> None:
    with pytest.raises(ValueError, match="order_notes: 2 values for 9 columns"):
        Batch().add("order_notes", 1, 2)
