"""`user create|list|link|disable|enable`: who may sign in through the portal."""

import click

from auth.admin import portal_users
from commands.admin import administer, day, print_list
from commands.base import Mistake, now

_LONGEST_SUBJECT = 255
_of_tenant = click.option(
    "--tenant", metavar="NUMBER", help="The user's tenant, if several have a user of that address."
)


@click.group()
def user() -> None:
    """Manage who may sign in through the portal's identity provider.

    A user sees a tenant and everything below it, or only one customer.
    """


@user.command()
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--tenant", required=True, metavar="NUMBER", help="The tenant the person works for.")
@click.option("--customer", metavar="NUMBER", help="Restrict the user to this customer.")
def create(email: str, name: str, tenant: str, customer: str | None) -> None:
    """Create a user with that address: of a tenant, or of one of its customers."""
    administer(
        lambda database: portal_users.create(
            database,
            tenant_number=tenant,
            customer_number=customer,
            name=name,
            email=email,
            now=now(),
        )
    )
    owner = f"customer {customer} of tenant {tenant}" if customer else f"tenant {tenant}"
    click.echo(f"{email} is a user of {owner}.")


@user.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only users of this tenant and its customers.")
def list_users(tenant: str | None) -> None:
    """List users, with the subject that each is linked to."""
    users = administer(lambda database: portal_users.list_users(database, tenant))
    rows = [
        (
            user.email,
            user.tenant_number,
            user.customer_number or "-",
            user.name,
            "disabled" if user.disabled_at else "active",
            day(user.created_at),
            user.subject or "-",
        )
        for user in users
    ]
    header = ("E-MAIL", "TENANT", "CUSTOMER", "NAME", "STATE", "CREATED", "SUBJECT")
    print_list("There are no users.", header, rows)


@user.command()
@click.argument("email")
@click.argument("subject")
@_of_tenant
def link(email: str, subject: str, tenant: str | None) -> None:
    """Link the user with that address to a SUBJECT: the claim `sub` of the person's tokens."""
    if not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise Mistake(f"A subject has 1 to {_LONGEST_SUBJECT} printable characters.")
    previous = administer(
        lambda database: portal_users.link(
            database, email, subject, now=now(), tenant_number=tenant
        )
    )
    instead = f", no longer to {previous}" if previous not in {None, subject} else ""
    click.echo(f"{email} is linked to {subject}{instead}.")


@user.command()
@click.argument("email")
@_of_tenant
def disable(email: str, tenant: str | None) -> None:
    """Refuse the user with that address, whatever tokens the person has.

    Every server does so within a second.
    """
    moment = now()
    disabled = administer(
        lambda database: portal_users.disable(database, email, now=moment, tenant_number=tenant)
    )
    click.echo(
        f"{email} is disabled."
        if disabled == moment
        else f"{email} has been disabled since {disabled:%Y-%m-%d %H:%M} UTC."
    )


@user.command()
@click.argument("email")
@_of_tenant
def enable(email: str, tenant: str | None) -> None:
    """Let the user with that address sign in again."""
    administer(
        lambda database: portal_users.enable(database, email, now=now(), tenant_number=tenant)
    )
    click.echo(f"{email} may sign in.")
