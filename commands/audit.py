"""`audit list`: what the audit log holds."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta

import click
from sqlalchemy import select

from commands.base import load_settings, now, open_database
from commands.credentials import print_table, unknown_tenant
from db.enums import AuditAction
from db.models import AuditEntry, Tenant
from db.scope.tenant_scope import TenantScope

_HEADER = ("AT", "ACTION", "TENANT", "ACTOR", "FOR", "SUBJECT", "REQUEST", "DETAILS")


@click.group("audit")
def audit() -> None:
    """Read the audit log."""


@audit.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only what concerns this very tenant.")
@click.option(
    "--action",
    "actions",
    multiple=True,
    type=click.Choice([action.value for action in AuditAction], case_sensitive=False),
    help="Only this; again for another.",
)
@click.option("--days", type=click.IntRange(1, 36_500), help="Only of so many days until now.")
@click.option(
    "--json", "as_json", is_flag=True, help="All of each entry, as a line of JSON: to archive it."
)
def list_entries(
    tenant: str | None, actions: tuple[str, ...], days: int | None, as_json: bool
) -> None:
    """List entries, oldest first."""
    found = asyncio.run(_list(tenant, actions, days))
    if as_json:
        for entry, number in found:
            click.echo(json.dumps(_whole(entry, number), ensure_ascii=False))
    elif not found:
        click.echo("There are no entries.", err=True)
    else:
        print_table([_HEADER, *(_row(entry, number) for entry, number in found)])


async def _list(
    tenant: str | None, actions: tuple[str, ...], days: int | None
) -> Sequence[tuple[AuditEntry, str | None]]:
    statement = (
        select(AuditEntry, Tenant.number)
        .outerjoin(Tenant, Tenant.id == AuditEntry.tenant_id)
        .order_by(AuditEntry.occurred_at, AuditEntry.id)
    )
    if actions:
        statement = statement.where(AuditEntry.action.in_([AuditAction(each) for each in actions]))
    if days is not None:
        statement = statement.where(AuditEntry.occurred_at >= now() - timedelta(days=days))
    async with (
        open_database(load_settings()) as database,
        database.read(TenantScope.carrier()) as session,
    ):
        if tenant is not None:
            own = select(Tenant.id).where(Tenant.number == tenant)
            tenant_id = await session.scalar(own)
            if tenant_id is None:
                raise unknown_tenant(tenant)
            statement = statement.where(AuditEntry.tenant_id == tenant_id)
        return [(entry, number) for entry, number in await session.rows(statement)]


def _row(entry: AuditEntry, number: str | None) -> tuple[str, ...]:
    return (
        f"{entry.occurred_at:%Y-%m-%d %H:%M:%S}",
        entry.action,
        number or "-",
        entry.actor,
        entry.on_behalf_of or "-",
        entry.subject or "-",
        entry.request_id or "-",
        json.dumps(entry.details, ensure_ascii=False),
    )


def _whole(entry: AuditEntry, number: str | None) -> dict[str, object]:
    return {
        "id": str(entry.id),
        "at": entry.occurred_at.isoformat(),
        "action": entry.action,
        "tenant": number,
        "actorKind": entry.actor_kind,
        "actor": entry.actor,
        "credential": entry.credential,
        "onBehalfOf": entry.on_behalf_of,
        "subject": entry.subject,
        "requestId": entry.request_id,
        "details": entry.details,
    }
