"""`audit list`: the entries of the audit log."""

import json
from datetime import timedelta

import click

from auth.admin import audit_log
from commands.admin import administer, print_list
from commands.base import now
from db.enums import AuditAction
from db.models import AnyAuditEntry

_HEADER = ("AT", "ACTION", "TENANT", "ACTOR", "FOR", "SUBJECT", "REQUEST", "DETAILS")


@click.group("audit")
def audit() -> None:
    """Read the audit log."""


@audit.command("list")
@click.option("--tenant", metavar="NUMBER", help="Only this tenant, not the tenants below it.")
@click.option(
    "--action",
    "actions",
    multiple=True,
    type=click.Choice([action.value for action in AuditAction], case_sensitive=False),
    help="Only this action. Repeatable.",
)
@click.option("--days", type=click.IntRange(1, 36_500), help="Only the last so many days.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print each whole entry as a line of JSON, to archive."
)
def list_entries(
    tenant: str | None, actions: tuple[str, ...], days: int | None, as_json: bool
) -> None:
    """List entries, oldest first."""
    entries = administer(
        lambda database: audit_log.list_entries(
            database,
            tenant_number=tenant,
            actions=[AuditAction(action) for action in actions],
            since=None if days is None else now() - timedelta(days=days),
        )
    )
    if as_json:
        for entry, number in entries:
            click.echo(json.dumps(_as_json(entry, number), ensure_ascii=False))
    else:
        rows = [_row(entry, number) for entry, number in entries]
        print_list("There are no entries.", _HEADER, rows)


def _row(entry: AnyAuditEntry, number: str | None) -> tuple[str, ...]:
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


def _as_json(entry: AnyAuditEntry, number: str | None) -> dict[str, object]:
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
