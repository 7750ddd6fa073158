"""Ids of rows: UUID version 7 (RFC 9562), so that new rows are adjacent in an index."""

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A new id with the current time."""
    return uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))


def uuid7(milliseconds: int, random: int) -> UUID:
    """A UUIDv7 from a Unix time in milliseconds (48 bits) and 74 random bits."""
    high = (milliseconds & 0xFFFFFFFFFFFF) << 16 | 0x7000 | random >> 62 & 0xFFF
    low = 0b10 << 62 | random & 0x3FFFFFFFFFFFFFFF
    return UUID(int=high << 64 | low)
