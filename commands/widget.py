"""`widget-origin add|list|remove`: whose pages may ask in a browser."""

import asyncio
from collections.abc import Sequence

import click

from auth import clients, origins
from commands.base import Mistake, load_settings, now, open_database
from commands.credentials import day, print_table, unknown_tenant

_tenant = click.option("--tenant", required=True, metavar="NUMBER", help="Whose client it is.")
_name = click.option(
    "--name", default="API client", show_default=True, help="The client that makes the sessions."
)


@click.group("widget-origin")
def widget_origin() -> None:
    """Register the origins of the pages for which a client may make widget sessions."""


@widget_origin.command()
@_tenant
@_name
@click.argument("origin")
def add(tenant: str, name: str, origin: str) -> None:
    """Register an ORIGIN, like https://portal.example.de.

    It is compared letter by letter: no wildcard, no path, and https but for localhost.
    """
    new = asyncio.run(_add(tenant, name, origin))
    click.echo(f"{origin} is registered for {name!r}." if new else f"{origin} was already there.")


@widget_origin.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only those of this tenant's own clients.")
def list_origins(tenant: str | None) -> None:
    """List the origins, by tenant and client."""
    listed = asyncio.run(_list(tenant))
    if not listed:
        click.echo("There are no origins.", err=True)
        return
    rows = [
        (each.origin, each.tenant_number, each.client_name, day(each.created_at)) for each in listed
    ]
    print_table([("ORIGIN", "TENANT", "NAME", "CREATED"), *rows])


@widget_origin.command()
@_tenant
@_name
@click.argument("origin")
def remove(tenant: str, name: str, origin: str) -> None:
    """Take an ORIGIN from a client.

    Every server refuses its sessions within a second.
    """
    if not asyncio.run(_remove(tenant, name, origin)):
        raise Mistake(
            f"{origin} is not registered for {name!r}: `partnergraph widget-origin list` shows "
            "those there are."
        )
    click.echo(f"{origin} is removed.")


async def _add(tenant: str, name: str, origin: str) -> bool:
    async with open_database(load_settings()) as database:
        try:
            return await origins.add(
                database, tenant_number=tenant, client_name=name, origin=origin, now=now()
            )
        except clients.UnknownTenantError:
            raise unknown_tenant(tenant) from None
        except origins.UnknownClientError:
            raise _unknown_client(tenant, name) from None
        except origins.UnusableOriginError as error:
            raise Mistake(f"{origin} cannot be registered: {error}.") from None
        except origins.TooManyOriginsError:
            raise Mistake(
                f"{name!r} of tenant {tenant} has {origins.MOST_ORIGINS} origins already: remove "
                "one first."
            ) from None


async def _list(tenant: str | None) -> Sequence[origins.ListedOrigin]:
    async with open_database(load_settings()) as database:
        try:
            return await origins.list_origins(database, tenant)
        except clients.UnknownTenantError as error:
            raise unknown_tenant(str(error)) from None


async def _remove(tenant: str, name: str, origin: str) -> bool:
    async with open_database(load_settings()) as database:
        try:
            return await origins.remove(
                database, tenant_number=tenant, client_name=name, origin=origin, now=now()
            )
        except clients.UnknownTenantError:
            raise unknown_tenant(tenant) from None
        except origins.UnknownClientError:
            raise _unknown_client(tenant, name) from None


def _unknown_client(tenant: str, name: str) -> Mistake:
    return Mistake(
        f"Tenant {tenant} has no client {name!r}: make its key (`partnergraph api-key create`) or "
        "its OAuth client (`partnergraph oauth-client create`) first."
    )
