"""`user create|list|link|disable|enable`: who may sign in through the portal."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import click

from auth import clients, portal_users
from commands.base import Mistake, load_settings, now, open_database
from commands.credentials import day, print_table, unknown_tenant
from db.session import Database

_LONGEST_SUBJECT = 255
_of_tenant = click.option(
    "--tenant", metavar="NUMBER", help="The user's tenant, where several have one of that address."
)


@click.group()
def user() -> None:
    """Say who may sign in through the portal's identity provider, and as whom.

    A user sees a tenant and everything below it, or one customer alone.
    """


@user.command()
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--tenant", required=True, metavar="NUMBER", help="For whom the person works.")
@click.option("--customer", metavar="NUMBER", help="The one customer of the tenant who is seen.")
def create(email: str, name: str, tenant: str, customer: str | None) -> None:
    """Make a user with that address: of a tenant, or of one of its customers."""
    asyncio.run(_create(email, name, tenant, customer))
    of = f"customer {customer} of tenant {tenant}" if customer else f"tenant {tenant}"
    click.echo(f"{email} is a user of {of}.")


@user.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only users of this tenant and its customers.")
def list_users(tenant: str | None) -> None:
    """List users, with the subject that each is linked to."""
    listed = asyncio.run(_list(tenant))
    if not listed:
        click.echo("There are no users.", err=True)
        return
    header = ("E-MAIL", "TENANT", "CUSTOMER", "NAME", "STATE", "CREATED", "SUBJECT")
    print_table([header, *map(_row, listed)])


@user.command()
@click.argument("email")
@click.argument("subject")
@_of_tenant
def link(email: str, subject: str, tenant: str | None) -> None:
    """Link the user of that address to a SUBJECT: the claim `sub` of the person's tokens."""
    if not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise Mistake(f"A subject has 1 to {_LONGEST_SUBJECT} printable characters.")
    before = asyncio.run(_link(email, subject, tenant))
    instead = f", no longer to {before}" if before not in {None, subject} else ""
    click.echo(f"{email} is linked to {subject}{instead}.")


@user.command()
@click.argument("email")
@_of_tenant
def disable(email: str, tenant: str | None) -> None:
    """Refuse the user of that address, whatever tokens the person has.

    Every server does so within a second.
    """
    at = now()
    since = asyncio.run(_disable(email, tenant, at))
    click.echo(
        f"{email} is disabled."
        if since == at
        else f"{email} has been disabled since {since:%Y-%m-%d %H:%M} UTC."
    )


@user.command()
@click.argument("email")
@_of_tenant
def enable(email: str, tenant: str | None) -> None:
    """Let the user of that address sign in again."""
    asyncio.run(_enable(email, tenant))
    click.echo(f"{email} may sign in.")


async def _create(email: str, name: str, tenant: str, customer: str | None) -> None:
    async with _users() as database:
        try:
            await portal_users.create(
                database,
                tenant_number=tenant,
                customer_number=customer,
                name=name,
                email=email,
                now=now(),
            )
        except portal_users.UnknownCustomerError:
            raise Mistake(f"Tenant {tenant} has no customer {customer}.") from None
        except portal_users.UserExistsError:
            raise Mistake(
                f"There is a user {email} already, of tenant {tenant} or of another in its tree."
            ) from None


async def _list(tenant: str | None) -> Sequence[portal_users.ListedUser]:
    async with _users() as database:
        return await portal_users.list_users(database, tenant)


async def _link(email: str, subject: str, tenant: str | None) -> str | None:
    async with _users() as database:
        try:
            return await portal_users.link(
                database, email, subject, now=now(), tenant_number=tenant
            )
        except portal_users.SubjectTakenError:
            raise Mistake(
                f"{subject} is another user's: a subject is one person, who is one user."
            ) from None


async def _disable(email: str, tenant: str | None, at: datetime) -> datetime:
    async with _users() as database:
        return await portal_users.disable(database, email, now=at, tenant_number=tenant)


async def _enable(email: str, tenant: str | None) -> None:
    async with _users() as database:
        await portal_users.enable(database, email, now=now(), tenant_number=tenant)


@asynccontextmanager
async def _users() -> AsyncIterator[Database]:
    """The database; who cannot be found in it is a Mistake."""
    async with open_database(load_settings()) as database:
        try:
            yield database
        except clients.UnknownTenantError as error:
            raise unknown_tenant(str(error)) from None
        except portal_users.UnknownUserError as error:
            raise Mistake(
                f"There is no user {error}: `partnergraph user list` shows those there are."
            ) from None
        except portal_users.SeveralUsersError as error:
            raise Mistake(
                f"Several tenants have such a user: say --tenant with one of {error}."
            ) from None


def _row(user: portal_users.ListedUser) -> tuple[str, ...]:
    return (
        user.email,
        user.tenant_number,
        user.customer_number or "-",
        user.name,
        "disabled" if user.disabled_at else "active",
        day(user.created_at),
        user.subject or "-",
    )
