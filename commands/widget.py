"""`widget-origin add|list|remove`: the origins whose pages may show the widget."""

import click

from auth.admin import origins
from commands.admin import administer, day, print_list
from commands.base import Mistake, now

_tenant = click.option("--tenant", required=True, metavar="NUMBER", help="The client's tenant.")
_name = click.option(
    "--name",
    default="API client",
    show_default=True,
    help="The client that creates the widget sessions.",
)


@click.group("widget-origin")
def widget_origin() -> None:
    """Register the origins of the pages for which a client may create widget sessions."""


@widget_origin.command()
@_tenant
@_name
@click.argument("origin")
def add(tenant: str, name: str, origin: str) -> None:
    """Register an ORIGIN, like https://portal.example.de.

    It is compared exactly: no wildcard, no path, and https unless it is localhost.
    """
    added = administer(
        lambda database: origins.add(
            database, tenant_number=tenant, client_name=name, origin=origin, now=now()
        )
    )
    click.echo(
        f"{origin} is registered for {name!r}."
        if added
        else f"{origin} is already registered for {name!r}."
    )


@widget_origin.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only those of this tenant's own clients.")
def list_origins(tenant: str | None) -> None:
    """List the origins, by tenant and client."""
    listed = administer(lambda database: origins.list_origins(database, tenant))
    rows = [
        (entry.origin, entry.tenant_number, entry.client_name, day(entry.created_at))
        for entry in listed
    ]
    print_list("There are no origins.", ("ORIGIN", "TENANT", "NAME", "CREATED"), rows)


@widget_origin.command()
@_tenant
@_name
@click.argument("origin")
def remove(tenant: str, name: str, origin: str) -> None:
    """Remove an ORIGIN from a client.

    Every server refuses its sessions within a second.
    """
    removed = administer(
        lambda database: origins.remove(
            database, tenant_number=tenant, client_name=name, origin=origin, now=now()
        )
    )
    if not removed:
        raise Mistake(
            f"{origin} is not registered for {name!r}: `partnergraph widget-origin list` shows all."
        )
    click.echo(f"{origin} is removed.")
