"""The audit log."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import AuditEntry as AuditEntryRow
from resolvers import relations
from schema.characteristic import Characteristic
from schema.enums import AuditAction, AuditActor
from schema.fields import label_of, lazy, to_one
from schema.permissions import requires


def _id(root: strawberry.Parent[AuditEntryRow]) -> str:
    # As `partnergraph audit list --json` writes it.
    return str(root.id)


def _details(root: strawberry.Parent[AuditEntryRow]) -> list[Characteristic]:
    # By name, since PostgreSQL keeps no order of its own.
    said = [{"name": name, "value": value} for name, value in sorted(root.details.items())]
    return Characteristic.list_of([pair for pair in said if pair["value"] is not None])


@strawberry.type(
    description="An entry of the audit log: something was done about credentials or users, a "
    "sign-in failed, or the carrier's support has read data. Entries never change and are never "
    "taken back.",
    directives=requires(OAuthScope.AUDIT_READ),
)
class AuditEntry:
    id: str = strawberry.field(
        resolver=_id,
        description="Names the entry: who copies the log knows by it what is there already. It is "
        "not an `id` for `node`.",
    )
    occurred_at: datetime = strawberry.field(description="When it happened.")
    action: AuditAction = strawberry.field(description="What happened.")
    action_label = strawberry.field(
        resolver=label_of("action"),
        graphql_type=str,
        description="The action as people call it.",
    )
    actor_kind: AuditActor = strawberry.field(description="What kind of actor did it.")
    actor: str = strawberry.field(
        description='Who did it, as logs call it: "M-10001/CRM" or "support:Service desk". It '
        'names no person. "unknown" could not say who they are.'
    )
    credential: str | None = strawberry.field(
        description="The public part of the credential that the actor used."
    )
    on_behalf_of: str | None = strawberry.field(
        description="The person for whom support has read, as its tool names them.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    subject: str | None = strawberry.field(
        description="What it was done to: the public part of a credential, a user as logs call "
        "them, or an origin."
    )
    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="Whose data or credentials it is about; null if it is about no tenant's.",
    )
    request_id: str | None = strawberry.field(
        description="The id of the request, by which logs know it: the header X-Request-Id of its "
        "answer. Null if it was no request."
    )
    details: list[Characteristic] = strawberry.field(
        resolver=_details,
        description='What else is to be said, by name: the client\'s name ("client"), the reason '
        'of a failed sign-in ("reason") and how many there were ("attempts"), the operation that '
        'read ("operation").',
    )
