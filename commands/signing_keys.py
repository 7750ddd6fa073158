"""`signing-key rotate|list`: the keys that sign access tokens and widget sessions."""

from datetime import datetime

import click

from auth.admin import signing_keys
from auth.key_encryption import KeyEncryption
from auth.signing_keys import Key, list_keys
from commands.admin import administer, minute, print_list
from commands.base import load_settings, now


@click.group("signing-key")
def signing_key() -> None:
    """List and rotate the keys that tokens are signed with.

    The first one is created when it is needed.
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

    The former key stays published until the tokens that it has signed have expired.
    """
    encryption = KeyEncryption(load_settings().sealing_secret)
    operation = signing_keys.replace_all if compromised else signing_keys.rotate
    key = administer(lambda database: operation(database, encryption, now=now()))
    when = f"signs from {key.signs_from:%Y-%m-%d %H:%M:%S} UTC"
    click.echo(
        f"Key {key.kid} {'signs now; the former ones are withdrawn' if compromised else when}."
    )


@signing_key.command("list")
def list_signing_keys() -> None:
    """List the keys, oldest first."""
    keys = administer(list_keys)
    moment = now()
    rows = [(key.kid, _state(key, moment), minute(key.signs_from)) for key in keys]
    none = "There are no signing keys yet: the first is created when it is needed."
    print_list(none, ("KEY", "STATE", "SIGNS FROM"), rows)


def _state(key: Key, at: datetime) -> str:
    if key.withdrawn_at is not None:
        return "withdrawn"
    if key.signs_from > at:
        return "next"
    if key.signs_until is None or at < key.signs_until:
        return "signs"
    return "published" if key.trusted(at) else "ended"
