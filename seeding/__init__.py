"""A believable German order book, the same for the same numbers."""

from seeding.run import REFERENCE, SeedError, Summary, seed

__all__ = ["REFERENCE", "SeedError", "Summary", "seed"]
