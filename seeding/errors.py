"""What can go wrong when an order book is made."""


class SeedError(Exception):
    """The order book cannot be made; the message says why, in one sentence."""
