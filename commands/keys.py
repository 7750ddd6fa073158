"""`api-key create|list|revoke`: who may ask."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import click

from auth import clients, keys
from commands.base import Mistake, load_settings, now, open_database
from commands.credentials import (
    Wanted,
    creates,
    creating,
    day,
    print_credentials,
    unknown_tenant,
)


@click.group("api-key")
def api_key() -> None:
    """Make, list and revoke the keys that partners' systems, and the carrier's own, ask with."""


@api_key.command()
@creates
def create(wanted: Wanted) -> None:
    """Make a key: of a partner, which sees a tenant and everything below it, or of the carrier.

    The key is the only line on standard output, and is never shown again. A client (a name, of a
    tenant) has two working keys at most: make the next one, use it, revoke the former one.
    """
    made = asyncio.run(_create(wanted))
    until = f"until {day(made.expires_at)}" if made.expires_at else "until it is revoked"
    click.echo(
        f"Key {made.prefix} for {wanted.whose}, valid {until}.\n{wanted.described()}"
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
    print_credentials("KEY", listed, now(), signing=False, used="LAST USED")


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


async def _create(wanted: Wanted) -> keys.NewKey:
    async with open_database(load_settings()) as database:
        created = now()
        with creating(wanted, "keys"):
            return await keys.create(
                database,
                kind=wanted.kind,
                tenant_number=wanted.tenant_number,
                client_name=wanted.client_name,
                now=created,
                scopes=wanted.scopes,
                expires_at=wanted.ends(created),
            )


async def _list(tenant: str | None) -> Sequence[clients.Listed]:
    async with open_database(load_settings()) as database:
        try:
            return await keys.list_keys(database, tenant)
        except clients.UnknownTenantError as error:
            raise unknown_tenant(str(error)) from None


async def _revoke(prefix: str, at: datetime) -> datetime:
    async with open_database(load_settings()) as database:
        try:
            return await keys.revoke(database, prefix, now=at)
        except clients.UnknownCredentialError:
            raise Mistake(
                f"There is no key {prefix}: `partnergraph api-key list` shows those there are."
            ) from None
