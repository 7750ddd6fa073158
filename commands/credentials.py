"""What the commands for keys and for OAuth clients share."""

from collections.abc import Sequence
from datetime import datetime

import click

from auth import permissions
from auth.permissions import Permission
from commands.base import Mistake


def parse_scopes(scopes: tuple[str, ...]) -> frozenset[Permission]:
    if not scopes:
        return permissions.USUAL
    try:
        named = permissions.parse(scope for scope in scopes if scope != "all")
    except permissions.UnknownPermissionError as error:
        every = listed_scopes(frozenset(Permission))
        raise Mistake(f"There is no scope {error}; there are {every}, and `all`.") from None
    return named | permissions.ALL if "all" in scopes else named


def listed_scopes(granted: frozenset[Permission]) -> str:
    return ", ".join(sorted(granted))


def unknown_tenant(number: str) -> Mistake:
    return Mistake(f"There is no tenant {number}.")


def day(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d}" if instant else "-"


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
