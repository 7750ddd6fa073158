"""`migrate`, `seed` and `intake`: what fills a database."""

import asyncio
from pathlib import Path

import click
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

import intake
import seeding
from commands.base import (
    PARTLY_FAILED,
    Mistake,
    check_file,
    load_settings,
    open_database,
    progress,
    reaching,
)
from db import migrations
from db.migrations import state
from db.session import Database
from settings import Settings


@click.command()
def migrate() -> None:
    """Create the tables, or bring them up to this version.

    Running it again changes nothing. On PostgreSQL run it as the owner of the database.
    """
    settings = load_settings()
    before = migrate_database(settings)
    click.echo(
        f"{settings.shown_database_url} is at revision {state.expected()}"
        + (", as before." if before == state.expected() else f" (before: {before or 'no tables'}).")
    )


def migrate_database(settings: Settings) -> str | None:
    """Apply the migrations; the revision that the database was at before."""
    check_file(settings, must_exist=False)
    before = asyncio.run(_applied(settings))
    try:
        migrations.upgrade(settings.database_url)
    except CommandError:
        raise Mistake(
            f"The database {settings.shown_database_url} is at revision {before}, which this "
            "version does not know: a newer one has migrated it."
        ) from None
    except DBAPIError as error:
        raise Mistake(f"The migration failed: {error.orig}.") from None
    return before


async def _applied(settings: Settings) -> str | None:
    database = Database(settings.database_url)
    try:
        with reaching(settings):
            return await state.applied(database.engine)
    finally:
        await database.close()


@click.command()
@click.option("--orders", type=click.IntRange(1), default=2_000, show_default=True, metavar="N")
@click.option(
    "--seed",
    "seed_number",
    type=int,
    default=1,
    show_default=True,
    metavar="S",
    help="The same number gives the same order book.",
)
def seed(orders: int, seed_number: int) -> None:
    """Fill an empty database with a believable German order book of N orders."""
    settings = load_settings()
    summary = asyncio.run(seed_database(settings, orders=orders, seed=seed_number))
    click.echo(summary)


async def seed_database(settings: Settings, *, orders: int, seed: int) -> seeding.Summary:
    """Seed with progress shown."""
    async with open_database(settings) as database:
        with progress("Seeding orders") as show:
            return await seeding.seed(database, orders=orders, seed=seed, progress=show)


@click.command("intake")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(exists=True, readable=True, path_type=Path),
)
@click.option("--tenant", metavar="NUMBER", help="For orders that do not name their tenant.")
def intake_command(paths: tuple[Path, ...], tenant: str | None) -> None:
    """Load TMF622 product orders and events from JSON files, or folders of them.

    Each file is loaded whole or not at all. What cannot be loaded is reported with its place and
    reason, the rest is loaded, and the exit code is 1. Loading a file again changes nothing.
    """
    report = asyncio.run(_take_in(load_settings(), paths, tenant))
    raise SystemExit(PARTLY_FAILED if report.failed else 0)


async def _take_in(
    settings: Settings, paths: tuple[Path, ...], tenant: str | None
) -> intake.Report:
    async with open_database(settings) as database:
        with progress("Taking in files") as show:
            return await intake.run(database, paths, tenant=tenant, progress=show)
