"""`migrate`, `distribution`, `seed` and `intake`: tables and data."""

import asyncio
from datetime import datetime
from pathlib import Path

import click
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

import intake
import seeding
from app import collect_rarely
from commands.base import (
    PARTLY_FAILED,
    Mistake,
    check_file,
    load_settings,
    open_database,
    progress,
    reaching,
    stopped_by,
)
from db import migrations
from db.distribution import statements
from db.migrations import state
from db.scope.roles import RolesMissingError
from db.session import Database
from settings import Settings


@click.command()
def migrate() -> None:
    """Create the tables, or upgrade them to this version.

    Running it again changes nothing. On PostgreSQL, run it as the owner of the database, and after
    each update: it also makes the roles and policies that separate partners.
    """
    settings = load_settings()
    before = migrate_database(settings)
    click.echo(
        f"{settings.shown_database_url} is at revision {state.expected()}"
        + (", as before." if before == state.expected() else f" (before: {before or 'no tables'}).")
    )


@click.command()
def distribution() -> None:
    """Print the SQL that distributes the tables over a Citus cluster, by partner.

    Run it once, in one transaction, on the coordinator of a migrated database, and `migrate` after
    it (docs/beyond-one-database.md).
    """
    for statement in statements():
        click.echo(f"{statement};")


def migrate_database(settings: Settings) -> str | None:
    """Apply the migrations and return the previous revision, None for an empty database."""
    check_file(settings, must_exist=False)
    before = asyncio.run(_applied(settings))
    try:
        migrations.upgrade(settings.database_url)
    except CommandError:
        raise Mistake(
            f"The database {settings.shown_database_url} is at revision {before}, which this "
            "version does not know: a newer version, or one before the first release, made it."
        ) from None
    except RolesMissingError as error:
        raise Mistake(str(error)) from None
    except DBAPIError as error:
        raise Mistake(f"The migration failed: {error.orig}.") from None
    return before


async def _applied(settings: Settings) -> str | None:
    async with Database(settings.database_url) as database:
        with reaching(settings):
            return await state.applied(database.engine)


@click.command()
@click.option(
    "--orders", type=int, default=2_000, show_default=True, metavar="N", help="Number of orders."
)
@click.option(
    "--seed",
    "number",
    type=int,
    default=1,
    show_default=True,
    metavar="S",
    help="Seed of the random generator. The same N and S give the same order book.",
)
def seed(orders: int, number: int) -> None:
    """Fill an empty database with a realistic made-up German order book.

    Needs the extra `demo` of the installation (the package faker).
    """
    book = asyncio.run(seed_database(load_settings(), orders=orders, seed=number))
    click.echo(", ".join(f"{book.rows[table]:,} {table}" for table in _SHOWN if table in book.rows))
    click.echo(
        f"Try tenant {book.demo_tenant_number} ({book.demo_tenant_name}) and its order "
        f"{book.showcase_order_number}: partnergraph api-key create "
        f"--tenant {book.demo_tenant_number}"
    )


_SHOWN = ("tenants", "customers", "offers", "orders", "contracts")


async def seed_database(
    settings: Settings, *, orders: int, seed: int, present: datetime | None = None
) -> seeding.Summary:
    """Seed the database and show progress. Raises Mistake."""
    async with open_database(settings) as database:
        with progress("Seeding orders") as show:
            try:
                return await seeding.seed(
                    database, orders=orders, seed=seed, now=present, progress=show
                )
            except seeding.SeedError as error:
                raise Mistake(str(error)) from None


@click.command("intake")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(exists=True, readable=True, path_type=Path),
)
@click.option(
    "--tenant", metavar="NUMBER", help="Tenant of the orders; overrides the tenant that they name."
)
def intake_command(paths: tuple[Path, ...], tenant: str | None) -> None:
    """Load TMF622 product orders and events from JSON files or folders.

    A message that cannot be loaded is reported with its position and the reason. The others are
    loaded, and the exit code is 1. Loading a file again changes nothing. A message that fails three
    times because of an error of the program is put aside (`partnergraph intake-failures`). When the
    database is unavailable, the command stops with exit code 2: run it again.
    """
    report = asyncio.run(_load(load_settings(), paths, tenant))
    for problem in report.problems:
        click.echo(str(problem), err=True)
    click.echo(
        f"{len(report.files):,} files: {report.loaded:,} loaded, {report.unchanged:,} unchanged, "
        f"{report.superseded:,} superseded by newer ones, {report.failed:,} failed"
    )
    if not report.complete:
        raise SystemExit(PARTLY_FAILED)


async def _load(settings: Settings, paths: tuple[Path, ...], tenant: str | None) -> intake.Report:
    # The objects of a batch of messages are all needed until it is stored.
    collect_rarely(young=100_000)
    async with open_database(settings) as database:
        with stopped_by(settings), progress("Loading files, bytes") as show:
            return await intake.run(database, paths, tenant=tenant, progress=show)
