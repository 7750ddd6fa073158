"""What the commands for keys and for OAuth clients share."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps

import click

from auth import clients, oauth_scopes
from auth.oauth_scopes import OAuthScope
from commands.base import Mistake
from db.enums import ClientKind

_OPTIONS = (
    click.option("--tenant", metavar="NUMBER", help="For a partner: whose data is seen."),
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
    click.option("--name", default="API client", show_default=True, help="What it is for."),
    click.option(
        "--scope",
        "scopes",
        multiple=True,
        metavar="SCOPE",
        help="What it is good for, like orders:read; again for another, `all` for all that there "
        "is for its kind. Default: everything but personal data and the audit log; for "
        "fulfilment neither these nor commission ids.",
    ),
    click.option(
        "--expires", type=click.IntRange(1, 36_500), metavar="DAYS", help="Default: never."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a new credential shall be."""

    kind: ClientKind
    tenant_number: str | None
    client_name: str
    scopes: frozenset[OAuthScope]
    lifetime: timedelta | None

    @property
    def whose(self) -> str:
        client = repr(self.client_name)
        if self.tenant_number is None:
            return f"{client} of {self.kind.lower()}"
        return f"{client} of tenant {self.tenant_number}"

    def ends(self, created: datetime) -> datetime | None:
        return None if self.lifetime is None else created + self.lifetime

    def described(self) -> str:
        """What it is good for, for whoever made it."""
        return f"Its scopes: {listed_scopes(self.scopes)}."


def creates(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of a new credential; it gets them as its argument `wanted`."""

    @wraps(command)
    def with_wanted(
        *,
        tenant: str | None,
        fulfilment: bool,
        support: bool,
        name: str,
        scopes: tuple[str, ...],
        expires: int | None,
        **more: object,
    ) -> None:
        if (tenant is not None) + fulfilment + support != 1:
            raise Mistake("Say for whom: one of --tenant NUMBER, --fulfilment and --support.")
        kind = ClientKind.PARTNER
        if tenant is None:
            kind = ClientKind.FULFILMENT if fulfilment else ClientKind.SUPPORT
        wanted = Wanted(
            kind=kind,
            tenant_number=tenant,
            client_name=name,
            scopes=_parse_scopes(kind, scopes),
            lifetime=None if expires is None else timedelta(days=expires),
        )
        command(wanted=wanted, **more)

    for option in reversed(_OPTIONS):
        with_wanted = option(with_wanted)
    return with_wanted


@contextmanager
def creating(wanted: Wanted, credentials: str) -> Iterator[None]:
    """Turns what can go wrong into Mistakes; `credentials` is what several are called."""
    try:
        yield
    except clients.UnknownTenantError as error:
        raise unknown_tenant(str(error)) from None
    except clients.TooManyWorkingError:
        raise Mistake(
            f"{wanted.whose} has {clients.MOST_WORKING} working {credentials} already: revoke one "
            "first, or take another name."
        ) from None


def _parse_scopes(kind: ClientKind, scopes: tuple[str, ...]) -> frozenset[OAuthScope]:
    whole = oauth_scopes.ALL_OF_KIND[kind] if "all" in scopes else frozenset()
    try:
        named = oauth_scopes.parse(scope for scope in scopes if scope != "all")
        return oauth_scopes.granted_to(kind, (named | whole) or None)
    except oauth_scopes.UnknownScopeError as error:
        possible = listed_scopes(oauth_scopes.POSSIBLE[kind])
        raise Mistake(f"There is no scope {error}; there are {possible}, and `all`.") from None
    except oauth_scopes.ImpossibleScopeError as error:
        raise Mistake(f"A client of this kind cannot have the scope {error}.") from None


def listed_scopes(granted: frozenset[OAuthScope]) -> str:
    return ", ".join(sorted(granted))


def unknown_tenant(number: str) -> Mistake:
    return Mistake(f"There is no tenant {number}.")


def print_credentials(
    called: str, listed: Sequence[clients.Listed], at: datetime, *, signing: bool, used: str
) -> None:
    """A table of credentials as they are at that time; `signing` adds how they authenticate."""
    by = ("BY",) if signing else ()
    header = (called, "KIND", "TENANT", "NAME", "STATE", *by, "CREATED", "EXPIRES", used, "SCOPES")
    rows = [
        (
            each.public_part,
            each.kind.lower(),
            each.tenant_number or "-",
            each.client_name,
            each.state(at),
            *(("signature" if each.signs else "secret",) if signing else ()),
            day(each.created_at),
            day(each.expires_at),
            minute(each.last_used_at),
            " ".join(sorted(each.scopes)),
        )
        for each in listed
    ]
    print_table([header, *rows])


def day(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d}" if instant else "-"


def minute(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else "-"


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
