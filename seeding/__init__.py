"""A realistic made-up German order book, reproducible from its seed. Needs the extra `demo`."""

from seeding.errors import SeedError
from seeding.run import REFERENCE, Summary, seed

__all__ = ["REFERENCE", "SeedError", "Summary", "seed"]
