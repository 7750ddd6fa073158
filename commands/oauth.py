"""`oauth-client create|list|revoke` and `signing-key rotate|list`: access tokens."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from auth import clients, oauth_clients, signing_keys
from auth.key_encryption import KeyEncryption
from commands.base import Mistake, load_settings, now, open_database
from commands.credentials import (
    Wanted,
    creates,
    creating,
    day,
    minute,
    print_credentials,
    print_table,
    unknown_tenant,
)


@click.group("oauth-client")
def oauth_client() -> None:
    """Make, list and revoke the clients that get access tokens at /oauth/token."""


@oauth_client.command()
@creates
@click.option(
    "--public-keys",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    metavar="FILE",
    help="A JWK or JWK Set: the client signs (private_key_jwt) instead of having a secret.",
)
def create(wanted: Wanted, public_keys: Path | None) -> None:
    """Make a client: of a partner, whose tokens see a tenant and everything below it, or of the
    carrier.

    Standard output has CLIENT_ID=… and, unless the client signs, CLIENT_SECRET=…, which is never
    shown again. A name of a tenant has two working clients at most: make the next one, use it,
    revoke the former one.
    """
    made = asyncio.run(_create(wanted, _public_keys(public_keys)))
    until = f"until {day(made.expires_at)}" if made.expires_at else "until it is revoked"
    click.echo(
        f"OAuth client {made.identifier} for {wanted.whose}, valid {until}.\n{wanted.described()}",
        err=True,
    )
    click.echo(f"CLIENT_ID={made.identifier}")
    if made.secret is not None:
        click.echo(
            "Keep the secret now: only its hash is stored, so it cannot be shown again.", err=True
        )
        click.echo(f"CLIENT_SECRET={made.secret}")


@oauth_client.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only this tenant's own clients.")
def list_clients(tenant: str | None) -> None:
    """List clients, with expiry, last token and revocation."""
    listed = asyncio.run(_list(tenant))
    if not listed:
        click.echo("There are no OAuth clients.", err=True)
        return
    print_credentials("CLIENT", listed, now(), signing=True, used="LAST TOKEN")


@oauth_client.command()
@click.argument("client_id")
def revoke(client_id: str) -> None:
    """Revoke the client of that CLIENT_ID, like pgc_0123….

    Every server refuses it, and the tokens it has, within a second.
    """
    at = now()
    since = asyncio.run(_revoke(client_id, at))
    click.echo(
        f"OAuth client {client_id} is revoked."
        if since == at
        else f"OAuth client {client_id} has been revoked since {since:%Y-%m-%d %H:%M} UTC."
    )


@click.group("signing-key")
def signing_key() -> None:
    """List and rotate the keys that access tokens are signed with.

    The first one is made when it is needed.
    """


@signing_key.command()
@click.option(
    "--compromised",
    is_flag=True,
    help="Withdraw the former keys and sign with the new one at once: every token issued so far "
    "is refused within a second.",
)
def rotate(compromised: bool) -> None:
    """Publish the next key, which begins to sign five minutes later.

    The former key stays published until the tokens it has signed have expired.
    """
    key = asyncio.run(_rotate(compromised))
    when = f"signs from {key.signs_from:%Y-%m-%d %H:%M:%S} UTC"
    click.echo(
        f"Key {key.kid} {'signs now; the former ones are withdrawn' if compromised else when}."
    )


@signing_key.command("list")
def list_signing_keys() -> None:
    """List the keys, oldest first."""
    listed = asyncio.run(_list_keys())
    if not listed:
        click.echo("There are no signing keys yet: the first is made when it is needed.", err=True)
        return
    moment = now()
    rows = [(key.kid, _key_state(key, moment), minute(key.signs_from)) for key in listed]
    print_table([("KEY", "STATE", "SIGNS FROM"), *rows])


def _public_keys(file: Path | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    try:
        return oauth_clients.read_public_keys(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise Mistake(f"{file} cannot be used: it is not UTF-8.") from None
    except oauth_clients.UnusableKeysError as error:
        raise Mistake(f"{file} cannot be used: {error}.") from None


async def _create(
    wanted: Wanted, public_keys: Sequence[dict[str, Any]]
) -> oauth_clients.NewOAuthClient:
    async with open_database(load_settings()) as database:
        created = now()
        with creating(wanted, "OAuth clients"):
            return await oauth_clients.create(
                database,
                kind=wanted.kind,
                tenant_number=wanted.tenant_number,
                client_name=wanted.client_name,
                now=created,
                public_keys=public_keys,
                scopes=wanted.scopes,
                expires_at=wanted.ends(created),
            )


async def _list(tenant: str | None) -> Sequence[clients.Listed]:
    async with open_database(load_settings()) as database:
        try:
            return await oauth_clients.list_clients(database, tenant)
        except clients.UnknownTenantError as error:
            raise unknown_tenant(str(error)) from None


async def _revoke(identifier: str, at: datetime) -> datetime:
    async with open_database(load_settings()) as database:
        try:
            return await oauth_clients.revoke(database, identifier, now=at)
        except clients.UnknownCredentialError:
            raise Mistake(
                f"There is no OAuth client {identifier}: `partnergraph oauth-client list` shows "
                "those there are."
            ) from None


async def _rotate(compromised: bool) -> signing_keys.Key:
    settings = load_settings()
    sealing = KeyEncryption(settings.sealing_secret)
    async with open_database(settings) as database:
        try:
            if compromised:
                return await signing_keys.replace_all(database, sealing, now=now())
            return await signing_keys.rotate(database, sealing, now=now())
        except signing_keys.KeyPendingError:
            raise Mistake(
                "The next key is published already and has not begun to sign: "
                "`partnergraph signing-key list` shows when it does."
            ) from None
        except signing_keys.KeysChangedError:
            raise Mistake(
                "Somebody else changed the keys at the same moment: run it again."
            ) from None


async def _list_keys() -> Sequence[signing_keys.Key]:
    async with open_database(load_settings()) as database:
        return await signing_keys.list_keys(database)


def _key_state(key: signing_keys.Key, at: datetime) -> str:
    if key.withdrawn_at is not None:
        return "withdrawn"
    if key.signs_from > at:
        return "next"
    if key.signs_until is None or at < key.signs_until:
        return "signs"
    return "published" if key.trusted(at) else "ended"
