"""`api-key` and `oauth-client`, each `create|list|revoke`: the credentials of API clients."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from auth import oauth_scopes
from auth.admin import credentials
from auth.admin.credentials import CredentialOptions, NewCredential
from auth.admin.public_keys import UnusableKeysError, read_public_keys
from auth.oauth_scopes import OAuthScope
from commands.admin import administer, day, minute, print_list
from commands.base import Mistake, now
from db.enums import ClientKind, CredentialKind

_OPTIONS = (
    click.option(
        "--tenant", metavar="NUMBER", help="For a partner: the tenant whose data it sees."
    ),
    click.option(
        "--fulfilment",
        is_flag=True,
        help="For the carrier's own systems: sees every tenant, may report progress.",
    ),
    click.option(
        "--support",
        is_flag=True,
        help="For the carrier's staff: sees every tenant, and each read is audited.",
    ),
    click.option("--name", default="API client", show_default=True, help="Name of the client."),
    click.option(
        "--scope",
        "scopes",
        multiple=True,
        metavar="SCOPE",
        help="A scope like orders:read, or `all` for all that its kind may read or report. "
        "Repeatable. Default: all except personal data and the audit log; for fulfilment also "
        "without commission ids.",
    ),
    click.option(
        "--expires", type=click.IntRange(1, 36_500), metavar="DAYS", help="Default: never."
    ),
)


def _creates(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options of a new credential to a command, which gets them as `options`."""

    @wraps(command)
    def with_options(
        *,
        tenant: str | None,
        fulfilment: bool,
        support: bool,
        name: str,
        scopes: tuple[str, ...],
        expires: int | None,
        **other: object,
    ) -> None:
        if (tenant is not None) + fulfilment + support != 1:
            raise Mistake("Choose the owner: one of --tenant NUMBER, --fulfilment and --support.")
        kind = ClientKind.PARTNER
        if tenant is None:
            kind = ClientKind.FULFILMENT if fulfilment else ClientKind.SUPPORT
        created = now()
        options = CredentialOptions(
            kind=kind,
            tenant_number=tenant,
            client_name=name,
            scopes=_parse_scopes(kind, scopes),
            now=created,
            expires_at=None if expires is None else created + timedelta(days=expires),
        )
        command(options=options, **other)

    for option in reversed(_OPTIONS):
        with_options = option(with_options)
    return with_options


@click.group("api-key")
def api_key() -> None:
    """Create, list and revoke the API keys of partners' systems and of the carrier's own."""


@api_key.command("create")
@_creates
def create_key(options: CredentialOptions) -> None:
    """Create a key: a partner's, which sees a tenant and all below it, or one of the carrier's.

    Only the key is printed on standard output; it is never shown again. A client (a name within a
    tenant) has at most two active keys: create the next one, switch to it, revoke the former one.
    """
    created = administer(lambda database: credentials.create_key(database, **options))
    _describe("Key", created, options)
    click.echo("Keep it now: only its hash is stored, so it cannot be shown again.", err=True)
    click.echo(created.secret)


@api_key.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only this tenant's own keys.")
def list_keys(tenant: str | None) -> None:
    """List keys by their public prefix, with expiry, last use and revocation."""
    header = ("KEY", "KIND", "TENANT", "NAME", "STATE")
    _list(CredentialKind.API_KEY, tenant, "There are no keys.", header, "LAST USED")


@api_key.command("revoke")
@click.argument("prefix")
def revoke_key(prefix: str) -> None:
    """Revoke the key with that PREFIX, like pgk_1a2B3c4D.

    Every server refuses it within a second.
    """
    # Operators in a hurry paste the whole key.
    _revoke(CredentialKind.API_KEY, "Key", "_".join(prefix.split("_")[:2]))


@click.group("oauth-client")
def oauth_client() -> None:
    """Create, list and revoke the OAuth clients that get access tokens at /oauth/token."""


@oauth_client.command("create")
@_creates
@click.option(
    "--public-keys",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    metavar="FILE",
    help="A JWK or JWK Set: the client signs (private_key_jwt) instead of having a secret.",
)
def create_client(options: CredentialOptions, public_keys: Path | None) -> None:
    """Create a client: a partner's, whose tokens see a tenant and all below it, or one of the
    carrier's.

    Prints CLIENT_ID=… and, unless the client signs, CLIENT_SECRET=… on standard output; the secret
    is never shown again. A name within a tenant has at most two active clients: create the next
    one, switch to it, revoke the former one.
    """
    keys = _public_keys(public_keys)
    created = administer(
        lambda database: credentials.create_oauth_client(database, **options, public_keys=keys)
    )
    _describe("OAuth client", created, options)
    click.echo(f"CLIENT_ID={created.identifier}")
    if created.secret is not None:
        click.echo(
            "Keep the secret now: only its hash is stored, so it cannot be shown again.", err=True
        )
        click.echo(f"CLIENT_SECRET={created.secret}")


@oauth_client.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only this tenant's own clients.")
def list_clients(tenant: str | None) -> None:
    """List clients, with expiry, last token and revocation."""
    header = ("CLIENT", "KIND", "TENANT", "NAME", "STATE", "BY")
    _list(CredentialKind.OAUTH_CLIENT, tenant, "There are no OAuth clients.", header, "LAST TOKEN")


@oauth_client.command("revoke")
@click.argument("client_id")
def revoke_client(client_id: str) -> None:
    """Revoke the client with that CLIENT_ID, like pgc_0123….

    Every server refuses it and its tokens within a second.
    """
    _revoke(CredentialKind.OAUTH_CLIENT, "OAuth client", client_id)


def _describe(name: str, created: NewCredential, options: CredentialOptions) -> None:
    until = f"until {day(created.expires_at)}" if created.expires_at else "until it is revoked"
    tenant = options["tenant_number"]
    owner = f"tenant {tenant}" if tenant is not None else options["kind"].lower()
    click.echo(
        f"{name} {created.identifier} for {options['client_name']!r} of {owner}, valid {until}.\n"
        f"Its scopes: {_joined(created.scopes)}.",
        err=True,
    )


def _list(
    kind: CredentialKind, tenant: str | None, none: str, header: tuple[str, ...], last_use: str
) -> None:
    """A table of credentials. `BY` in the header shows how they authenticate."""
    listed = administer(lambda database: credentials.list_credentials(database, kind, tenant))
    moment = now()
    rows = [
        (
            credential.identifier,
            credential.client_kind.lower(),
            credential.tenant_number or "-",
            credential.client_name,
            credential.state(moment),
            *(("signature" if credential.signs else "secret",) if "BY" in header else ()),
            day(credential.created_at),
            day(credential.expires_at),
            minute(credential.last_used_at),
            " ".join(sorted(credential.scopes)),
        )
        for credential in listed
    ]
    print_list(none, (*header, "CREATED", "EXPIRES", last_use, "SCOPES"), rows)


def _revoke(kind: CredentialKind, name: str, identifier: str) -> None:
    moment = now()
    revoked = administer(
        lambda database: credentials.revoke(database, kind, identifier, now=moment)
    )
    click.echo(
        f"{name} {identifier} is revoked."
        if revoked == moment
        else f"{name} {identifier} has been revoked since {revoked:%Y-%m-%d %H:%M} UTC."
    )


def _parse_scopes(kind: ClientKind, names: tuple[str, ...]) -> frozenset[OAuthScope]:
    all_scopes = oauth_scopes.ALL_OF_KIND[kind] if "all" in names else frozenset()
    try:
        scopes = oauth_scopes.parse(name for name in names if name != "all")
        return oauth_scopes.grant(kind, (scopes | all_scopes) or None)
    except oauth_scopes.UnknownScopeError as error:
        allowed = _joined(oauth_scopes.ALLOWED_BY_KIND[kind])
        raise Mistake(f"There is no scope {error}; choose from {allowed}, and `all`.") from None
    except oauth_scopes.ImpossibleScopeError as error:
        raise Mistake(f"A client of this kind cannot have the scope {error}.") from None


def _joined(scopes: frozenset[OAuthScope]) -> str:
    return ", ".join(sorted(scopes))


def _public_keys(file: Path | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    try:
        return read_public_keys(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise Mistake(f"{file} cannot be used: it is not UTF-8.") from None
    except UnusableKeysError as error:
        raise Mistake(f"{file} cannot be used: {error}.") from None
