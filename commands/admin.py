"""What the commands of `auth.admin` share: running an operation, and printing tables."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from auth.admin import AdminError
from commands.base import Mistake, load_settings, open_database
from db.session import Database

T = TypeVar("T")


def administer(operation: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """The result of an operation on the database of the settings. AdminError becomes a Mistake."""

    async def run() -> T:
        async with open_database(load_settings()) as database:
            return await operation(database)

    try:
        return asyncio.run(run())
    except AdminError as error:
        raise Mistake(str(error)) from None


def print_list(none: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table or, without rows, the message `none` on standard error."""
    if rows:
        print_table(header, rows)
    else:
        click.echo(none, err=True)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def day(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d}" if instant else "-"


def minute(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else "-"
