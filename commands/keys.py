"""`api-key create|list|revoke`: who may ask."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from auth import keys
from auth.permissions import Permission
from commands.base import Mistake, load_settings, now, open_database
from commands.credentials import day, listed_scopes, parse_scopes, print_table, unknown_tenant

_DEFAULT_CLIENT = "API client"


@click.group("api-key")
def api_key() -> None:
    """Make, list and revoke the keys that partners' systems ask with."""


@api_key.command()
@click.option("--tenant", required=True, metavar="NUMBER", help="Whose data the key sees.")
@click.option("--name", default=_DEFAULT_CLIENT, show_default=True, help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="What the key may read, like orders:read; again for another, `all` for all that can be "
    "read. Default: all of that but personal data.",
)
@click.option("--expires", type=click.IntRange(1, 36_500), metavar="DAYS", help="Default: never.")
def create(tenant: str, name: str, scopes: tuple[str, ...], expires: int | None) -> None:
    """Make a key that sees a tenant and everything below it.

    The key is the only line on standard output, and is never shown again. A client (a name, of a
    tenant) has two working keys at most: make the next one, use it, revoke the former one.
    """
    made = asyncio.run(_create(tenant, name, parse_scopes(scopes), expires))
    until = f"until {day(made.expires_at)}" if made.expires_at else "until it is revoked"
    click.echo(
        f"Key {made.prefix} of {made.client_name!r} for tenant {made.tenant_number}, valid {until}."
        f"\nIts scopes: {listed_scopes(made.permissions)}."
        "\nKeep it now: only its hash is stored, so it cannot be shown again.",
        err=True,
    )
    click.echo(made.text)


@api_key.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only this tenant's own keys.")
def list_keys(tenant: str | None) -> None:
    """List keys by their public prefix, with expiry, last use and revocation."""
    listed = asyncio.run(_list(tenant))
    if not listed:
        click.echo("There are no keys.", err=True)
        return
    header = ("KEY", "TENANT", "NAME", "STATE", "CREATED", "EXPIRES", "LAST USED", "SCOPES")
    print_table([header, *(_row(key, now()) for key in listed)])


@api_key.command()
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Revoke the key of that PREFIX, like pgk_1a2B3c4D.

    Every server refuses it within a second.
    """
    # Somebody in a hurry may paste the whole key.
    prefix = "_".join(prefix.split("_")[:2])
    at = now()
    since = asyncio.run(_revoke(prefix, at))
    click.echo(
        f"Key {prefix} is revoked."
        if since == at
        else f"Key {prefix} has been revoked since {since:%Y-%m-%d %H:%M} UTC."
    )


async def _create(
    tenant: str, name: str, granted: frozenset[Permission], expires: int | None
) -> keys.NewKey:
    async with open_database(load_settings()) as database:
        created = now()
        try:
            return await keys.create(
                database,
                tenant_number=tenant,
                client_name=name,
                now=created,
                permissions=granted,
                expires_at=None if expires is None else created + timedelta(days=expires),
            )
        except keys.UnknownTenantError:
            raise unknown_tenant(tenant) from None
        except keys.TooManyKeysError:
            raise Mistake(
                f"{name!r} of tenant {tenant} has {keys.MOST_KEYS} working keys already: revoke "
                "one first, or name another client."
            ) from None


async def _list(tenant: str | None) -> Sequence[keys.ListedKey]:
    async with open_database(load_settings()) as database:
        try:
            return await keys.list_keys(database, tenant)
        except keys.UnknownTenantError as error:
            raise unknown_tenant(str(error)) from None


async def _revoke(prefix: str, at: datetime) -> datetime:
    async with open_database(load_settings()) as database:
        try:
            return await keys.revoke(database, prefix, now=at)
        except keys.UnknownKeyError:
            raise Mistake(
                f"There is no key {prefix}: `partnergraph api-key list` shows those there are."
            ) from None


def _row(key: keys.ListedKey, at: datetime) -> tuple[str, ...]:
    if key.revoked_at:
        state = "revoked"
    elif key.expires_at and key.expires_at <= at:
        state = "expired"
    else:
        state = "active"
    return (
        key.prefix,
        key.tenant_number,
        key.client_name,
        state,
        day(key.created_at),
        day(key.expires_at),
        f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "-",
        " ".join(sorted(key.permissions)),
    )
